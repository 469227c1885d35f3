"""A throwaway home whose feature tables are made by hand, and Feast's own store over it.

The tables are awkward on purpose; the views read them in every way that a view can be declared:
with and without created time, ttl, ties, several keys, one key, none, field mapping, alias.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from tambo.lake import writer
from tambo.proofs.oracle import Row
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureService, FeatureStore

COLUMNS = {
    "number": "BIGINT",
    "name": "VARCHAR",
    "event": "TIMESTAMP",
    "created": "TIMESTAMP",
    "x": "DOUBLE",
    "y": "VARCHAR",
    "n": "BIGINT",
    "flag": "BOOLEAN",
    "moment": "TIMESTAMP",
    "amount": "DECIMAL(9,2)",
    "bytes": "BLOB",
    "many": "BIGINT[]",
}
"""The table that is joined: two keys, two times, eight features."""

ZONED = COLUMNS | {"event": "TIMESTAMP WITH TIME ZONE", "created": "TIMESTAMP WITH TIME ZONE"}
FEATURES = tuple(COLUMNS)[4:]
ALIAS, ALIASED_KEY = "other", "other_number"
ASKED = "asked"

_ARROW = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DECIMAL(9,2)": pa.decimal128(9, 2),
    "BLOB": pa.binary(),
    "BIGINT[]": pa.list_(pa.int64()),
}


@dataclass(frozen=True)
class View:
    """One way to read a table.

    Attributes:
        name: the feature view.
        table: any (rows as drawn), zoned (the same, times with zone), once (no two rows agree in
            key and times) or records (each row is served from some instant on).
        keys: columns of the join keys.
        created: whether the view knows of the created time.
        ttl: age at which a row expires.
        unique: what the source declares.
        records: what the source declares.
        mapped: the source maps column x to the feature "renamed".
        aliased: the service asks for it under another name, and for the number in another column.
        features: columns served.
    """

    name: str
    table: str = "any"
    keys: tuple[str, ...] = ("number", "name")
    created: bool = True
    ttl: timedelta | None = None
    unique: bool = False
    records: bool = False
    mapped: bool = False
    aliased: bool = False
    features: tuple[str, ...] = ("x", "y")

    @property
    def columns(self) -> Mapping[str, str]:
        """Columns of its table."""
        return ZONED if self.table == "zoned" else COLUMNS

    def served(self, feature: str) -> str:
        """Name of a feature in the view."""
        return "renamed" if self.mapped and feature == "x" else feature

    def answered(self, feature: str) -> str:
        """Name of a feature in the answer."""
        return f"{ALIAS if self.aliased else self.name}__{self.served(feature)}"


Services = Mapping[str, Sequence[View]]
"""Views that are asked for together, by feature service."""

SERVICES: Services = {
    "times": (
        View("plain", features=FEATURES),
        View("zoned", table="zoned", features=FEATURES),
        View("ttl_microseconds", ttl=timedelta(microseconds=3)),
        View("ttl_seconds", ttl=timedelta(seconds=3)),
        View("ttl_hours", table="zoned", ttl=timedelta(hours=3)),
    ),
    "declared": (
        View("once", table="once", unique=True, features=FEATURES),
        View("records", table="records", records=True, features=FEATURES),
        View("ttl_days", table="records", records=True, ttl=timedelta(days=3)),
        View("no_created", created=False),
    ),
    "keys": (
        View("one_key", keys=("number",)),
        View("no_key", keys=(), table="once"),
        View("mapped", mapped=True),
        View("aliased", aliased=True, ttl=timedelta(seconds=3)),
    ),
}


@dataclass
class HandLake:
    """The throwaway home while a proof runs: `put` tables, then ask `store` for a service."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    store: FeatureStore
    services: Mapping[str, FeatureService]

    def put(self, tables: Mapping[str, Sequence[Row]], asked: pa.Table) -> None:
        """Make these the tables of the lake, and let the store read this very snapshot."""
        made = {
            name: _arrow(ZONED if name == "zoned" else COLUMNS, rows)
            for name, rows in tables.items()
        }
        self.store.config.offline_store.snapshot = _write(self.connection, {**made, ASKED: asked})


