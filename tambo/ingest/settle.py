"""Decides which good records are versions and which repeat: the same answer in any order.

The records of a key are ordered by (known at, batch, record number). One that holds the same as
the one before it is a repeat, every other is a version and stands in raw. The rule looks at
nothing but the set of records, so that loading, replaying and withdrawing in any order end alike.

Only keys that are touched are looked at; a key that is new and occurs once is a version. Keys and
contents are compared by 128-bit hashes, so that millions of records that come again are ordered
without holding them: among 10^9 keys, two have the same hash with a chance of 10^-21.
"""

from __future__ import annotations

import duckdb

from tambo.ingest.incoming import content, key, raw_name, row_columns
from tambo.lake.sql import literal
from tambo.sources.contracts import Table

IN_RAW, A_REPEAT, NEW = 0, 1, 2
"""Where a candidate stands before it is judged."""

PLACE = "_batch_id, _row_number"
WINDOW = "OVER (PARTITION BY k1, k2 ORDER BY _known_at, _batch_id, _row_number)"


def hashed(columns: list[str], first: str, second: str, alias: str = "") -> str:
    """SQL of two hashes of some columns, under two names."""
    names = [f"{alias}{column}" for column in columns]
    backwards = ", ".join(["'another'", *reversed(names)])
    return f"hash({', '.join(names)}) AS {first}, hash({backwards}) AS {second}"


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
    touched = _count(connection, "FROM touched") > 0
    if new is not None:
        _insert_untouched(connection, table, new, any_touched=touched)
    if not touched:
        return set()
    _gather(connection, table, new, dropped)
    _judge(connection)
    return _move(connection, domain, table, new)


def _count(connection: duckdb.DuckDBPyConnection, what: str) -> int:
    row = connection.execute(f"SELECT count(*) {what}").fetchone()
    return int(row[0]) if row else 0


def _keys(table: Table, relation: str, alias: str) -> str:
    return f"SELECT {hashed(key(table), 'k1', 'k2', f'{alias}.')} FROM {relation} {alias}"


def _find_touched(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    new: str | None,
    doubtful: str | None,
    dropped: str | None,
) -> None:
    """Make the temporary table `touched`: keys of which more than one record is concerned."""
    raw = raw_name(table)
    parts = ["SELECT 0::UBIGINT AS k1, 0::UBIGINT AS k2 WHERE false"]
    if doubtful is not None:
        parts.append(_keys(table, f"({doubtful})", "d"))
    if new is not None and _count(connection, f"FROM {raw}"):
        held, coming = _keys(table, raw, "r"), _keys(table, f"({new})", "n")
        parts.append(f"SELECT k1, k2 FROM ({coming}) SEMI JOIN ({held}) USING (k1, k2)")
    if dropped is not None:
        repeated = (
            f"SELECT of_batch, of_record FROM lake.audit.repeats p SEMI JOIN ({dropped}) d "
            "ON p.batch_id = d.batch_id AND p.record = d.record "
            f"WHERE p.table_name = {literal(table.name)}"
        )
        for pairs, batch, record in (
            (dropped, "batch_id", "record"),
            (repeated, "of_batch", "of_record"),
        ):
            parts.append(
                f"{_keys(table, raw, 'r')} SEMI JOIN ({pairs}) d "
                f"ON r._batch_id = d.{batch} AND r._row_number = d.{record}"
            )
    union = " UNION ALL ".join(parts)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT * FROM ({union})")


def _insert_untouched(
    connection: duckdb.DuckDBPyConnection, table: Table, new: str, *, any_touched: bool
) -> None:
    columns = ", ".join(row_columns(table))
    rows = f"({new}) n"
    if any_touched:
        # A column of the table may be called k1, and none begins with an underscore.
        keyed = f"SELECT *, {hashed(key(table), '_k1', '_k2')} FROM ({new})"
        rows = f"({keyed}) n ANTI JOIN touched t ON n._k1 = t.k1 AND n._k2 = t.k2"
    connection.execute(f"INSERT INTO {raw_name(table)} ({columns}) SELECT {columns} FROM {rows}")


