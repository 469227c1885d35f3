"""Proof that the store joins a release's own views as brute force joins them.

Of each view some keys are drawn; each is asked for at, just before and just after the instants at
which its rows became available or expire, and at random times. The store answers through Feast;
brute force reads all rows of those keys and looks at each of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tambo.featurestore.domain import domain_of
from tambo.lake import reader, releases
from tambo.lake.releases import Release
from tambo.lake.sql import ident
from tambo.progress import Progress, silent
from tambo.proofs.oracle import Row, Table, answer, shown
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

TICK = timedelta(microseconds=1)
TIMES_A_KEY = 12
"""Entity rows for each key that is drawn; a view of few keys gets more for each."""


@dataclass(frozen=True)
class ViewJoins:
    """What was compared of one view.

    Attributes:
        view: the feature view.
        table: the table that it reads.
        table_rows: rows of the keys drawn, all of which brute force looked at.
        entity_rows: entity rows that were asked for.
        cells: features compared.
        filled: of these, not null.
        edges: entity rows exactly at an instant at which a row became available or expires.
        differences: the first cells that differ, as text.
    """

    view: str
    table: str
    table_rows: int
    entity_rows: int
    cells: int
    filled: int
    edges: int
    differences: tuple[str, ...]


def prove_own_joins(
    settings: Settings,
    *,
    keys: int,
    seed: int,
    release: int | None = None,
    progress: Progress = silent,
) -> list[ViewJoins]:
    """Compare the store with brute force on every feature view of a release.

    Args:
        settings: the Tambo home.
        keys: how many keys are drawn of each view.
        seed: which keys and times.
        release: number of the release; None: the latest.
        progress: told each view.

    Raises:
        ReleaseError: the release cannot be read.
        FeatureError: no definitions have been applied.
    """
    from tambo.featurestore.store import open_store

    chosen = releases.get(settings, release)
    store = open_store(settings, chosen.number)
    views = sorted(store.list_feature_views(), key=lambda view: str(view.name))
    proofs = []
    for done, view in enumerate(views):
        progress(f"view {view.name}", done, len(views))
        draw = random.Random(seed)  # noqa: S311 - a sample, no secret
        proofs.append(_prove_view(settings, store, view, chosen, keys, draw))
    return proofs


def read_table(
    settings: Settings, release: Release, view: FeatureView, keys: int, seed: int
) -> Table:
    """All rows of some keys of a view's table, at a release.

    Args:
        settings: the Tambo home.
        release: the release.
        view: the view; its source is a table of the lake.
        keys: how many keys are drawn.
        seed: which keys.
    """
    source = view.batch_source
    renamed = {feature: column for column, feature in source.field_mapping.items()}
    names = [renamed.get(key, key) for key in view.join_keys if key != "__dummy_id"]
    schema, name = source.table.split(".")
    quoted = f"lake.{ident(schema)}.{ident(name)}"
    joined = ", ".join(ident(one) for one in names)
    drawn = ""
    if names:
        # The same keys whatever the number of threads: drawn by a hash of their text.
        drawn = (
            f" WHERE ({joined}) IN (SELECT ({joined}) FROM (SELECT DISTINCT {joined} FROM {quoted})"
            f" ORDER BY md5(concat_ws('|', {joined}, {seed})) LIMIT {keys})"
        )
    with reader(settings, release.snapshot_id) as lake:
        lake.execute("SET TimeZone = 'UTC'")
        columns = {row[0]: row[1] for row in lake.execute(f"DESCRIBE {quoted}").fetchall()}
        rows = lake.execute(f"SELECT * FROM {quoted}{drawn} ORDER BY ALL").fetchall()
    return Table(
        columns=columns,
        keys=tuple(names),
        event=renamed.get(source.timestamp_field, source.timestamp_field),
        created=source.created_timestamp_column or None,
        rows=[tuple(_naive(value) for value in row) for row in rows],
    )


def _naive(value: Any) -> Any:
    """Times as the oracle takes them; DuckDB gives those with zone in UTC, as set."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value


def _prove_view(
    settings: Settings,
    store: FeatureStore,
    view: FeatureView,
    release: Release,
    keys: int,
    draw: random.Random,
) -> ViewJoins:
    table = read_table(settings, release, view, keys, draw.randrange(2**31))
    ttl = view.ttl or None
    as_of = release.as_of.of(domain_of(view))
    asked, edges = _asked(table, ttl, as_of, keys * TIMES_A_KEY, draw)
    names = [field.name for field in view.features]
    renamed = {feature: column for column, feature in view.batch_source.field_mapping.items()}
    columns = [renamed.get(name, name) for name in names]
    got = store.get_historical_features(
        _entity_rows(view, table, asked),
        [f"{view.name}:{name}" for name in names],
        full_feature_names=True,
    ).to_arrow()
    given = [got.column(f"{view.name}__{name}").to_pylist() for name in names]
    differences: list[str] = []
    filled = 0
    for position, (key, t) in enumerate(asked):
        wanted = answer(table, key, t, ttl, columns)
        filled += sum(one != "None" for one in wanted)
        for name, want, values in zip(names, wanted, given, strict=True):
            if shown(values[position]) != want:
                differences.append(
                    f"{view.name}:{name} of {key} at {t} UTC: the store says "
                    f"{shown(values[position])}, brute force {want}"
                )
    return ViewJoins(
        view=view.name,
        table=view.batch_source.table,
        table_rows=len(table.rows),
        entity_rows=len(asked),
        cells=len(asked) * len(names),
        filled=filled,
        edges=edges,
        differences=tuple(differences),
    )


def _asked(
    table: Table, ttl: timedelta | None, as_of: datetime, size: int, draw: random.Random
) -> tuple[list[tuple[Row, datetime]], int]:
    """Entity rows in random order, about `size` of them, and how many are exactly at an edge."""
    by_key: dict[Row, list[Row]] = {}
    for row in table.rows:
        by_key.setdefault(tuple(table.value(row, name) for name in table.keys), []).append(row)
    quarter = max(size // max(len(by_key), 1), TIMES_A_KEY) // 4
    asked: list[tuple[Row, datetime]] = []
    edges = 0
    for key, rows in by_key.items():
        if None in key:
            continue
        instants = [*_edges(table, rows, ttl)]
        for edge in draw.sample(instants, min(len(instants), quarter)):
            asked += [(key, edge + step * TICK) for step in (-1, 0, 1)]
            edges += 1
        first = min(instants, default=as_of)
        span = max((as_of - first) // TICK, 1)
        asked += [(key, first + draw.randrange(span) * TICK) for _ in range(quarter - 1)]
        asked.append((key, as_of))
    draw.shuffle(asked)
    return asked, edges


def _edges(table: Table, rows: Sequence[Row], ttl: timedelta | None) -> Iterator[datetime]:
    for row in rows:
        event = table.value(row, table.event)
        if event is None:
            continue
        yield max(event, table.known(row))
        if ttl:
            yield event + ttl


def _entity_rows(
    view: FeatureView, table: Table, asked: Sequence[tuple[Row, datetime]]
) -> pa.Table:
    names = dict(view.batch_source.field_mapping)
    columns: dict[str, pa.Array] = {
        names.get(column, column): pa.array([key[index] for key, _ in asked])
        for index, column in enumerate(table.keys)
    }
    columns["event_timestamp"] = pa.array([t for _, t in asked], pa.timestamp("us"))
    return pa.table(columns)