@contextmanager
def hand_lake(services: Services = SERVICES) -> Iterator[HandLake]:
    """Make the home, its tables (empty) and the views; all is gone afterwards."""
    with TemporaryDirectory(prefix="tambo-joins-") as folder:
        settings = Settings(home=Path(folder))
        with writer(settings, "prove joins") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            tables = {view.table for views in services.values() for view in views}
            snapshot = _write(
                connection,
                {name: _arrow(ZONED if name == "zoned" else COLUMNS, []) for name in tables},
            )
            store, made = _store(settings, snapshot, services)
            yield HandLake(settings, connection, store, made)


def _arrow(columns: Mapping[str, str], rows: Sequence[Row]) -> pa.Table:
    return pa.table(
        {
            name: pa.array([row[index] for row in rows], _ARROW[kind])
            for index, (name, kind) in enumerate(columns.items())
        }
    )


def _write(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> int:
    """Replace tables of the lake in one snapshot, and return its id."""
    connection.execute("BEGIN")
    for name, table in tables.items():
        connection.register("_rows", table)
        connection.execute(f"CREATE OR REPLACE TABLE lake.marts.{name} AS SELECT * FROM _rows")
        connection.unregister("_rows")
    connection.execute("COMMIT")
    found = connection.execute("SELECT id FROM ducklake_current_snapshot('lake')").fetchone()
    return int(found[0]) if found else 0


def _store(
    settings: Settings, snapshot: int, services: Services
) -> tuple[FeatureStore, Mapping[str, FeatureService]]:
    """Feast's store with all views applied, and the services that ask for them."""
    from feast import Entity, FeatureService, FeatureStore, ValueType

    from tambo.featurestore.store import repo_config

    entities = {
        "number": Entity(name="number", join_keys=["number"], value_type=ValueType.INT64),
        "name": Entity(name="name", join_keys=["name"], value_type=ValueType.STRING),
    }
    settings.registry.parent.mkdir(parents=True)
    store = FeatureStore(config=repo_config(settings))
    store.config.offline_store.snapshot = snapshot
    applied: list[Any] = list(entities.values())
    made = {}
    for name, views in services.items():
        feast_views = [_feature_view(view, [entities[key] for key in view.keys]) for view in views]
        asked = [
            one.with_name(ALIAS).with_join_key_map({"number": ALIASED_KEY}) if view.aliased else one
            for view, one in zip(views, feast_views, strict=True)
        ]
        made[name] = FeatureService(name=name, features=asked)
        applied += [*feast_views, made[name]]
    store.apply(applied)
    return store, made


def _feature_view(view: View, entities: list[Any]) -> Any:
    from feast import FeatureView, Field

    from tambo.featurestore.source import DuckLakeSource

    types = _feast_types()
    return FeatureView(
        name=view.name,
        entities=entities,
        ttl=view.ttl,
        online=False,
        schema=[
            *(Field(name=one, dtype=types[COLUMNS[one]]) for one in view.keys),
            *(Field(name=view.served(one), dtype=types[COLUMNS[one]]) for one in view.features),
        ],
        source=DuckLakeSource(
            name=f"source_of_{view.name}",
            table=f"marts.{view.table}",
            timestamp_field="event",
            created_timestamp_column="created" if view.created else None,
            unique=view.unique,
            records=view.records,
            field_mapping={"x": "renamed"} if view.mapped else None,
        ),
    )


def _feast_types() -> dict[str, Any]:
    from feast import types

    return {
        "BIGINT": types.Int64,
        "VARCHAR": types.String,
        "TIMESTAMP": types.UnixTimestamp,
        "DOUBLE": types.Float64,
        "BOOLEAN": types.Bool,
        "DECIMAL(9,2)": types.Float64,
        "BLOB": types.Bytes,
        "BIGINT[]": types.Array(types.Int64),
    }
