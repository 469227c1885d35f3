"""What differs between two homes that were told the same up to an instant: before it, and after."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isnan
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tambo.as_of import AsOf
from tambo.featurestore.domain import domain_of
from tambo.lake import reader, releases
from tambo.lake.sql import ident
from tambo.proofs.oracle import shown
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

TIME = "event_timestamp"
KEYS_A_VIEW = 200
"""Keys that are asked for of each view."""

SHOWN = 5
"""Differences that are kept as text."""


@dataclass(frozen=True)
class Moved:
    """What was compared of one part, before and after the instant.

    Attributes:
        part: what it is.
        earlier: cells (of rows: rows) at or before the instant.
        earlier_moved: of these, different: a leak.
        later: the same after it.
        later_moved: of these, different: so the perturbation was felt.
        examples: the first of those that moved and must not, as text.
    """

    part: str
    earlier: int
    earlier_moved: int
    later: int
    later_moved: int
    examples: tuple[str, ...] = ()


Rows = Counter[tuple[Any, ...]]


def bag(rows: Iterable[Iterable[Any]]) -> Rows:
    """Rows as a bag, whatever the types of their values; NaN is NaN.

    >>> bag([(1, ["a"]), (1, ["a"])])
    Counter({(1, ('a',)): 2})
    >>> bag([(float("nan"),)]) == bag([(float("nan"),)])
    True
    """
    return Counter(tuple(map(_hashable, row)) for row in rows)


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    if isinstance(value, dict):
        return tuple((key, _hashable(one)) for key, one in value.items())
    # A NaN differs from every other; a list with one would differ from itself.
    return "NaN" if isinstance(value, float) and isnan(value) else value


def compare_rows(
    part: str, ours: Rows, theirs: Rows, ours_later: Rows, theirs_later: Rows
) -> Moved:
    """Compare whole rows, as bags; a row that became another counts once."""
    gone, come = ours - theirs, theirs - ours
    examples = [
        f"{part}: {sign} {_plain(row)}"
        for sign, bag in (("-", gone), ("+", come))
        for row in [*bag][:SHOWN]
    ]
    return Moved(
        part,
        earlier=ours.total(),
        earlier_moved=max(gone.total(), come.total()),
        later=ours_later.total(),
        later_moved=max((ours_later - theirs_later).total(), (theirs_later - ours_later).total()),
        examples=tuple(examples),
    )


def _plain(row: tuple[Any, ...]) -> str:
    return ", ".join(shown(value) for value in row)


def compare_service(
    first: Settings, second: Settings, service: str, asked: pa.Table, t: datetime
) -> Moved:
    """Compare a training set of both homes, with its on-demand features.

    Args:
        first: one home.
        second: the other.
        service: feature service.
        asked: entity rows, the same for both.
        t: the instant, naive, UTC.
    """
    from tambo.featurestore.historical import get_features

    ours, theirs = (get_features(home, service, asked).table for home in (first, second))
    names = ours.column_names[asked.num_columns :]
    return _compare_cells(f"training rows of {service}", ours, theirs, names, t)


def compare_views(
    first: Settings, second: Settings, t: AsOf, as_of: AsOf, draw: random.Random
) -> list[Moved]:
    """Compare every feature view of both homes, at the instant itself, before and after it.

    Args:
        first: one home; keys are drawn from its marts.
        second: the other.
        t: the instant, by domain.
        as_of: the newest time that is asked for, by domain.
        draw: which keys and times.
    """
    from tambo.featurestore.store import open_store

    ours, theirs = open_store(first), open_store(second)
    parts = []
    for view in sorted(ours.list_feature_views(), key=lambda one: str(one.name)):
        domain = domain_of(view)
        asked = _entity_rows(first, view, t.of(domain), as_of.of(domain), draw)
        names = [f"{view.name}__{field.name}" for field in view.features]
        mine, other = (_ask(store, view, asked) for store in (ours, theirs))
        parts.append(_compare_cells(f"view {view.name}", mine, other, names, t.of(domain)))
    return parts


def _ask(store: FeatureStore, view: FeatureView, asked: pa.Table) -> pa.Table:
    refs = [f"{view.name}:{field.name}" for field in view.features]
    return store.get_historical_features(asked, refs, full_feature_names=True).to_arrow()


def _entity_rows(
    settings: Settings, view: FeatureView, t: datetime, as_of: datetime, draw: random.Random
) -> pa.Table:
    """Each key at t, three times before it (the last moments among them), and twice after it."""
    source = view.batch_source
    columns = {feature: column for column, feature in source.field_mapping.items()}
    names = [key for key in view.join_keys if key != "__dummy_id"]
    keys = ", ".join(ident(columns.get(name, name)) for name in names)
    table = ".".join(ident(part) for part in source.table.split("."))
    with reader(settings, releases.get(settings).snapshot_id) as lake:
        rows = (
            lake.execute(f"SELECT DISTINCT {keys} FROM lake.{table} ORDER BY ALL").fetchall()
            if names
            else [()]
        )
    drawn = draw.sample(rows, min(len(rows), KEYS_A_VIEW))
    asked: list[tuple[tuple[Any, ...], datetime]] = []
    for key in drawn:
        before = [timedelta(0), timedelta(microseconds=1)]
        before += [timedelta(days=draw.random() * days) for days in (5, 100)]
        asked += [(key, t - span) for span in before]
        asked += [(key, t + (as_of - t) * draw.random()), (key, as_of)]
    made: Mapping[str, Sequence[Any]] = {
        name: [key[index] for key, _ in asked] for index, name in enumerate(names)
    }
    return pa.table({**made, TIME: pa.array([at for _, at in asked], pa.timestamp("us"))})


def _compare_cells(
    part: str, ours: pa.Table, theirs: pa.Table, names: Sequence[str], t: datetime
) -> Moved:
    """Compare the columns of features, rows at or before t apart from later ones."""
    times = [at.replace(tzinfo=None) for at in ours.column(TIME).to_pylist()]
    counts: Counter[str] = Counter()
    examples: list[str] = []
    for name in names:
        pairs = zip(ours.column(name).to_pylist(), theirs.column(name).to_pylist(), strict=True)
        for row, (mine, other) in enumerate(pairs):
            when = "earlier" if times[row] <= t else "later"
            counts[when] += 1
            if shown(mine) == shown(other):
                continue
            counts[f"{when}_moved"] += 1
            if when == "earlier" and len(examples) < SHOWN:
                examples.append(f"{name} at {times[row]} UTC: {shown(mine)} became {shown(other)}")
    return Moved(
        part,
        counts["earlier"],
        counts["earlier_moved"],
        counts["later"],
        counts["later_moved"],
        tuple(examples),
    )