def _gather(
    connection: duckdb.DuckDBPyConnection, table: Table, new: str | None, dropped: str | None
) -> None:
    """Make `candidates`: every record of the touched keys, and where it stands now.

    A repeat holds what the version holds that it repeats.
    """
    hashes = f"{hashed(key(table), 'k1', 'k2', 'r.')}, {hashed(content(table), 'h1', 'h2', 'r.')}"
    raw = raw_name(table)
    parts = [
        f"SELECT {hashes}, r._known_at, r._known_from, r._batch_id, r._row_number, "
        f"{IN_RAW}::TINYINT AS was, r._batch_id AS was_batch, r._row_number AS was_record "
        f"FROM {raw} r",
        f"SELECT {hashes}, p.known_at, p.known_from, p.batch_id, p.record, {A_REPEAT}, "
        f"p.of_batch, p.of_record FROM {raw} r JOIN lake.audit.repeats p "
        "ON r._batch_id = p.of_batch AND r._row_number = p.of_record "
        f"AND p.table_name = {literal(table.name)}",
    ]
    if new is not None:
        parts.append(
            f"SELECT {hashes}, r._known_at, r._known_from, r._batch_id, r._row_number, {NEW}, "
            f"NULL, NULL FROM ({new}) r"
        )
    gone, leaves = "false", ""
    if dropped is not None:
        gone = "d.record IS NOT NULL"
        leaves = (
            f" LEFT JOIN ({dropped}) d ON c._batch_id = d.batch_id AND c._row_number = d.record"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE candidates AS SELECT c.*, {gone} AS gone "
        f"FROM ({' UNION ALL '.join(parts)}) c SEMI JOIN touched t "
        f"ON c.k1 = t.k1 AND c.k2 = t.k2{leaves}"
    )


def _judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `judged`: whether each candidate is a version, and which version it repeats if not."""
    pointers = ", ".join(
        f"last_value(CASE WHEN version THEN {column} END IGNORE NULLS) {WINDOW} AS {name}"
        for column, name in (("_batch_id", "of_batch"), ("_row_number", "of_record"))
    )
    own = "k1, k2, _known_at, _known_from, _batch_id, _row_number, was, was_batch, was_record"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE judged AS SELECT {own}, version, {pointers}, gone FROM ("
        f"SELECT *, lag(h1) {WINDOW} IS DISTINCT FROM h1 OR lag(h2) {WINDOW} IS DISTINCT FROM h2 "
        "AS version FROM candidates WHERE NOT gone) "
        f"UNION ALL SELECT {own}, false, NULL, NULL, gone FROM candidates WHERE gone"
    )
    connection.execute("DROP TABLE candidates")


def _move(
    connection: duckdb.DuckDBPyConnection, domain: str, table: Table, new: str | None
) -> set[int]:
    """Put every judged record where it belongs; returns batches whose records changed class."""
    turned = f"j.was = {IN_RAW} AND NOT j.version AND NOT j.gone"
    other = "j.version OR j.of_batch <> j.was_batch OR j.of_record <> j.was_record"
    moved = f"j.was = {A_REPEAT} AND NOT j.gone AND ({other})"
    changed = connection.execute(
        f"SELECT DISTINCT _batch_id FROM judged j WHERE ({turned}) "
        f"OR (was = {A_REPEAT} AND version AND NOT gone)"
    ).fetchall()
    # What is read from the rows that leave is read before they do.
    promoted = _promoted(connection, table)
    pointed = _pointed(connection, domain, table, turned, moved)
    _leave(connection, table, turned, moved)
    columns, raw = ", ".join(row_columns(table)), raw_name(table)
    if promoted:
        connection.execute(f"INSERT INTO {raw} ({columns}) SELECT {columns} FROM promoted")
    if pointed:
        connection.execute("INSERT INTO lake.audit.repeats SELECT * FROM pointed")
    if new is not None:
        connection.execute(
            f"INSERT INTO {raw} ({columns}) SELECT {columns} FROM ({new}) SEMI JOIN "
            f"(SELECT {PLACE} FROM judged WHERE was = {NEW} AND version) USING ({PLACE})"
        )
        connection.execute(
            f"INSERT INTO lake.audit.repeats SELECT {literal(domain)}, {literal(table.name)}, "
            "j._batch_id, j._row_number, i.source_file, i.ingested_at, j._known_at, "
            "j._known_from, j.of_batch, j.of_record FROM judged j "
            f"JOIN intake i ON i.batch_id = j._batch_id WHERE j.was = {NEW} AND NOT j.version"
        )
    return {int(row[0]) for row in changed}


def _promoted(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Make `promoted`: repeats that become versions, with what the version they repeated holds."""
    which = f"was = {A_REPEAT} AND version AND NOT gone"
    found = _count(connection, f"FROM judged WHERE {which}")
    if found:
        own = ", ".join(f"r.{column}" for column in content(table))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE promoted AS SELECT {own}, p.batch_id AS _batch_id, "
            "p.source_file AS _source_file, p.record AS _row_number, "
            "p.ingested_at AS _ingested_at, r._event_at, p.known_at AS _known_at, "
            f"p.known_from AS _known_from FROM judged j JOIN {raw_name(table)} r "
            "ON r._batch_id = j.was_batch AND r._row_number = j.was_record "
            "JOIN lake.audit.repeats p ON p.batch_id = j._batch_id AND p.record = j._row_number "
            f"AND p.table_name = {literal(table.name)} WHERE {which}"
        )
    return found


