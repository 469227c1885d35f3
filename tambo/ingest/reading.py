"""SQL that reads a clean copy as text, and SQL of the typed and checked rows over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from tambo.ingest.batch import Batch
from tambo.ingest.checks import SET_APART, Compiled, fault, fault_value, text_name
from tambo.ingest.clean import Written
from tambo.ingest.splitter import MAX_RECORD_BYTES
from tambo.lake.sql import ident, literal

PARALLEL_BYTES = 8 << 20
"""Smaller copies are read by one thread: DuckDB would not split them anyway."""


def read_csv(clean: Path, batch: Batch, *, parallel: bool) -> str:
    """SQL that reads a clean copy, all columns as text, named c0, c1, ..."""
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(batch.shape.fields))
    return (
        f"read_csv({literal(clean)}, auto_detect = false, header = false, "
        f"columns = {{{columns}}}, delim = {literal(batch.head.delimiter)}, "
        f"""quote = '"', escape = '"', new_line = '\\n', strict_mode = true, """
        f"max_line_size = {2 * MAX_RECORD_BYTES}, parallel = {str(parallel).lower()})"
    )


def in_order(
    connection: duckdb.DuckDBPyConnection, statement: Callable[[bool], str], seen: Written
) -> str:
    """The statement that reads a clean copy with as many threads as keep the file's order.

    Args:
        connection: where it will run.
        statement: its SQL, given whether several threads may read.
        seen: what the copy holds.
    """
    if seen.multiline or seen.bytes <= PARALLEL_BYTES:
        return statement(False)
    # Behind some operators (a join, for one) DuckDB inserts rows as they come; only its batch
    # operators keep the order, and with it the numbers of the records.
    plan = connection.execute(f"EXPLAIN {statement(True)}").fetchall()
    ordered = any("BATCH_" in str(row[1]) for row in plan)
    return statement(ordered)


def checked(batch: Batch, compiled: Compiled, source: str, *, row: str, apart: str) -> str:
    """SQL of landed rows: batch, row, typed columns, fault and the text at fault.

    Args:
        batch: the file.
        compiled: its contract.
        source: SQL of the relation that `compiled.texts` and the others are over.
        row: SQL of the record number, or null if rows are counted.
        apart: SQL of whether a row is a placeholder.
    """
    texts = ", ".join(f"{sql} AS {text_name(name)}" for name, sql in compiled.texts.items())
    carried = "".join(f", {name}" for name in compiled.carried)
    typed = ", ".join(f"{sql} AS {ident(name)}" for name, sql in compiled.typed.items())
    # No word about a withdrawal is the word that there is none.
    names = ", ".join(ident(name) for name in batch.table.columns)
    names += f", coalesce({ident(batch.table.tombstone)}, false)"
    return (
        f"SELECT {batch.batch_id}, _row, {names}, _fault, {fault_value(compiled.rules)} FROM ("
        f"SELECT *, CASE WHEN _apart THEN {SET_APART} ELSE {fault(compiled.rules)} END AS _fault "
        f"FROM (SELECT *, {typed} FROM ("
        f"SELECT {row} AS _row, {apart} AS _apart, {texts}{carried} FROM {source})))"
    )
