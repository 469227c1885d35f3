"""The rows that landed, as the lake will hold them: UTC, event and known times, provenance."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from tambo.domains import domains
from tambo.ingest.batch import Batch
from tambo.ingest.hours import SECOND, Clock, key_times, later, tell_hours, times
from tambo.ingest.work import Work
from tambo.ingest.zones import utc
from tambo.lake.sql import ident, literal
from tambo.lake.tables import tables
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, Table, load, of_home

BEGINNING = "TIMESTAMP '1970-01-01 00:00:00'"
"""Known time of history without time: the beginning."""

SYSTEM_COLUMNS = {
    "_batch_id": "BIGINT",
    "_source_file": "VARCHAR",
    "_row_number": "BIGINT",
    "_ingested_at": "TIMESTAMP",
    "_event_at": "TIMESTAMP",
    "_known_at": "TIMESTAMP",
    "_known_from": "VARCHAR",
}


def content(table: Table) -> list[str]:
    """Quoted names of a table's own columns, the tombstone last."""
    return [ident(name) for name in table.file_columns]


def row_columns(table: Table) -> list[str]:
    """Quoted names of all columns of a raw table, in its order."""
    return [*content(table), *SYSTEM_COLUMNS]


def key(table: Table) -> list[str]:
    """Quoted names of a table's key."""
    return [ident(name) for name in table.key]


def raw_name(table: Table) -> str:
    """Name of a table in the lake."""
    return f"lake.raw.{ident(table.name)}"


def create_raw_tables(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create a domain's raw tables where they are missing, and columns that a contract gained."""
    for table in contracts.ordered():
        columns: dict[str, str] = {ident(n): c.type for n, c in table.columns.items()}
        columns |= {ident(table.tombstone): "BOOLEAN"} | SYSTEM_COLUMNS
        have = {
            ident(str(row[0]))
            for row in connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE database_name = 'lake' "
                f"AND schema_name = 'raw' AND table_name = {literal(table.name)}"
            ).fetchall()
        }
        if not have:
            body = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"CREATE TABLE {raw_name(table)} ({body})")
        else:
            for name, kind in columns.items():
                if name not in have and ident(name) not in have:
                    connection.execute(f"ALTER TABLE {raw_name(table)} ADD COLUMN {name} {kind}")


