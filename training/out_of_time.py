"""Answers at origins: what a model would have said then, fitted on what was known then.

At each origin the model is trained as it would have been: labels known by the origin, split by
time, baselines and candidates fitted, judged by the gate on the newest of these labels, and the
best answers. So neither the fit nor the choice of what is fitted has seen anything newer. A row of
a mart is computed today in the same sense: from what was known by its instant.

Tashman, Out-of-sample tests of forecasting accuracy, 2000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa

from tambo.errors import FewLabelsError, TrainingError
from tambo.featurestore.historical import get_features, get_service
from tambo.featurestore.store import open_store
from tambo.lake import reader
from tambo.lake.releases import Release
from tambo.progress import Progress, silent
from tambo.settings import Settings
from training.design import encode
from training.estimators import FitOptions, predict
from training.experiment import choose, encode_parts, fit_and_score
from training.foretold import Foretold
from training.metrics import Floats
from training.spec import ModelSpec

TIME = "event_timestamp"
TOGETHER = 12
"""Origins whose rows are held in memory together."""


@dataclass(frozen=True)
class Answered:
    """What was answered at one origin.

    Attributes:
        origin: naive, UTC; nothing that became known after it was used.
        estimator: what answered.
        units: keys of whom was asked about.
        answers: float64 [units].
    """

    origin: datetime
    estimator: str
    units: pa.Table
    answers: Floats


@dataclass(frozen=True)
class _Asked:
    """Labelled rows by part, and whom is asked about, at one origin."""

    origin: datetime
    parts: Mapping[str, pa.Table]
    units: pa.Table


def answer_origins(
    settings: Settings,
    foretold: Foretold,
    release: Release,
    origins: Sequence[datetime],
    progress: Progress = silent,
) -> Iterator[Answered]:
    """Answer at each origin at which the labels known by then suffice.

    Args:
        settings: the Tambo home.
        foretold: what is asked.
        release: what is known; as_of of its domain is not before any origin.
        origins: in order.
        progress: told each origin.

    Raises:
        TrainingError: the model's features hold what it is to foretell.
        FeatureError: the features cannot be had at that release.
    """
    _refuse_loop(settings, foretold, release)
    # How unsure the answers are, and how good for what is unseen, is not asked here.
    spec = replace(foretold.spec, groupings=(), backtest=None)
    for first in range(0, len(origins), TOGETHER):
        some = origins[first : first + TOGETHER]
        progress(f"labels known by {some[0]:%Y-%m-%d} and later", first, len(origins))
        asked = list(_read(settings, foretold, release, some))
        if not asked:
            continue
        features = _Features(settings, foretold, release, asked)
        for one in asked:
            progress(f"as known by {one.origin:%Y-%m-%d}", origins.index(one.origin), len(origins))
            answered = _answer(settings, spec, one, features)
            if answered is not None:
                yield answered


def _refuse_loop(settings: Settings, foretold: Foretold, release: Release) -> None:
    """Check that the model does not read what it foretells.

    Raises:
        TrainingError: it does.
    """
    name = foretold.spec.feature_service
    service = get_service(open_store(settings, release.number), name)
    held = {one.name for view in service.feature_view_projections for one in view.features}
    if foretold.value in held:
        raise TrainingError(
            f"{name} holds {foretold.value}, which {foretold.spec.name} is to foretell: it would "
            "learn from itself.",
            remedy="take the view out of that service, and put it into another one",
        )


def _read(
    settings: Settings, foretold: Foretold, release: Release, origins: Sequence[datetime]
) -> Iterator[_Asked]:
    """Labels as known by each origin; origins with too few, or with nobody to ask, are left out."""
    spec = foretold.spec
    with reader(settings, release.snapshot_id) as connection:
        for origin in origins:
            try:
                parts, _ = spec.split.read(connection, spec.label, origin)
            except FewLabelsError:
                continue
            units = foretold.units(connection, origin)
            if units.num_rows:
                times = pa.array([origin] * units.num_rows, pa.timestamp("us"))
                yield _Asked(origin, parts, units.append_column(TIME, times))


def _answer(
    settings: Settings, spec: ModelSpec, asked: _Asked, features: _Features
) -> Answered | None:
    """Fit what is declared, choose as the gate does, and answer.

    None where the calibration is of too few days to halve: nothing would stop a fit.
    """
    data = encode_parts(
        spec, {name: features.beside(rows) for name, rows in asked.parts.items()}, settings.seed
    )
    if not (len(data.stop) and len(data.calibrate)):
        return None
    options = FitOptions(settings.seed, settings.threads)
    scored = {
        one.name: fit_and_score(spec, one, data, options)
        for one in (*spec.baselines, *spec.rivals, spec.candidate)
    }
    _, winner = choose(spec, scored, {}, data)
    rows = features.beside(asked.units)
    nothing = np.zeros(rows.num_rows)
    design = encode(rows, data.train.inputs, nothing, ())
    return Answered(
        origin=asked.origin,
        estimator=winner,
        units=asked.units.drop_columns([TIME]),
        answers=predict(scored[winner].fitted, design),
    )


class _Features:
    """Features of all rows of some origins; a row that several of them have is asked for once."""

    def __init__(
        self, settings: Settings, foretold: Foretold, release: Release, asked: Sequence[_Asked]
    ) -> None:
        self._entity_rows = foretold.spec.entity_rows
        tables = [self._entity_rows(rows) for one in asked for rows in _tables(one)]
        rows = pa.concat_tables(tables)
        unique = rows.group_by(rows.column_names).aggregate([])
        service = foretold.spec.feature_service
        found = get_features(settings, service, unique, release=release.number)
        self._found = found.table.select(found.table.column_names[unique.num_columns :])
        self._position = {row: at for at, row in enumerate(_keys(unique))}

    def beside(self, rows: pa.Table) -> pa.Table:
        """Some of the rows, with their features."""
        taken = [self._position[row] for row in _keys(self._entity_rows(rows))]
        part = self._found.take(pa.array(taken, pa.int64()))
        for name in part.column_names:
            rows = rows.append_column(name, part.column(name))
        return rows


def _tables(asked: _Asked) -> list[pa.Table]:
    return [*asked.parts.values(), asked.units]


def _keys(rows: pa.Table) -> Iterator[tuple[object, ...]]:
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)
