"""A lake with awkward tables in two releases, and Feast definitions over them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from types import SimpleNamespace

from feature_lake import release, write

from tambo.lake.sql import literal
from tambo.settings import Settings

TTL = timedelta(microseconds=4)
START = datetime(2024, 2, 28, 23, 59, 59, 999_990)


def awkward(seed: int, size: int) -> list[tuple]:
    """Rows of few keys at few instants: ties, gaps, late and corrected rows."""
    draw = random.Random(seed)
    instants = [START + timedelta(microseconds=step) for step in range(12)]
    return [
        (
            draw.choice([1, 11, 2**53 + 1, None]),
            draw.choice(["1", "11", "a|b", None]),
            draw.choice(instants),
            draw.choice([*instants, None]),
            draw.choice([0.5, -0.0, 1e300, None]),
            draw.choice(["", "null", None]),
        )
        for _ in range(size)
    ]


def insert(rows: list[tuple]) -> str:
    def value(cell):
        if cell is None:
            return "NULL"
        if isinstance(cell, float):
            return f"'{cell!r}'::DOUBLE"  # the literal -0.0 is a decimal, and zero
        if isinstance(cell, int):
            return str(cell)
        kind = "TIMESTAMP " if isinstance(cell, datetime) else ""
        return kind + literal(str(cell))

    lines = ", ".join(f"({', '.join(value(cell) for cell in row)})" for row in rows)
    return f"INSERT INTO lake.marts.rates VALUES {lines}"


def make_rates(settings: Settings) -> list[tuple]:
    """Write two releases of the same tables; returns the rows of marts.rates."""
    settings.registry.parent.mkdir(parents=True)
    rows = awkward(seed=1, size=300)
    write(
        settings,
        "CREATE TABLE lake.marts.rates (number BIGINT, name VARCHAR, event TIMESTAMP, "
        "created TIMESTAMP, x DOUBLE, y VARCHAR)",
        insert(rows),
        "CREATE TABLE lake.marts.fuel AS SELECT TIMESTAMP '2024-01-05' AS day, 7.5 AS price "
        "UNION ALL SELECT TIMESTAMP '2024-01-09', 8.5",
        "CREATE TABLE lake.marts.pairs AS SELECT * FROM (VALUES "
        "(11, 1, TIMESTAMP '2024-01-02', 'eleven-one', [1.0, NULL]), "
        "(1, 11, TIMESTAMP '2024-01-02', 'one-eleven', [])) AS t(a, b, event, label, list)",
        "CREATE TABLE lake.marts.late AS SELECT 1::BIGINT AS number, "
        "TIMESTAMP '2024-01-02' AS event, TIMESTAMP '2024-01-20' AS created, 1::BIGINT AS seen",
    )
    release(settings, 1)
    write(settings, "UPDATE lake.marts.fuel SET price = 9.5", "DROP TABLE lake.marts.pairs")
    release(settings, 2)
    return rows


def apply_rates(settings: Settings) -> SimpleNamespace:
    """Apply the definitions over these tables; returns the views by name."""
    from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, ValueType
    from feast.types import Array, Float64, Int32, Int64, String

    from tambo.featurestore.source import DuckLakeSource
    from tambo.featurestore.store import repo_config

    number = Entity(name="number", value_type=ValueType.INT64)
    name = Entity(name="name", value_type=ValueType.STRING)
    first = Entity(name="a", value_type=ValueType.INT32)
    second = Entity(name="b", value_type=ValueType.INT32)
    source = DuckLakeSource(
        table="marts.rates",
        timestamp_field="event",
        created_timestamp_column="created",
        field_mapping={"x": "rate"},
    )

    def rates(view, ttl):
        return FeatureView(
            name=view,
            entities=[number, name],
            ttl=ttl,
            source=source,
            schema=[
                Field(name="number", dtype=Int64),
                Field(name="name", dtype=String),
                Field(name="rate", dtype=Float64),
                Field(name="y", dtype=String),
            ],
        )

    forever, short = rates("forever", timedelta(0)), rates("short", TTL)
    fuel = FeatureView(
        name="fuel",
        entities=[],
        source=DuckLakeSource(table="marts.fuel", timestamp_field="day", unique=True),
        schema=[Field(name="price", dtype=Float64)],
    )
    pairs = FeatureView(
        name="pairs",
        entities=[first, second],
        source=DuckLakeSource(table="marts.pairs", timestamp_field="event", unique=True),
        schema=[
            Field(name="a", dtype=Int32),
            Field(name="b", dtype=Int32),
            Field(name="label", dtype=String),
            Field(name="list", dtype=Array(Float64)),
        ],
    )
    late = FeatureView(
        name="late",
        entities=[number],
        source=DuckLakeSource(
            table="marts.late",
            timestamp_field="event",
            created_timestamp_column="created",
            records=True,
        ),
        schema=[Field(name="number", dtype=Int64), Field(name="seen", dtype=Int64)],
    )
    both = FeatureService(
        name="both",
        features=[
            # Feast cannot compare a service that has a view with and without an alias.
            forever[["rate"]].with_name("one"),
            forever.with_name("other").with_join_key_map({"number": "other_number"}),
            late,
        ],
    )
    store = FeatureStore(config=repo_config(settings))
    store.apply([number, name, first, second, forever, short, fuel, pairs, late, both])
    return SimpleNamespace(**{view.name: view for view in (forever, short, fuel, pairs, late)})


def rates_store(settings: Settings, number: int | None = 1):
    """Feast's store at a release."""
    from tambo.featurestore.store import open_store

    return open_store(settings, number)
