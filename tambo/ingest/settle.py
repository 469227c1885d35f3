"""Decides which good records are versions and which repeat: the same answer in any order.

The records of a key are ordered by (known at, batch, record number). One that holds the same as
the one before it is a repeat, every other is a version and stands in raw. The rule looks at
nothing but the set of records, so that loading, replaying and withdrawing in any order end alike.
Only keys that are touched are looked at; a key that is new and occurs once is a version.
"""

from __future__ import annotations

import duckdb

from tambo.ingest.incoming import content, key, raw_name, row_columns
from tambo.lake.sql import literal
from tambo.sources.contracts import Table

ORDER = "_known_at, _batch_id, _row_number"


def settle(
    connection: duckdb.DuckDBPyConnection,
    domain: str,
    table: Table,
    *,
    new: str | None = None,
    doubtful: str | None = None,
    dropped: str | None = None,
) -> set[int]:
    """Bring new records in, or take records out, and settle the keys that are touched.

    Args:
        connection: the writer's, inside a transaction.
        domain: of the table.
        table: its contract.
        new: SQL of new records, in the columns of the raw table.
        doubtful: SQL of keys that occur more than once in `new`; None: none does.
        dropped: SQL of (batch_id, record) of records to take out of raw and repeats.

    Returns:
        Batches of which a record that was there before and still is changed its class.
    """
    _find_touched(connection, table, new, doubtful, dropped)
    touched = _count(connection, "touched")
    if new is not None:
        _insert_untouched(connection, table, new, any_touched=touched > 0)
    if not touched:
        return set()
    return _settle_touched(connection, domain, table, new, dropped)


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    return int(row[0]) if row else 0


def _find_touched(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    new: str | None,
    doubtful: str | None,
    dropped: str | None,
) -> None:
    """Make the temporary table `touched`: keys of which more than one record is concerned."""
    keys, raw = ", ".join(key(table)), raw_name(table)
    parts: list[str] = []
    if doubtful is not None:
        parts.append(doubtful)
    if new is not None and _count(connection, raw):
        same = " AND ".join(f"n.{k} = r.{k}" for k in key(table))
        old = ", ".join(f"r.{k}" for k in key(table))
        parts.append(f"SELECT {old} FROM {raw} r SEMI JOIN ({new}) n ON {same}")
    if dropped is not None:
        own = ", ".join(f"r.{k}" for k in key(table))
        parts.append(
            f"SELECT {own} FROM {raw} r SEMI JOIN ({dropped}) d "
            "ON r._batch_id = d.batch_id AND r._row_number = d.record"
        )
        parts.append(
            f"SELECT {own} FROM {raw} r SEMI JOIN "
            "(SELECT p.of_batch, p.of_record FROM lake.audit.repeats p "
            f"SEMI JOIN ({dropped}) d ON p.batch_id = d.batch_id AND p.record = d.record "
            f"WHERE p.table_name = {literal(table.name)}) p "
            "ON r._batch_id = p.of_batch AND r._row_number = p.of_record"
        )
    union = " UNION ".join(parts) or f"SELECT {keys} FROM {raw} LIMIT 0"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT * FROM ({union})")


def _insert_untouched(
    connection: duckdb.DuckDBPyConnection, table: Table, new: str, *, any_touched: bool
) -> None:
    columns = ", ".join(row_columns(table))
    same = " AND ".join(f"n.{k} = t.{k}" for k in key(table))
    left = f" ANTI JOIN touched t ON {same}" if any_touched else ""
    connection.execute(
        f"INSERT INTO {raw_name(table)} ({columns}) SELECT {columns} FROM ({new}) n{left}"
    )


