"""The road that the scratch homes of `tambo prove leakage` go, and the models' training rows."""

from __future__ import annotations

import warnings
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tambo.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from tambo.proofs.leakage import TrainingRows
    from training.own import OwnTraining
    from training.spec import ModelSpec


QUERIES_PROVED = 1 / 8
"""Share of a ranking's queries that is proved, the same ones in each world: each of them is as many
rows as there are candidates."""


def road(settings: Settings, raw: Path) -> None:
    """Take raw files to a release with its feature definitions.

    Raises:
        TamboError: a stage refuses what the one before it made.
    """
    from expectations.gate import validate
    from tambo.ingest import ingest
    from tambo.lake import releases
    from tambo.lake.build import build

    # What no manifest says is known as the history that it was taken from.
    ingest(settings, raw, history=True)
    build(settings)
    validate(settings)
    releases.release(settings)
    apply_definitions(settings)


def apply_definitions(settings: Settings) -> None:
    """Register the feature definitions; nothing is put online."""
    from feast import FeatureStore

    from tambo.featurestore.store import repo_config

    settings.registry.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Feast calls on-demand views experimental at each apply.
        warnings.simplefilter("ignore", RuntimeWarning)
        FeatureStore(config=repo_config(settings)).apply(definitions(settings))


def definitions(settings: Settings, number: int | None = None) -> list[Any]:
    """The Feast definitions of the domains that a release holds; None: the latest."""
    from feature_repo.definitions import all_objects
    from tambo.lake import ready, releases

    return all_objects(ready.in_release(settings, releases.get(settings, number)).domains)


def training_rows(settings: Settings, number: int | None = None) -> list[TrainingRows]:
    """The training rows of every model of the domains that a release holds; None: the latest."""
    from tambo.lake import ready, releases
    from tambo.proofs.leakage import TrainingRows
    from training.experiment import models

    held = ready.in_release(settings, releases.get(settings, number)).domains
    return [
        TrainingRows(
            model=spec.name,
            domain=spec.domain,
            service=spec.feature_service,
            labels=partial(_labels, spec),
            entity_rows=spec.entity_rows,
        )
        for spec in models().values()
        if spec.domain in held
    ]


def _labels(
    spec: ModelSpec | OwnTraining, connection: duckdb.DuckDBPyConnection, known_by: datetime
) -> pa.Table:
    """Labels known by an instant; of a ranking, with everything that each could be chosen from.

    Of a forecast, the days that would be asked for at the label's own time.
    """
    from training.labels import read_labels
    from training.spec import ModelSpec
    from training.splits import draw

    if not isinstance(spec, ModelSpec):
        return spec.proved(connection, known_by)
    labels = read_labels(connection, spec.label, known_by=known_by)
    if spec.horizon is not None:
        return spec.horizon.asked(labels)
    if spec.candidates is None:
        return labels
    queries = labels.column(spec.candidates.query).to_pylist()
    labels = labels.filter([draw(one, seed=0) < QUERIES_PROVED for one in queries])
    return spec.candidates.expand(connection, "", labels)
