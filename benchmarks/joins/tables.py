"""The rows that all contenders join: five doubles, in the lake and as a Parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from tambo.lake import head, writer
from tambo.lake.sql import literal
from tambo.settings import Settings

FEATURES = ("f0", "f1", "f2", "f3", "f4")
TABLE = "marts.readings"
"""Plain facts: an event time and nothing else."""

VERSIONED = {
    # Every row known a day after its event: rows are records as they stand.
    "marts.records": "event_timestamp + INTERVAL 1 DAY",
    # One in five known up to thirty days late.
    "marts.late": "event_timestamp + CASE WHEN hash(f0) % 5 = 0 "
    "THEN to_microseconds((hash(f1) % 2592000000000)::BIGINT) ELSE INTERVAL 0 SECONDS END",
}
"""SQL of the created time by table."""

TIED = "marts.tied"
"""As `marts.late`, and one row in a hundred is there twice with other values."""

_YEAR = 31_536_000_000_000


@dataclass(frozen=True)
class Size:
    """How many rows are joined.

    Attributes:
        entities: entity rows.
        features: feature rows.
        keys: distinct keys of both.
    """

    entities: int
    features: int
    keys: int

    def __str__(self) -> str:
        return f"{self.entities:,} x {self.features:,}, {self.keys:,} keys"


def make(folder: Path, size: Size, *, versioned: bool) -> int:
    """Write entity rows, features as a Parquet file, and features into a lake.

    Args:
        folder: gets entities.parquet, features.parquet and the home `home`.
        size: how many rows.
        versioned: also write the tables with created times.

    Returns:
        The lake's snapshot that holds them.
    """
    settings = Settings(home=folder / "home")
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": settings.threads}) as connection:
        key, when = f"(hash({{0}}) % {size.keys})::BIGINT", "hash({0})"
        instant = f"TIMESTAMP '2024-01-01' + to_microseconds(({when} % {_YEAR})::BIGINT)"
        # Doubles from a hash: the same rows on every machine and in every run.
        cells = ", ".join(
            f"hash(i * 11 + {number}) / 18446744073709551616.0 AS {name}"
            for number, name in enumerate(FEATURES)
        )
        _copy(
            connection,
            folder / "features.parquet",
            f"SELECT {key.format('i')} AS key, {instant.format('i * 7 + 1')} AS event_timestamp, "
            f"{cells} FROM range({size.features}) AS r(i)",
        )
        _copy(
            connection,
            folder / "entities.parquet",
            f"SELECT {key.format('i * 31 + 5')} AS key, {instant.format('i * 17 + 3')} "
            f"AS event_timestamp FROM range({size.entities}) AS r(i)",
        )
    rows = f"read_parquet({literal(folder / 'features.parquet')})"
    with writer(settings, "benchmark") as lake:
        lake.execute(f"CREATE TABLE lake.{TABLE} AS SELECT * FROM {rows}")
        for table, created in VERSIONED.items() if versioned else ():
            lake.execute(
                f"CREATE TABLE lake.{table} AS SELECT *, {created} AS created_timestamp FROM {rows}"
            )
        if versioned:
            again = "SELECT * REPLACE (f0 + 1 AS f0) FROM lake.marts.late WHERE hash(f2) % 100 = 0"
            lake.execute(
                f"CREATE TABLE lake.{TIED} AS SELECT * FROM lake.marts.late UNION ALL {again}"
            )
    return head(settings)


def _copy(connection: duckdb.DuckDBPyConnection, path: Path, sql: str) -> None:
    connection.execute(f"COPY ({sql}) TO {literal(path)} (FORMAT parquet)")
