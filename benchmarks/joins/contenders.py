"""Who joins: one function a contender, each run in a process of its own.

    python -m benchmarks.joins.contenders <name> <options as JSON>

prints what it cost as JSON: CPU and wall seconds of the join, rows, nulls and the sum of its cells.
Imports and opening the store are not counted, reading the features and sorting them are.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.joins.tables import FEATURES

Join = Callable[[], pa.Table]


def bare(folder: Path, options: dict[str, Any], rows: pd.DataFrame) -> Join:
    """DuckDB's ASOF LEFT JOIN over the lake's table and nothing else: the limit."""
    from tambo.lake import reader
    from tambo.settings import Settings

    settings = Settings(home=folder / "home", memory_limit=options["memory_limit"])
    named = ", ".join(FEATURES)

    def join() -> pa.Table:
        with reader(settings, options["snapshot"]) as lake:
            entities = pa.Table.from_pandas(rows, preserve_index=False)
            entities = entities.append_column("row", pa.array(range(len(rows)), pa.int64()))
            lake.execute("SET asof_loop_join_threshold = 0")
            lake.register("entities", entities)
            return lake.sql(
                f"SELECT e.row, {named} FROM entities e ASOF LEFT JOIN lake.{options['table']} f "
                "ON e.key = f.key AND e.event_timestamp >= f.event_timestamp ORDER BY e.row"
            ).to_arrow_table()

    return join


def tambo(folder: Path, options: dict[str, Any], rows: pd.DataFrame) -> Join:
    """Feast's FeatureStore on Tambo's offline store."""
    from feast import FeatureStore

    from tambo.featurestore.source import DuckLakeSource
    from tambo.featurestore.store import repo_config
    from tambo.settings import Settings

    settings = Settings(home=folder / "home", memory_limit=options["memory_limit"])
    settings.registry.parent.mkdir(parents=True, exist_ok=True)
    config = repo_config(settings)
    config.offline_store.snapshot = options["snapshot"]
    config.offline_store.as_known_at = options["as_known_at"]
    source = DuckLakeSource(
        table=options["table"],
        created_timestamp_column="created_timestamp" if options["created"] else None,
        unique=options["unique"],
        records=options["records"],
    )
    return _feast(FeatureStore(config=config), source, options, rows)


def feast(folder: Path, options: dict[str, Any], rows: pd.DataFrame) -> Join:
    """Feast's FeatureStore on its own DuckDB store, over a Parquet file."""
    from feast import FeatureStore, FileSource
    from feast.repo_config import RepoConfig

    config = RepoConfig(
        project="bench",
        provider="local",
        registry={"path": str(folder / "feast-registry.db")},
        offline_store={"type": "duckdb"},
        online_store={"type": "sqlite", "path": str(folder / "feast-online.db")},
        entity_key_serialization_version=3,
        repo_path=folder,
    )
    source = FileSource(
        path=str(folder / "features.parquet"), timestamp_field="event_timestamp", name="readings"
    )
    return _feast(FeatureStore(config=config), source, options, rows)


def _feast(store: Any, source: Any, options: dict[str, Any], rows: pd.DataFrame) -> Join:
    from feast import Entity, FeatureView, Field, ValueType
    from feast.types import Float64, Int64

    key = Entity(name="key", value_type=ValueType.INT64)
    view = FeatureView(
        name="readings",
        entities=[key],
        ttl=timedelta(days=options["ttl_days"]),
        source=source,
        schema=[Field(name="key", dtype=Int64), *(Field(name=f, dtype=Float64) for f in FEATURES)],
    )
    store.apply([key, view])
    refs = [f"readings:{name}" for name in FEATURES]
    return lambda: store.get_historical_features(rows, refs).to_arrow()


def merge_asof(folder: Path, options: dict[str, Any], rows: pd.DataFrame) -> Join:
    """pandas: read, sort, merge_asof, and back to the order of the entity rows."""

    def join() -> pa.Table:
        features = pd.read_parquet(folder / "features.parquet").sort_values("event_timestamp")
        tolerance = pd.Timedelta(days=options["ttl_days"]) if options["ttl_days"] else None
        joined = pd.merge_asof(
            rows.reset_index().sort_values("event_timestamp"),
            features,
            on="event_timestamp",
            by="key",
            tolerance=tolerance,
        )
        return pa.Table.from_pandas(joined.sort_values("index"), preserve_index=False)

    return join


CONTENDERS = {one.__name__: one for one in (bare, tambo, feast, merge_asof)}


def main() -> None:
    """Run one contender once."""
    name, text = sys.argv[1:]
    options = json.loads(text)
    folder = Path(options["folder"])
    rows = pd.read_parquet(folder / "entities.parquet")
    join = CONTENDERS[name](folder, options, rows)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    table = join()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    total = sum(pc.sum(table.column(column)).as_py() or 0.0 for column in FEATURES)
    nulls = sum(table.column(column).null_count for column in FEATURES)
    sys.stdout.write(
        json.dumps({"cpu": cpu, "wall": wall, "rows": table.num_rows, "sum": total, "nulls": nulls})
    )


if __name__ == "__main__":
    main()
