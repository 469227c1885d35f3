"""Lands a file in the work database: split, read by DuckDB as text, typed and checked."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tambo.errors import IngestError
from tambo.ingest.batch import Batch
from tambo.ingest.checks import (
    PLACEHOLDER,
    SET_APART,
    Compiled,
    compile_table,
    fault,
    fault_value,
    text_name,
)
from tambo.ingest.clean import Written, write_clean
from tambo.ingest.splitter import MAX_RECORD_BYTES
from tambo.ingest.work import Work
from tambo.lake.sql import ident, literal
from tambo.settings import Settings

PART_BYTES = 512 << 20
"""A clean copy is read in parts of about this size, to bound the scratch space."""

PARALLEL_BYTES = 8 << 20
"""Smaller copies are read by one thread: DuckDB would not split them anyway."""


def land(settings: Settings, work: Work, batch: Batch) -> None:
    """Land one file; a file that DuckDB cannot read becomes a problem of the batch.

    Sets the batch's `records`, `base`, `apart` and, if need be, `problem`.
    """
    staged = work.staged(batch.table)
    batch.base, batch.records = work.rows(batch.table), 0
    encoding = batch.entry.encoding if batch.entry else "utf-8"
    clean = work.folder / "clean.csv"
    stream = batch.blocks(settings)
    ended = False
    while not ended:
        seen = Written()
        with clean.open("wb") as out:
            ended = True
            for block in stream:
                batch.note_apart(block)
                write_clean(out, block, batch.shape, encoding, seen)
                if seen.bytes >= PART_BYTES:
                    ended = False
                    break
        if seen.records:
            _read(work, staged, batch, clean, seen)
        batch.records += seen.records
    clean.unlink()


def _read(work: Work, staged: str, batch: Batch, clean: Path, seen: Written) -> None:
    compiled = compile_table(batch.table, batch_texts(batch))

    def insert(*, parallel: bool) -> str:
        source = read_csv(clean, batch, parallel=parallel)
        return f"INSERT INTO {staged} {checked(batch, compiled, source, 'NULL::BIGINT')}"

    parallel = not seen.multiline and seen.bytes > PARALLEL_BYTES
    if parallel and not _keeps_order(work.connection, insert(parallel=True)):
        parallel = False
    try:
        row = work.connection.execute(insert(parallel=parallel)).fetchone()
    except duckdb.Error as error:
        raise IngestError(f"{batch.captured.path}: {error}") from error
    count = int(row[0]) if row else 0
    work.landed(batch.table, count)
    if count != seen.records:
        raise IngestError(
            f"{batch.captured.path}: {seen.records} records were found and {count} read.",
            remedy="this is a fault of Tambo; nothing was loaded",
        )


def _keeps_order(connection: duckdb.DuckDBPyConnection, insert: str) -> bool:
    """Whether several threads insert in the order of the file: only the batch operator does."""
    plan = connection.execute(f"EXPLAIN {insert}").fetchall()
    return any("BATCH_INSERT" in str(row[1]) for row in plan)


def batch_texts(batch: Batch) -> dict[str, str]:
    """SQL of each contract column's text, for the columns that the file has."""
    return {
        name: ident(f"c{number}")
        for number, name in enumerate(batch.head.columns)
        if name in batch.table.file_columns
    }


def read_csv(clean: Path, batch: Batch, *, parallel: bool) -> str:
    """SQL that reads a clean copy, all columns as text, named c0, c1, ..."""
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(batch.shape.fields))
    return (
        f"read_csv({literal(clean)}, auto_detect = false, header = false, "
        f"columns = {{{columns}}}, delim = {literal(batch.head.delimiter)}, "
        f"""quote = '"', escape = '"', new_line = '\\n', strict_mode = true, """
        f"max_line_size = {2 * MAX_RECORD_BYTES}, parallel = {str(parallel).lower()})"
    )


def checked(batch: Batch, compiled: Compiled, source: str, row: str) -> str:
    """SQL of the landed rows: batch, row, typed columns, fault and the text at fault."""
    texts = ", ".join(f"{sql} AS {text_name(name)}" for name, sql in compiled.texts.items())
    typed = ", ".join(f"{sql} AS {ident(name)}" for name, sql in compiled.typed.items())
    # No word about a withdrawal is the word that there is none.
    tombstone = ident(batch.table.tombstone)
    names = ", ".join(ident(name) for name in batch.table.columns)
    names += f", coalesce({tombstone}, false)"
    first = f"c0 = {literal(PLACEHOLDER.decode())}"
    return (
        f"SELECT {batch.batch_id}, _row, {names}, _fault, {fault_value(compiled.rules)} FROM ("
        f"SELECT *, CASE WHEN _apart THEN {SET_APART} ELSE {fault(compiled.rules)} END AS _fault "
        f"FROM (SELECT *, {typed} FROM ("
        f"SELECT {row} AS _row, coalesce({first}, false) AS _apart, {texts} FROM {source})))"
    )
