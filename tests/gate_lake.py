"""A small lake for the gate: raw tables as the travel contracts say, two marts, dbt's manifest."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import duckdb
from small_lake import AS_OF

from tambo.as_of import AsOf
from tambo.lake import writer
from tambo.lake.sql import ident
from tambo.lake.state import now, raw_state
from tambo.settings import Settings
from tambo.sources import contracts

TECHNICAL = (
    "_batch_id BIGINT, _source_file VARCHAR, _row_number BIGINT, _ingested_at TIMESTAMP, "
    "_event_at TIMESTAMP, _known_at TIMESTAMP, _known_from VARCHAR"
)
FARES = {
    "origin": {"data_type": "varchar", "key": True},
    "destination": {"data_type": "varchar", "key": True},
    "event_timestamp": {"data_type": "timestamp", "key": True},
    "created_timestamp": {"data_type": "timestamp", "key": True},
    "fare_observations": {
        "data_type": "bigint",
        "meta": {"feature": True, "unit": "legs", "min": 0},
    },
    "fare_mean": {
        "data_type": "double",
        "meta": {"feature": True, "unit": "BRL", "min": 0, "max": 100000, "nullable": True},
    },
    "fare_std": {"data_type": "double", "meta": {"feature": True, "unit": "BRL", "min": 0}},
}
LABELS = {
    "travel_code": {"data_type": "bigint", "key": True},
    "event_timestamp": {"data_type": "timestamp", "key": True},
    "created_timestamp": {"data_type": "timestamp", "key": True},
    "leg_number": {"data_type": "bigint", "meta": {"nullable": False}},
    "price": {"data_type": "double"},
}
MARTS = {"fare_prices": FARES, "label_flight_price": LABELS}


def make(settings: Settings, *, fares: int = 40) -> None:
    """Raw tables with a few rows each, two marts, a manifest, one build."""
    with writer(settings, "test") as lake:
        for table in contracts.load("travel").tables.values():
            columns = ", ".join(f"{ident(n)} {c.type}" for n, c in table.columns.items())
            lake.execute(
                f"CREATE TABLE lake.raw.{table.name} ({columns}, withdrawn BOOLEAN, {TECHNICAL})"
            )
        for mart, columns in MARTS.items():
            described = ", ".join(f"{name} {one['data_type']}" for name, one in columns.items())
            lake.execute(f"CREATE TABLE lake.marts.{mart} ({described})")
        take_in(lake, 1, 20)
        add_fares(lake, fares)
        lake.execute(
            "INSERT INTO lake.marts.label_flight_price "
            "SELECT range, ?, ?, 1 + range % 2, 100 FROM range(40)",
            [AS_OF, AS_OF],
        )
    write_manifest(settings)
    note_build(settings)


VALUES = {
    "users": "{code}, 'A', 'Ana', 'female', 40",
    "flights": "{code}, {code}, 'Natal (RN)', 'Recife (PE)', 'premium', 100.5, 1.5, 250, 'CloudFy', "
    "DATE '2025-05-20', NULL",
    "hotels": "{code}, {code}, 'Hotel A', 'Recife (PE)', 2, 100.25, 200.5, DATE '2025-05-20', NULL",
}


def take_in(
    lake: duckdb.DuckDBPyConnection, arrival: int, rows: int, *, history: bool = True
) -> dict[str, int]:
    """One good batch of users, flights and hotels, with their ledger; returns their numbers."""
    known = AS_OF - timedelta(days=1)
    batches = {table: 3 * arrival + number for number, table in enumerate(VALUES)}
    for table, batch in batches.items():
        values = VALUES[table].format(code=f"{arrival * 1000} + range")
        lake.execute(
            f"INSERT INTO lake.raw.{table} SELECT {values}, NULL, {batch}, 'file.csv', range + 1, "
            f"?, ?, ?, 'history' FROM range({rows})",
            [known, None if table == "users" else known, known],
        )
        lake.execute(
            "INSERT INTO lake.audit.batches BY NAME SELECT ? AS batch_id, 'travel' AS domain, "
            "? AS table_name, 'file.csv' AS source_file, ? AS file_hash, 'loaded' AS status, "
            "? AS history, ? AS ingested_at, 1 AS revision",
            [batch, table, str(batch), history, now()],
        )
        lake.execute(
            "INSERT INTO lake.audit.files BY NAME SELECT ? AS batch_id, ? AS loaded_records, "
            "0 AS repeat_records, 0 AS quarantined_records",
            [batch, rows],
        )
    return batches


def add_fares(lake: duckdb.DuckDBPyConnection, rows: int, *, mean: str = "120.5") -> None:
    """Good rows of marts.fare_prices, one an hour."""
    lake.execute(
        "INSERT INTO lake.marts.fare_prices SELECT 'Natal (RN)', 'Recife (PE)', "
        f"? - INTERVAL 1 HOUR * range, ? - INTERVAL 1 HOUR * range, 2, {mean}, 3.5 "
        f"FROM range({rows})",
        [AS_OF, AS_OF],
    )


def note_build(settings: Settings, as_of: datetime = AS_OF) -> int:
    """Note the present state of the lake as the next build; returns its snapshot."""
    with writer(settings, "test") as lake:
        (number,) = lake.execute(
            "SELECT coalesce(max(build_id), 0) + 1 FROM lake.audit.builds"
        ).fetchone()
        (snapshot,) = lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
        lake.execute(
            "INSERT INTO lake.audit.builds VALUES (?, ?, ?, 'project', 'abc', 'run', ?, ?, '{}')",
            [number, now(), raw_state(lake), AsOf({"travel": as_of}).dump(), snapshot],
        )
    return snapshot


def write_manifest(settings: Settings) -> None:
    """The part of dbt's manifest that the gate reads."""
    nodes = {f"model.tambo.{mart}": _node(mart, columns) for mart, columns in MARTS.items()}
    staged = {"resource_type": "model", "schema": "staging", "depends_on": {"nodes": ["source.f"]}}
    manifest = {
        "nodes": {**nodes, "model.tambo.stg_flights": staged},
        "sources": {"source.f": {"schema": "raw", "name": "flights"}},
    }
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    (settings.dbt_target / "manifest.json").write_text(json.dumps(manifest))


def _node(mart: str, columns: dict) -> dict:
    return {
        "resource_type": "model",
        "unique_id": f"model.tambo.{mart}",
        "schema": "marts",
        "alias": mart,
        "fqn": ["tambo", "travel", "marts", mart],
        "depends_on": {"nodes": ["model.tambo.stg_flights"]},
        "config": {"meta": {"label": True} if mart.startswith("label_") else {}},
        "columns": {
            name: {
                "name": name,
                "data_type": one["data_type"],
                "constraints": [{"type": "not_null"}] if one.get("key") else [],
                "config": {"meta": one.get("meta", {})},
            }
            for name, one in columns.items()
        },
    }
