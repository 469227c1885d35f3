"""Collects the records of a command that are not loaded, and why: the temporary table `apart`."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import numpy as np
import pyarrow as pa

from tambo.ingest.batch import Batch
from tambo.ingest.checks import compile_table
from tambo.ingest.incoming import RECORD, key, raw_name
from tambo.ingest.reasons import REASONS, SHAPE_CODES
from tambo.ingest.work import Work
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import Table

COLUMNS = (
    "batch_id BIGINT, record BIGINT, reason VARCHAR, column_name VARCHAR, value VARCHAR, "
    "says VARCHAR, remedy VARCHAR"
)


def create_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty temporary table."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE apart ({COLUMNS})")


def add_shapes(connection: duckdb.DuckDBPyConnection, batches: Iterable[Batch]) -> None:
    """Add what the splitter set apart."""
    ids, records, codes = [], [], []
    for batch in batches:
        for numbers, reasons in batch.apart:
            ids.append(np.full(len(numbers), batch.batch_id))
            records.append(numbers)
            codes.append(reasons)
    if not ids:
        return
    found = pa.table(
        {
            "batch_id": np.concatenate(ids),
            "record": np.concatenate(records),
            "code": np.concatenate(codes),
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
    says = {check.reason: check.says for check in table.checks}
    listed = []
    for number, rule in enumerate(compile_table(table, {}).rules, start=1):
        known = REASONS.get(rule.reason)
        text = known.says if known else says[rule.reason]
        remedy = known.remedy if known else "Correct it at the source."
        column = literal(rule.column) if rule.column else "NULL"
        listed.append(
            f"({number}, {literal(rule.reason)}, {column}, {literal(text)}, {literal(remedy)})"
        )
    connection.execute(
        f"INSERT INTO apart SELECT s._batch, {RECORD}, r.reason, r.column_name, s._value, r.says, "
        f"r.remedy FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch "
        f"JOIN (VALUES {', '.join(listed)}) r(fault, reason, column_name, says, remedy) "
        "ON r.fault = s._fault WHERE s._fault > 0"
    )


def add_duplicates(connection: duckdb.DuckDBPyConnection, work: Work, table: Table) -> str | None:
    """Add all records of a key of which one file holds different ones.

    Returns:
        SQL of the keys that occur more than once in the command, or None: no key does.
    """
    keys = ", ".join(key(table))
    staged = work.staged(table)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE doubles AS SELECT hash({keys}) AS h FROM {staged} "
        "WHERE _fault IS NULL GROUP BY h HAVING count(*) > 1"
    )
    row = connection.execute("SELECT count(*) FROM doubles").fetchone()
    if row is None or not row[0]:
        return None
    own = ", ".join(ident(name) for name in table.file_columns)
    text = " || ', ' || ".join(f"s.{k}::VARCHAR" for k in key(table))
    reason = REASONS["duplicate_key"]
    same = " AND ".join(f"s.{k} = d.{k}" for k in key(table))
    among = f"_fault IS NULL AND hash({keys}) IN (SELECT h FROM doubles)"
    connection.execute(
        f"INSERT INTO apart SELECT s._batch, {RECORD}, 'duplicate_key', NULL, left({text}, 200), "
        f"{literal(reason.says)}, {literal(reason.remedy)} FROM {staged} s "
        "JOIN intake i ON i.batch_id = s._batch SEMI JOIN ("
        f"SELECT _batch, {keys} FROM {staged} WHERE {among} GROUP BY _batch, {keys} "
        f"HAVING count(DISTINCT row({own})) > 1) d ON s._batch = d._batch AND {same} "
        "WHERE s._fault IS NULL"
    )
    return f"SELECT {keys} FROM {staged} WHERE {among} GROUP BY {keys} HAVING count(*) > 1"


def add_orphans(
    connection: duckdb.DuckDBPyConnection, work: Work, table: Table, parents: dict[str, Table]
) -> None:
    """Add the landed rows that refer to what no parent table holds."""
    reason = REASONS["orphan"]
    for reference in table.references:
        parent = parents[reference.table]
        pairs = list(zip(reference.columns, parent.key, strict=True))
        same = " AND ".join(f"s.{ident(c)} = p.{ident(k)}" for c, k in pairs)
        known = " AND ".join(f"s.{ident(c)} IS NOT NULL" for c, _ in pairs)
        value = " || ', ' || ".join(f"s.{ident(c)}::VARCHAR" for c, _ in pairs)
        connection.execute(
            f"INSERT INTO apart SELECT s._batch, {RECORD}, 'orphan', "
            f"{literal(', '.join(reference.columns))}, left({value}, 200), {literal(reason.says)}, "
            f"{literal(reason.remedy)} FROM {work.staged(table)} s "
            f"JOIN intake i ON i.batch_id = s._batch "
            f"ANTI JOIN (SELECT DISTINCT {', '.join(key(parent))} FROM {raw_name(parent)} "
            f"WHERE NOT coalesce({ident(parent.tombstone)}, false)) p ON {same} "
            f"WHERE s._fault IS NULL AND {known} "
            "AND NOT EXISTS (FROM apart a WHERE a.batch_id = s._batch AND a.record = "
            f"{RECORD})"
        )


def left_out(new: str) -> str:
    """SQL of the rows of `new` that are not set apart."""
    return (
        f"SELECT n.* FROM ({new}) n ANTI JOIN apart a "
        "ON a.batch_id = n._batch_id AND a.record = n._row_number"
    )
