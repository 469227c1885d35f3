"""Cuts the raw bytes of chosen records out of the archive and writes them to the quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from tambo.ingest.apart import WORDED
from tambo.ingest.batch import Batch
from tambo.ingest.splitter import BLANK, Block, Positions
from tambo.lake.sql import literal
from tambo.settings import Settings

RAW_BYTES = 1 << 20
"""Longer records are kept by file hash and byte range only."""

FLUSH_BYTES = 32 << 20


def cut_records(settings: Settings, batch: Batch, wanted: Positions) -> Iterator[pa.Table]:
    """Read chosen records of a batch from the archive.

    Args:
        settings: the Tambo home.
        batch: the file.
        wanted: record numbers, ascending.

    Yields:
        Tables with batch_id, record, line, lines, byte_position, byte_length, raw.
    """
    left = wanted
    for block in batch.blocks(settings):
        if not len(left):
            return
        last = block.record + block.records - 1
        here = left[: np.searchsorted(left, last, side="right")]
        left = left[len(here) :]
        if len(here):
            yield _cut(batch, block, here)


def _cut(batch: Batch, block: Block, wanted: Positions) -> pa.Table:
    chosen = np.flatnonzero(block.codes != BLANK)[wanted - block.record]
    starts = block.starts[chosen]
    lengths = block.stops[chosen] - starts
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(block.lines)))[chosen]
    return pa.table(
        {
            "batch_id": np.full(len(wanted), batch.batch_id),
            "record": wanted,
            "line": block.line + before,
            "lines": block.lines[chosen],
            "byte_position": block.position + starts,
            "byte_length": lengths,
            "raw": _raw(block, chosen, lengths),
        }
    )


def _raw(block: Block, chosen: Positions, lengths: Positions) -> pa.Array:
    if not block.data:
        return pa.nulls(len(chosen), pa.binary())
    offsets = np.concatenate((np.zeros(1, np.int64), block.stops)).astype(np.int32)
    every = pa.BinaryArray.from_buffers(
        pa.binary(), len(block.stops), [None, pa.py_buffer(offsets), pa.py_buffer(block.data)]
    )
    indices = pa.array(chosen, mask=lengths > RAW_BYTES)
    return every.take(indices)


def write_lines(
    connection: duckdb.DuckDBPyConnection, settings: Settings, batches: Sequence[Batch]
) -> None:
    """Write the records in the temporary table `apart` to the quarantine, bytes and all."""
    held: list[pa.Table] = []
    size = 0
    found = connection.execute(
        "SELECT DISTINCT batch_id, record FROM apart ORDER BY ALL"
    ).to_arrow_table()
    owners = found.column("batch_id").to_numpy()
    records: Positions = found.column("record").to_numpy().astype(np.int64)
    for batch in batches:
        wanted = records[owners == batch.batch_id]
        if not len(wanted):
            continue
        for part in cut_records(settings, batch, wanted):
            held.append(part)
            size += part.nbytes
            if size > FLUSH_BYTES:
                _flush(connection, batches, held)
                held, size = [], 0
    if held:
        _flush(connection, batches, held)


def _flush(
    connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch], held: list[pa.Table]
) -> None:
    connection.register("_cut", pa.concat_tables(held))
    sources = ", ".join(
        f"({b.batch_id}, {literal(b.contracts.domain)}, {literal(b.table.name)}, "
        f"{literal(b.captured.name)}, {literal(b.captured.digest)}, "
        f"TIMESTAMP {literal(str(b.ingested_at))})"
        for b in batches
    )
    connection.execute(
        "INSERT INTO lake.quarantine.lines SELECT b.domain, b.table_name, c.batch_id, "
        "b.source_file, b.file_hash, c.record, c.line, c.lines, c.byte_position, c.byte_length, "
        "c.raw, a.reason, a.column_name, a.value, a.message, a.remedy, b.since, NULL "
        f"FROM _cut c JOIN ({WORDED}) a USING (batch_id, record) "
        f"JOIN (VALUES {sources}) b(batch_id, domain, table_name, source_file, file_hash, since) "
        "USING (batch_id)"
    )
    connection.unregister("_cut")
