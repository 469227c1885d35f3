"""Collects the records of a command that are not loaded, and why: the temporary table `apart`.

A row of it names its reason by number, so that millions of bad lines stay small; the temporary
table `whys` holds the reasons' words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from tambo.ingest.batch import Batch
from tambo.ingest.checks import Rule, compile_table
from tambo.ingest.future import ahead_of_arrival
from tambo.ingest.hours import Clock, skipped
from tambo.ingest.incoming import content, key, raw_name
from tambo.ingest.reasons import LINE_REASONS, REASONS, SHAPE_CODES, Reason
from tambo.ingest.work import Work
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import Table

SHOWN = 200
"""Characters of a value that are kept beside its raw bytes."""

VALUE = f"coalesce('''' || left(a.value, {SHOWN}) || '''', 'empty')"

WORDED = f"""
    SELECT a.batch_id, a.record, w.reason, w.column_name, a.value,
        replace(replace(w.says, '{{column}}', coalesce(w.column_name, '')), '{{value}}', {VALUE})
            AS message,
        w.remedy
    FROM apart a JOIN whys w USING (why)
"""
"""SQL of the records set apart, with their reasons in words."""


def create_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty temporary tables."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE apart "
        "(batch_id BIGINT, record BIGINT, why INTEGER, value VARCHAR)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE whys "
        "(why INTEGER, reason VARCHAR, column_name VARCHAR, says VARCHAR, remedy VARCHAR)"
    )


def left_out(new: str) -> str:
    """SQL of the rows of `new` that are not set apart."""
    return (
        f"SELECT n.* FROM ({new}) n ANTI JOIN apart a "
        "ON a.batch_id = n._batch_id AND a.record = n._row_number"
    )


def count_apart(connection: duckdb.DuckDBPyConnection) -> int:
    """How many records are set apart."""
    row = connection.execute("SELECT count(*) FROM apart").fetchone()
    return int(row[0]) if row else 0


def _why(
    connection: duckdb.DuckDBPyConnection, code: str, column: str | None, reason: Reason
) -> int:
    """Number of a reason for one column; new ones are added to `whys`."""
    row = connection.execute(
        "SELECT why FROM whys WHERE reason = ? AND column_name IS NOT DISTINCT FROM ? "
        "AND says = ? AND remedy = ?",
        [code, column, reason.says, reason.remedy],
    ).fetchone()
    if row is not None:
        return int(row[0])
    last = connection.execute("SELECT coalesce(max(why), 0) FROM whys").fetchone()
    number = int(last[0]) + 1 if last else 1
    connection.execute(
        "INSERT INTO whys VALUES (?, ?, ?, ?, ?)",
        [number, code, column, reason.says, reason.remedy],
    )
    return number


def _insert(
    connection: duckdb.DuckDBPyConnection, code: str, columns: Sequence[str], found: str
) -> None:
    """Add what SQL finds, as (batch_id, record, value), under one reason."""
    why = _why(connection, code, ", ".join(columns), REASONS[code])
    connection.execute(
        f"INSERT INTO apart SELECT batch_id, record, {why}, left(value, {SHOWN}) "
        f"FROM ({found}) ANTI JOIN apart USING (batch_id, record)"
    )


def add_shapes(connection: duckdb.DuckDBPyConnection, batches: Iterable[Batch]) -> None:
    """Add what the splitter set apart."""
    parts = [(batch.batch_id, part) for batch in batches for part in batch.apart]
    if not parts:
        return
    codes = np.concatenate([codes for _, (_, codes) in parts])
    whys = np.zeros(len(SHAPE_CODES), np.int32)
    for number in np.unique(codes).tolist():
        code = SHAPE_CODES[number]
        whys[number] = _why(connection, code, None, LINE_REASONS[code])
    found = pa.table(
        {
            "batch_id": np.concatenate([np.full(len(n), b) for b, (n, _) in parts]),
            "record": np.concatenate([numbers for _, (numbers, _) in parts]),
            "why": whys[codes],
        }
    )
    connection.register("_found", found)
    connection.execute("INSERT INTO apart SELECT batch_id, record, why, NULL FROM _found")
    connection.unregister("_found")


def add_faults(connection: duckdb.DuckDBPyConnection, work: Work, table: Table) -> None:
    """Add the landed rows that break a rule of the contract."""
    faulty = f"FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch"
    numbers = connection.execute(f"SELECT DISTINCT s._fault {faulty} WHERE s._fault > 0").fetchall()
    if not numbers:
        return
    rules = compile_table(table, {}).rules
    pairs = ", ".join(
        f"({number}, {_why_of_rule(connection, table, rules[number - 1])})" for (number,) in numbers
    )
    connection.execute(
        f"INSERT INTO apart SELECT s._batch, s._record, r.why, s._value {faulty} "
        f"JOIN (VALUES {pairs}) r(fault, why) ON r.fault = s._fault WHERE s._fault > 0"
    )


def _why_of_rule(connection: duckdb.DuckDBPyConnection, table: Table, rule: Rule) -> int:
    own = {check.reason: Reason(check.says, "Correct it at the source.") for check in table.checks}
    reason = own.get(rule.reason) or REASONS[rule.reason]
    worded = Reason(reason.says, rule.remedy or reason.remedy)
    return _why(connection, rule.reason, rule.column, worded)


def add_skipped(
    connection: duckdb.DuckDBPyConnection, work: Work, table: Table, clock: Clock
) -> bool:
    """Add the landed rows with a local time that clocks skipped; returns whether there are any."""
    before = count_apart(connection)
    for column, found in skipped(work, table, clock):
        _insert(connection, "skipped_time", [column], found)
    return count_apart(connection) > before


def add_future(
    connection: duckdb.DuckDBPyConnection,
    work: Work,
    table: Table,
    clock: Clock,
    ahead_seconds: float,
) -> bool:
    """Add the landed rows from after their arrival; returns whether there are any."""
    before = count_apart(connection)
    for column, found in ahead_of_arrival(work, table, clock, ahead_seconds):
        _insert(connection, "from_the_future", [column], found)
    return count_apart(connection) > before


def add_duplicates(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> str | None:
    """Add all records of a key of which one file holds different ones.

    Args:
        connection: the writer's.
        table: the contract.
        rows: SQL of the good landed rows, as `keyed` gives it.

    Returns:
        SQL of the keys that occur more than once in the command, or None: no key does.
    """
    keys = ", ".join(key(table))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE doubles AS SELECT hash({keys}) AS h FROM ({rows}) "
        "GROUP BY 1 HAVING count(*) > 1"
    )
    row = connection.execute("SELECT count(*) FROM doubles").fetchone()
    if row is None or not row[0]:
        return None
    same = " AND ".join(f"s.{k} = d.{k}" for k in key(table))
    among = f"({rows}) WHERE hash({keys}) IN (SELECT h FROM doubles)"
    _insert(
        connection,
        "duplicate_key",
        table.key,
        f"SELECT s._batch_id AS batch_id, s._row_number AS record, "
        f"{text_of('s', table.key)} AS value FROM ({rows}) s SEMI JOIN ("
        f"SELECT _batch_id, {keys} FROM {among} GROUP BY _batch_id, {keys} "
        f"HAVING count(DISTINCT row({', '.join(content(table))})) > 1) d "
        f"ON s._batch_id = d._batch_id AND {same}",
    )
    return f"SELECT {keys} FROM {among} GROUP BY {keys} HAVING count(*) > 1"


def add_conflicts(
    connection: duckdb.DuckDBPyConnection, table: Table, new: str, old: Sequence[Batch]
) -> None:
    """Add replayed records of a key of which their own file gave another row that is loaded.

    Args:
        connection: the writer's.
        table: the contract.
        new: SQL of the landed rows, as `incoming` gives it.
        old: batches of which lines are replayed.
    """
    ids = ", ".join(str(batch.batch_id) for batch in old)
    held, raw = ", ".join(f"r.{c}" for c in content(table)), raw_name(table)
    mine = (
        f"SELECT r._batch_id AS b, {held} FROM {raw} r WHERE r._batch_id IN ({ids}) UNION ALL "
        f"SELECT p.batch_id, {held} FROM lake.audit.repeats p JOIN {raw} r "
        "ON r._batch_id = p.of_batch AND r._row_number = p.of_record "
        f"WHERE p.table_name = {literal(table.name)} AND p.batch_id IN ({ids})"
    )
    same = " AND ".join(f"n.{k} = m.{k}" for k in key(table))
    rows = (f"row({', '.join(f'{alias}.{c}' for c in content(table))})" for alias in "nm")
    _insert(
        connection,
        "duplicate_key",
        table.key,
        f"SELECT DISTINCT n._batch_id AS batch_id, n._row_number AS record, "
        f"{text_of('n', table.key)} AS value FROM ({new}) n JOIN ({mine}) m "
        f"ON n._batch_id = m.b AND {same} AND {' IS DISTINCT FROM '.join(rows)}",
    )


def add_orphans(
    connection: duckdb.DuckDBPyConnection, work: Work, table: Table, parents: dict[str, Table]
) -> None:
    """Add the landed rows that refer to what no parent table holds."""
    rows = f"{work.staged(table)} s JOIN intake i ON i.batch_id = s._batch"
    for found, columns in _lost(table, parents, rows, "s"):
        _insert(
            connection,
            "orphan",
            columns,
            f"SELECT s._batch AS batch_id, s._record AS record, {text_of('s', columns)} AS value "
            f"{found} AND s._fault IS NULL",
        )


def add_loaded_orphans(
    connection: duckdb.DuckDBPyConnection, table: Table, parents: dict[str, Table]
) -> int:
    """Add rows of raw, and repeats of them, that refer to what no parent table holds any more.

    Returns:
        How many.
    """
    before = count_apart(connection)
    for found, columns in _lost(table, parents, f"{raw_name(table)} r", "r"):
        rows = (
            f"SELECT r._batch_id AS batch_id, r._row_number AS record, "
            f"{text_of('r', columns)} AS value {found}"
        )
        _insert(
            connection,
            "orphan",
            columns,
            f"{rows} UNION ALL SELECT q.batch_id, q.record, o.value FROM ({rows}) o "
            "JOIN lake.audit.repeats q ON q.of_batch = o.batch_id AND q.of_record = o.record "
            f"AND q.table_name = {literal(table.name)}",
        )
    return count_apart(connection) - before


def _lost(
    table: Table, parents: dict[str, Table], rows: str, alias: str
) -> Iterable[tuple[str, list[str]]]:
    """SQL, from FROM on, of the rows whose parent is missing, for each reference."""
    for reference in table.references:
        parent = parents[reference.table]
        pairs = list(zip(reference.columns, parent.key, strict=True))
        same = " AND ".join(f"{alias}.{ident(c)} = p.{ident(k)}" for c, k in pairs)
        told = " AND ".join(f"{alias}.{ident(c)} IS NOT NULL" for c, _ in pairs)
        # A parent that was only ever withdrawn is none.
        held = (
            f"SELECT DISTINCT {', '.join(key(parent))} FROM {raw_name(parent)} "
            f"WHERE NOT {ident(parent.tombstone)}"
        )
        yield f"FROM {rows} ANTI JOIN ({held}) p ON {same} WHERE {told}", reference.columns


def text_of(alias: str, columns: Sequence[str]) -> str:
    """SQL of several values as one text."""
    return " || ', ' || ".join(f"{alias}.{ident(column)}::VARCHAR" for column in columns)
