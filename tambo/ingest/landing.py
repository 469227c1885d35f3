"""Lands a file: split, read by DuckDB as text, typed and checked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import duckdb

from tambo.ingest.ahead import ahead
from tambo.ingest.batch import Batch
from tambo.ingest.checks import PLACEHOLDER, compile_table
from tambo.ingest.clean import Written, write_clean
from tambo.ingest.computing import land_computed, load_lookups
from tambo.ingest.header import Problem
from tambo.ingest.reading import checked, land_rows, read_csv
from tambo.ingest.work import Work
from tambo.lake.sql import ident, literal
from tambo.settings import Settings

PART_BYTES = 128 << 20
"""A file is read in parts of about this size: one is split while DuckDB reads the one before."""


def land(settings: Settings, work: Work, batch: Batch) -> None:
    """Land one file.

    Sets the batch's `records` and `apart`, and `problem` if the file cannot be read.

    Raises:
        ContractError: the batch's mapping is wrong.
    """
    computed = batch.entry is not None and batch.entry.rewrites
    if batch.entry is not None:
        load_lookups(settings, work, batch.entry)
    try:
        with ahead(_clean_parts(settings, work, batch)) as parts:
            for clean in parts:
                landed = (
                    land_computed(work, batch, clean) if computed else _land(work, batch, clean)
                )
                clean.path.unlink()
                batch.records += clean.records
                if not computed and landed != clean.records:
                    says = f"{clean.records} records were found, and {landed} read"
                    batch.problem = Problem("unreadable", value=says)
                    return
    except duckdb.Error as error:
        reason = "unreadable" if batch.entry is None else "mapping_failed"
        batch.problem = Problem(reason, value=str(error).splitlines()[0][:300])


def _clean_parts(settings: Settings, work: Work, batch: Batch) -> Iterator[Written]:
    """Write clean copies of a file's records, one part after the other."""
    encoding = batch.entry.encoding if batch.entry else "utf-8"
    stream = batch.blocks(settings)
    for first in stream:
        clean = Written(work.new_file(".csv"), first=first.record)
        with clean.path.open("wb") as out:
            for block in chain([first], stream):
                batch.note_apart(block)
                write_clean(out, block, batch.shape, encoding, clean)
                if clean.bytes >= PART_BYTES:
                    break
        if clean.records:
            yield clean


def _land(work: Work, batch: Batch, clean: Written) -> int:
    """Read, type and check in one statement; the n-th row is the n-th record."""
    formats = batch.entry.formats if batch.entry else None
    compiled = compile_table(batch.table, _texts(batch), formats=formats)
    apart = f"coalesce(c0 = {literal(PLACEHOLDER.decode())}, false)"

    def rows(parallel: bool) -> str:
        source = read_csv(clean, batch, parallel=parallel)
        return checked(batch, compiled, source, first=clean.first, apart=apart)

    return land_rows(work, batch.table, clean, rows)


def _texts(batch: Batch) -> dict[str, str]:
    """SQL of each contract column's text, for the columns that the file has."""
    dropped = batch.entry.drop if batch.entry else []
    return {
        name: ident(f"c{number}")
        for number, name in enumerate(batch.head.columns)
        if name in batch.table.file_columns and name not in dropped
    }
