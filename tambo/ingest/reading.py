"""SQL that reads a clean copy as text, and SQL of the typed and checked rows over it."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from tambo.ingest.batch import Batch
from tambo.ingest.checks import SET_APART, Compiled, fault, fault_value, text_name
from tambo.ingest.clean import Written
from tambo.ingest.splitter import MAX_RECORD_BYTES
from tambo.ingest.work import Work
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import Table

PARALLEL_BYTES = 8 << 20
"""Smaller copies are read by one thread: DuckDB would not split them anyway."""


def read_csv(clean: Written, batch: Batch, *, parallel: bool) -> str:
    """SQL that reads a clean copy, all columns as text, named c0, c1, ..."""
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(batch.shape.fields))
    return (
        f"read_csv({literal(clean.path)}, auto_detect = false, header = false, "
        f"columns = {{{columns}}}, delim = {literal(batch.head.delimiter)}, "
        f"""quote = '"', escape = '"', new_line = '\\n', strict_mode = true, """
        f"max_line_size = {2 * MAX_RECORD_BYTES}, parallel = {str(parallel).lower()})"
    )


def in_order(
    connection: duckdb.DuckDBPyConnection, statement: Callable[[bool], str], clean: Written
) -> int:
    """Run the statement that reads a clean copy, with as many threads as keep the file's order.

    Args:
        connection: where it runs.
        statement: its SQL, given whether several threads may read; it may run twice.
        clean: the copy.

    Returns:
        How many rows it wrote.
    """
    if not clean.multiline and clean.bytes > PARALLEL_BYTES:
        # Behind some operators (a join, for one) DuckDB inserts rows as they come; only its batch
        # operators keep the order, and with it the numbers of the records.
        plan = connection.execute(f"EXPLAIN {statement(True)}").fetchall()
        if any("BATCH_" in str(row[1]) for row in plan):
            try:
                written = _count(connection.execute(statement(True)))
            except duckdb.Error:
                written = -1
            if written == clean.records:
                return written
            # Threads that begin in the middle of a file may mistake quotes; one thread does not.
    return _count(connection.execute(statement(False)))


def _count(done: duckdb.DuckDBPyConnection) -> int:
    row = done.fetchone()
    return int(row[0]) if row else 0


def checked(
    batch: Batch, compiled: Compiled, source: str, *, first: int | None = None, apart: str = "false"
) -> str:
    """SQL of landed rows: batch, record, typed columns, fault and the text at fault.

    Args:
        batch: the file.
        compiled: its contract.
        source: SQL of the relation that `compiled.texts` and the others are over.
        first: number of the first row's record, where the n-th row is the n-th record; None: the
            source has a column `_row` with the number.
        apart: SQL of whether a row is a placeholder.
    """
    texts = ", ".join(f"{sql} AS {text_name(name)}" for name, sql in compiled.texts.items())
    carried = "".join(f", {name}" for name in compiled.carried)
    typed = ", ".join(f"{sql} AS {ident(name)}" for name, sql in compiled.typed.items())
    row = "_row" if first is None else "NULL::BIGINT"
    # No word about a withdrawal is the word that there is none.
    names = ", ".join(ident(name) for name in batch.table.columns)
    tombstone = ident(batch.table.tombstone)
    start = "NULL" if first is None else str(first)
    return (
        f"SELECT {batch.batch_id}::BIGINT AS _batch, _row, {start}::BIGINT AS _first, {names}, "
        f"coalesce({tombstone}, false) AS {tombstone}, _fault, "
        f"{fault_value(compiled.rules)} AS _value FROM (SELECT *, "
        f"CASE WHEN _apart THEN {SET_APART} ELSE {fault(compiled.rules)} END::SMALLINT AS _fault "
        f"FROM (SELECT *, {typed} FROM ("
        f"SELECT {row} AS _row, {apart} AS _apart, {texts}{carried} FROM {source})))"
    )


def land_rows(work: Work, table: Table, clean: Written, rows: Callable[[bool], str]) -> int:
    """Write landed rows to a parquet file, in the order of their records; returns how many."""
    part = work.new_file(".parquet")

    def copy(parallel: bool) -> str:
        return f"COPY ({rows(parallel)}) TO {literal(part)} (FORMAT parquet)"

    written = in_order(work.connection, copy, clean)
    work.add(table, part)
    return written