def _settle_touched(
    connection: duckdb.DuckDBPyConnection,
    domain: str,
    table: Table,
    new: str | None,
    dropped: str | None,
) -> set[int]:
    """Order all records of the touched keys, and move those whose class is another now."""
    _gather(connection, table, new)
    if dropped is not None:
        connection.execute(
            f"DELETE FROM candidates c USING ({dropped}) d "
            "WHERE c._batch_id = d.batch_id AND c._row_number = d.record"
        )
    _judge(connection, table)
    raw, columns = raw_name(table), ", ".join(row_columns(table))
    mine = f"table_name = {literal(table.name)}"
    # What is no version any more, or was dropped, leaves raw; likewise for repeats.
    connection.execute(
        f"DELETE FROM {raw} r USING (SELECT _batch_id, _row_number FROM held WHERE was = 'raw' "
        "EXCEPT SELECT _batch_id, _row_number FROM judged WHERE version) h "
        "WHERE r._batch_id = h._batch_id AND r._row_number = h._row_number"
    )
    connection.execute(
        "DELETE FROM lake.audit.repeats p USING (SELECT _batch_id, _row_number, of_batch, "
        "of_record FROM held WHERE was = 'repeat' EXCEPT SELECT _batch_id, _row_number, of_batch, "
        "of_record FROM judged WHERE NOT version) h "
        f"WHERE p.{mine} AND p.batch_id = h._batch_id AND p.record = h._row_number"
    )
    connection.execute(
        f"INSERT INTO {raw} ({columns}) SELECT {columns} FROM judged WHERE version AND was <> 'raw'"
    )
    connection.execute(
        "INSERT INTO lake.audit.repeats "
        f"SELECT {literal(domain)}, {literal(table.name)}, _batch_id, _row_number, _source_file, "
        "_ingested_at, _known_at, _known_from, of_batch, of_record FROM judged "
        "WHERE NOT version AND (was <> 'repeat' OR was_of_batch <> of_batch "
        "OR was_of_record <> of_record)"
    )
    changed = connection.execute(
        "SELECT DISTINCT _batch_id FROM judged "
        "WHERE (was = 'raw' AND NOT version) OR (was = 'repeat' AND version)"
    ).fetchall()
    return {int(row[0]) for row in changed}


def _gather(connection: duckdb.DuckDBPyConnection, table: Table, new: str | None) -> None:
    """Make `candidates`: every record of the touched keys, and where it stands now.

    A repeat holds what the version holds that it repeats; `held` remembers what stood before.
    """
    columns, own = ", ".join(row_columns(table)), ", ".join(f"r.{c}" for c in content(table))
    same = " AND ".join(f"r.{k} = t.{k}" for k in key(table))
    parts = [
        f"SELECT {columns}, 'raw' AS was, _batch_id AS was_of_batch, _row_number AS was_of_record "
        f"FROM {raw_name(table)} r SEMI JOIN touched t ON {same}",
        f"SELECT {own}, p.batch_id, p.source_file, p.record, p.ingested_at, r._event_at, "
        "p.known_at, p.known_from, 'repeat', p.of_batch, p.of_record "
        f"FROM {raw_name(table)} r JOIN lake.audit.repeats p ON r._batch_id = p.of_batch AND "
        f"r._row_number = p.of_record AND p.table_name = {literal(table.name)} "
        f"SEMI JOIN touched t ON {same}",
    ]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {' UNION ALL '.join(parts)}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE held AS SELECT _batch_id, _row_number, was, "
        "was_of_batch AS of_batch, was_of_record AS of_record FROM candidates"
    )
    if new is not None:
        connection.execute(
            f"INSERT INTO candidates SELECT {columns}, 'new', NULL, NULL "
            f"FROM ({new}) r SEMI JOIN touched t ON {same}"
        )


def _judge(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make `judged`: whether each candidate is a version, and which version it repeats if not."""
    keys = ", ".join(key(table))
    held = f"row({', '.join(content(table))})"
    window = f"OVER (PARTITION BY {keys} ORDER BY {ORDER})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE judged AS SELECT *, "
        f"last_value(CASE WHEN version THEN _batch_id END IGNORE NULLS) {window} AS of_batch, "
        f"last_value(CASE WHEN version THEN _row_number END IGNORE NULLS) {window} AS of_record "
        f"FROM (SELECT *, lag({held}) {window} IS DISTINCT FROM {held} AS version FROM candidates)"
    )
