"""Collects the records of a command that are not loaded, and why: the temporary table `apart`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from tambo.ingest.batch import Batch
from tambo.ingest.checks import Rule, compile_table
from tambo.ingest.incoming import content, key, raw_name
from tambo.ingest.reasons import REASONS, SHAPE_CODES, Reason
from tambo.ingest.work import Work
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import Table

COLUMNS = (
    "batch_id BIGINT, record BIGINT, reason VARCHAR, column_name VARCHAR, value VARCHAR, "
    "message VARCHAR, remedy VARCHAR"
)


def create_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty temporary table."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE apart ({COLUMNS})")


def left_out(new: str) -> str:
    """SQL of the rows of `new` that are not set apart."""
    return (
        f"SELECT n.* FROM ({new}) n ANTI JOIN apart a "
        "ON a.batch_id = n._batch_id AND a.record = n._row_number"
    )


def _insert(
    connection: duckdb.DuckDBPyConnection, reason: str, columns: Sequence[str], found: str
) -> None:
    """Add what SQL finds, as (batch_id, record, value), under one reason."""
    says = REASONS[reason]
    name = literal(", ".join(columns))
    connection.execute(
        f"INSERT INTO apart SELECT batch_id, record, {literal(reason)}, {name}, left(value, 200), "
        f"{_filled(literal(says.says), name, 'value')}, {literal(says.remedy)} "
        f"FROM ({found}) ANTI JOIN apart USING (batch_id, record)"
    )


def _filled(says: str, column: str, value: str) -> str:
    """SQL of a reason's sentence with its column and value filled in."""
    shown = f"coalesce('''' || left({value}, 200) || '''', 'empty')"
    return f"replace(replace({says}, '{{column}}', coalesce({column}, '')), '{{value}}', {shown})"


def add_shapes(connection: duckdb.DuckDBPyConnection, batches: Iterable[Batch]) -> None:
    """Add what the splitter set apart."""
    parts = [(batch.batch_id, part) for batch in batches for part in batch.apart]
    if not parts:
        return
    found = pa.table(
        {
            "batch_id": np.concatenate([np.full(len(n), b) for b, (n, _) in parts]),
            "record": np.concatenate([numbers for _, (numbers, _) in parts]),
            "code": np.concatenate([codes for _, (_, codes) in parts]),
        }
    )
    connection.register("_found", found)
    listed = ", ".join(
        f"({n}, {literal(code)}, {literal(REASONS[code].says)}, {literal(REASONS[code].remedy)})"
        for n, code in enumerate(SHAPE_CODES)
        if code
    )
    connection.execute(
        "INSERT INTO apart SELECT batch_id, record, reason, NULL, NULL, says, remedy FROM _found "
        f"JOIN (VALUES {listed}) r(code, reason, says, remedy) USING (code)"
    )
    connection.unregister("_found")


def add_faults(connection: duckdb.DuckDBPyConnection, work: Work, table: Table) -> None:
    """Add the landed rows that break a rule of the contract."""
    rules = compile_table(table, {}).rules
    listed = ", ".join(_rule_row(table, number, rule) for number, rule in enumerate(rules, start=1))
    message = _filled("r.says", "r.column_name", "s._value")
    connection.execute(
        f"INSERT INTO apart SELECT s._batch, s._record, r.reason, r.column_name, s._value, "
        f"{message}, r.remedy FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch "
        f"JOIN (VALUES {listed}) r(fault, reason, column_name, says, remedy) "
        "ON r.fault = s._fault WHERE s._fault > 0"
    )


def _rule_row(table: Table, number: int, rule: Rule) -> str:
    own = {check.reason: Reason(check.says, "Correct it at the source.") for check in table.checks}
    reason = own.get(rule.reason) or REASONS[rule.reason]
    column = literal(rule.column) if rule.column else "NULL"
    remedy = rule.remedy or reason.remedy
    return (
        f"({number}, {literal(rule.reason)}, {column}, {literal(reason.says)}, {literal(remedy)})"
    )