def add_gained_tables(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Create raw tables that contracts gained since a domain's files were taken in."""
    held = {table for schema, table in tables(connection) if schema == "raw"}
    for domain in domains():
        declared = load(domain).tables.keys()
        if not held.isdisjoint(declared) and not held.issuperset(declared):
            create_raw_tables(connection, of_home(settings, domain))


def register_batches(connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    """Make the temporary tables `intake` and `received`: what a row takes over from its batch."""
    rows = pa.table(
        {
            "batch_id": pa.array([b.batch_id for b in batches], pa.int64()),
            "source_file": pa.array([b.captured.name for b in batches], pa.string()),
            "arrived_at": pa.array([b.arrived_at for b in batches], pa.timestamp("us")),
            "history": pa.array([b.history for b in batches], pa.bool_()),
            "ingested_at": pa.array([b.ingested_at for b in batches], pa.timestamp("us")),
            "came_at": pa.array([b.came_at or b.ingested_at for b in batches], pa.timestamp("us")),
        }
    )
    connection.register("_intake", rows)
    connection.execute("CREATE OR REPLACE TEMP TABLE intake AS SELECT * FROM _intake")
    connection.unregister("_intake")
    _register_received(connection, batches)


def _register_received(connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    """Make the temporary table `received`: when single records arrived."""
    told = [(b.batch_id, record, at) for b in batches for record, at in b.received.items()]
    rows = pa.table(
        {
            "batch_id": pa.array([one[0] for one in told], pa.int64()),
            "record": pa.array([one[1] for one in told], pa.int64()),
            "received_at": pa.array([one[2] for one in told], pa.timestamp("us")),
        }
    )
    connection.register("_received", rows)
    connection.execute("CREATE OR REPLACE TEMP TABLE received AS SELECT * FROM _received")
    connection.unregister("_received")


def incoming(work: Work, table: Table, clock: Clock) -> str:
    """SQL of a table's good landed rows in the columns of the raw table, times in UTC.

    What is set apart later is not yet left out. Writes down which times of the key are the second
    of two, so it is called once.
    """
    dates = [name for name in table.event_time if name not in times(table)]
    seconds = tell_hours(work, table, clock)
    joins = f" LEFT JOIN {SECOND} h ON h.batch_id = s._batch AND h.record = s._record"
    joins, values = joins if seconds else "", {}
    for number, name in enumerate([*times(table), *dates]):
        local, alias = f"s.{ident(name)}", f"z{number}"
        joins += f" LEFT JOIN {ident(clock.days)} {alias} ON {alias}.day = {local}::DATE"
        values[name] = utc(local, alias)
        if seconds and name in key_times(table):
            shift, join = later(local, f"c{number}", clock)
            values[name], joins = f"({values[name]} + {shift})", joins + join
    own = ", ".join(
        f"{values[n] if n in times(table) else 's.' + ident(n)} AS {ident(n)}"
        for n in table.file_columns
    )
    event = [values[name] for name in table.event_time]
    event_at = f"coalesce({', '.join(event)})" if event else "NULL::TIMESTAMP"
    rows = (
        f"SELECT {own}, s._batch AS _batch_id, i.source_file AS _source_file, "
        f"s._record AS _row_number, i.ingested_at AS _ingested_at, {event_at} AS _event_at, "
        f"coalesce(v.received_at, i.arrived_at) AS _arrived_at, i.history AS _history "
        f"FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch "
        f"LEFT JOIN received v ON v.batch_id = s._batch AND v.record = s._record{joins} "
        "WHERE s._fault IS NULL"
    )
    known_at, known_from = known(table, clock.zone)
    return (
        f"SELECT * EXCLUDE (_arrived_at, _history), {known_at} AS _known_at, "
        f"{known_from} AS _known_from FROM ({rows})"
    )


def keyed(work: Work, table: Table, new: str) -> str:
    """SQL of a table's good landed rows with their content and place, to compare them by key.

    They are compared as they landed, which is cheaper, unless the clock has a say in their key.
    """
    if key_times(table):
        return new
    own = ", ".join(f"s.{column}" for column in content(table))
    return (
        f"SELECT {own}, s._batch AS _batch_id, s._record AS _row_number "
        f"FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch "
        "WHERE s._fault IS NULL"
    )


def known(table: Table, zone: str) -> tuple[str, str]:
    """SQL of when a row became known, and of how we know: the first of four that applies."""
    recorded = ident(table.recorded_at) if table.recorded_at else "NULL::TIMESTAMP"
    told = f"CASE WHEN _history THEN {_history(table, zone)} END"
    known_at = f"coalesce({recorded}, _arrived_at, {told}, _ingested_at)"
    known_from = (
        f"CASE WHEN {recorded} IS NOT NULL THEN 'recorded' "
        f"WHEN _arrived_at IS NOT NULL THEN 'manifest' "
        f"WHEN {told} IS NOT NULL THEN 'history' ELSE 'ingest' END"
    )
    return known_at, known_from


def _history(table: Table, zone: str) -> str:
    """SQL of when a row of a history load is taken to have become known.

    Never after it was taken in: a correction that follows is known after what it corrects.
    """
    if not table.event_time:
        return BEGINNING
    lag = f"to_microseconds({round(table.known_lag_days * 86_400_000_000)})"
    start = "_event_at"
    if table.known_daily:
        local_day = f"timezone({literal(zone)}, timezone('UTC', _event_at))::DATE"
        start = _midnight(f"{local_day} + 1", zone)
    known_at = f"{start} + {lag}"
    if table.about:
        day = f"{ident(table.about)} - {table.known_ahead_days}"
        # What lies further ahead than the promise is known now, and not later.
        known_at = f"coalesce({known_at}, {_midnight(day, zone)})"
    # Not least(), which passes over nulls.
    return f"CASE WHEN {known_at} > _ingested_at THEN _ingested_at ELSE {known_at} END"


def _midnight(day: str, zone: str) -> str:
    """SQL of the first instant of a local day, UTC."""
    return f"timezone('UTC', timezone({literal(zone)}, ({day})::TIMESTAMP))"
