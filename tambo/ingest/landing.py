"""Lands a file in the work database: split, read by DuckDB as text, typed and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import duckdb

from tambo.ingest.batch import Batch
from tambo.ingest.checks import PLACEHOLDER, compile_table
from tambo.ingest.clean import Written, write_clean
from tambo.ingest.computing import land_computed, load_lookups
from tambo.ingest.header import Problem
from tambo.ingest.reading import checked, in_order, read_csv
from tambo.ingest.splitter import Block
from tambo.ingest.work import Work
from tambo.lake.sql import ident, literal
from tambo.settings import Settings

PART_BYTES = 512 << 20
"""A clean copy is read in parts of about this size, to bound the scratch space."""


def land(settings: Settings, work: Work, batch: Batch) -> None:
    """Land one file.

    Sets the batch's `records`, `base` and `apart`, and `problem` if the file cannot be read.

    Raises:
        ContractError: the batch's mapping is wrong.
    """
    if batch.entry is not None:
        load_lookups(settings, work, batch.entry)
    try:
        for seen in _clean_parts(work, batch, batch.blocks(settings)):
            if batch.entry is not None and batch.entry.rewrites:
                land_computed(work, batch, seen, first_record=batch.records + 1)
            else:
                _land_plain(work, batch, seen)
            batch.records += seen.records
    except duckdb.Error as error:
        reason = "unreadable" if batch.entry is None else "mapping_failed"
        batch.problem = Problem(reason, value=str(error).splitlines()[0][:300])
        return
    if batch.entry is None or not batch.entry.rewrites:
        _find_base(work, batch)


def _clean_parts(work: Work, batch: Batch, blocks: Iterable[Block]) -> Iterator[Written]:
    """Write clean copies of a file's records, one part after the other."""
    encoding = batch.entry.encoding if batch.entry else "utf-8"
    stream = iter(blocks)
    for first in stream:
        seen = Written()
        with work.clean.open("wb") as out:
            for block in chain([first], stream):
                batch.note_apart(block)
                write_clean(out, block, batch.shape, encoding, seen)
                if seen.bytes >= PART_BYTES:
                    break
        if seen.records:
            yield seen


def _land_plain(work: Work, batch: Batch, seen: Written) -> None:
    """Read, type and check in one statement; the n-th row is the n-th record."""
    staged = work.staged(batch.table)
    formats = batch.entry.formats if batch.entry else None
    compiled = compile_table(batch.table, _texts(batch), formats=formats)
    apart = f"coalesce(c0 = {literal(PLACEHOLDER.decode())}, false)"

    def insert(parallel: bool) -> str:
        source = read_csv(work.clean, batch, parallel=parallel)
        rows = checked(batch, compiled, source, row="NULL::BIGINT", apart=apart)
        return f"INSERT INTO {staged} {rows}"

    work.connection.execute(in_order(work.connection, insert, seen))


def _texts(batch: Batch) -> dict[str, str]:
    """SQL of each contract column's text, for the columns that the file has."""
    dropped = batch.entry.drop if batch.entry else []
    return {
        name: ident(f"c{number}")
        for number, name in enumerate(batch.head.columns)
        if name in batch.table.file_columns and name not in dropped
    }


def _find_base(work: Work, batch: Batch) -> None:
    """Find the row id of the file's first record, and that the others follow it one by one."""
    row = work.connection.execute(
        "SELECT count(*), min(rowid), max(rowid) "
        f"FROM {work.staged(batch.table)} WHERE _batch = {batch.batch_id}"
    ).fetchone()
    count, first, last = row if row and row[0] else (0, 0, -1)
    if count != batch.records or last - first + 1 != count:
        says = f"{batch.records} records were found, and {count} read"
        batch.problem = Problem("unreadable", value=says)
    batch.base = first