def add_duplicates(connection: duckdb.DuckDBPyConnection, work: Work, table: Table) -> str | None:
    """Add all records of a key of which one file holds different ones.

    Returns:
        SQL of the keys that occur more than once in the command, or None: no key does.
    """
    keys, staged = ", ".join(key(table)), work.staged(table)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE doubles AS SELECT hash({keys}) AS h FROM {staged} "
        "WHERE _fault IS NULL GROUP BY h HAVING count(*) > 1"
    )
    row = connection.execute("SELECT count(*) FROM doubles").fetchone()
    if row is None or not row[0]:
        return None
    same = " AND ".join(f"s.{k} = d.{k}" for k in key(table))
    among = f"_fault IS NULL AND hash({keys}) IN (SELECT h FROM doubles)"
    _insert(
        connection,
        "duplicate_key",
        table.key,
        f"SELECT s._batch AS batch_id, s._record AS record, {text_of('s', table.key)} AS value "
        f"FROM {staged} s JOIN intake i ON i.batch_id = s._batch SEMI JOIN ("
        f"SELECT _batch, {keys} FROM {staged} WHERE {among} GROUP BY _batch, {keys} "
        f"HAVING count(DISTINCT row({', '.join(content(table))})) > 1) d "
        f"ON s._batch = d._batch AND {same} WHERE s._fault IS NULL",
    )
    return f"SELECT {keys} FROM {staged} WHERE {among} GROUP BY {keys} HAVING count(*) > 1"


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
    for reference in table.references:
        parent = parents[reference.table]
        pairs = list(zip(reference.columns, parent.key, strict=True))
        same = " AND ".join(f"s.{ident(c)} = p.{ident(k)}" for c, k in pairs)
        told = " AND ".join(f"s.{ident(c)} IS NOT NULL" for c, _ in pairs)
        _insert(
            connection,
            "orphan",
            reference.columns,
            f"SELECT s._batch AS batch_id, s._record AS record, "
            f"{text_of('s', reference.columns)} AS value FROM {work.staged(table)} s "
            f"JOIN intake i ON i.batch_id = s._batch ANTI JOIN ({parent_keys(parent)}) p "
            f"ON {same} WHERE s._fault IS NULL AND {told}",
        )


def parent_keys(parent: Table) -> str:
    """SQL of the keys that a table holds; one that was only ever withdrawn is none."""
    return (
        f"SELECT DISTINCT {', '.join(key(parent))} FROM {raw_name(parent)} "
        f"WHERE NOT {ident(parent.tombstone)}"
    )


def text_of(alias: str, columns: Sequence[str]) -> str:
    """SQL of several values as one text."""
    return " || ', ' || ".join(f"{alias}.{ident(column)}::VARCHAR" for column in columns)


def add_loaded_orphans(
    connection: duckdb.DuckDBPyConnection, table: Table, parents: dict[str, Table]
) -> int:
    """Add rows of raw, and repeats of them, that refer to what no parent table holds any more.

    Returns:
        How many.
    """
    raw, before = raw_name(table), _count(connection)
    for reference in table.references:
        parent = parents[reference.table]
        pairs = list(zip(reference.columns, parent.key, strict=True))
        same = " AND ".join(f"r.{ident(c)} = p.{ident(k)}" for c, k in pairs)
        told = " AND ".join(f"r.{ident(c)} IS NOT NULL" for c, _ in pairs)
        value = text_of("r", reference.columns)
        lost = f"FROM {raw} r ANTI JOIN ({parent_keys(parent)}) p ON {same} WHERE {told}"
        rows = f"SELECT r._batch_id AS batch_id, r._row_number AS record, {value} AS value {lost}"
        _insert(
            connection,
            "orphan",
            reference.columns,
            f"{rows} UNION ALL SELECT q.batch_id, q.record, o.value FROM ({rows}) o "
            "JOIN lake.audit.repeats q ON q.of_batch = o.batch_id AND q.of_record = o.record "
            f"AND q.table_name = {literal(table.name)}",
        )
    return _count(connection) - before


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("SELECT count(*) FROM apart").fetchone()
    return int(row[0]) if row else 0