def _pointed(
    connection: duckdb.DuckDBPyConnection, domain: str, table: Table, turned: str, moved: str
) -> int:
    """Make `pointed`: versions that become repeats, and repeats of another version than before."""
    found = _count(connection, f"FROM judged j WHERE ({turned}) OR ({moved} AND NOT version)")
    if found:
        mine = f"{literal(domain)} AS domain, {literal(table.name)} AS table_name"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE pointed AS SELECT {mine}, r._batch_id, r._row_number, "
            "r._source_file, r._ingested_at, r._known_at, r._known_from, j.of_batch, j.of_record "
            f"FROM judged j JOIN {raw_name(table)} r USING ({PLACE}) WHERE {turned} UNION ALL "
            f"SELECT {mine}, p.batch_id, p.record, p.source_file, p.ingested_at, p.known_at, "
            "p.known_from, j.of_batch, j.of_record FROM judged j JOIN lake.audit.repeats p "
            "ON p.batch_id = j._batch_id AND p.record = j._row_number "
            f"AND p.table_name = {literal(table.name)} WHERE {moved} AND NOT version"
        )
    return found


def _leave(connection: duckdb.DuckDBPyConnection, table: Table, turned: str, moved: str) -> None:
    """Delete what leaves raw and what leaves the repeats."""
    from_raw = f"FROM judged j WHERE (was = {IN_RAW} AND gone) OR ({turned})"
    if _count(connection, from_raw):
        connection.execute(
            f"DELETE FROM {raw_name(table)} r USING (SELECT {PLACE} {from_raw}) j "
            "WHERE r._batch_id = j._batch_id AND r._row_number = j._row_number"
        )
    from_repeats = f"FROM judged j WHERE (was = {A_REPEAT} AND gone) OR ({moved})"
    if _count(connection, from_repeats):
        connection.execute(
            f"DELETE FROM lake.audit.repeats p USING (SELECT {PLACE} {from_repeats}) j "
            f"WHERE p.table_name = {literal(table.name)} AND p.batch_id = j._batch_id "
            "AND p.record = j._row_number"
        )
