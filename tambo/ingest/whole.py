"""Quarantines whole files: one entry each, by file hash and byte range."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from tambo.ingest.batch import Batch
from tambo.ingest.capture import open_archived
from tambo.ingest.reasons import FILE_REASONS
from tambo.ingest.scanner import QUARANTINED, scan_whole
from tambo.settings import Settings


def write_whole(
    connection: duckdb.DuckDBPyConnection, settings: Settings, batches: Sequence[Batch]
) -> None:
    """Write the entries of batches with a problem; their record number is 0."""
    rows = [_entry(settings, batch) for batch in batches]
    if not rows:
        return
    connection.register("_whole", pa.Table.from_pylist(rows))
    connection.execute("INSERT INTO lake.quarantine.lines BY NAME SELECT * FROM _whole")
    connection.unregister("_whole")


def _entry(settings: Settings, batch: Batch) -> dict[str, object]:
    problem = batch.problem
    if problem is None:
        raise ValueError(f"batch {batch.batch_id} has no problem")
    account = scan_whole(open_archived(settings, batch.captured.digest).read)
    reason = FILE_REASONS[problem.reason]
    return {
        "domain": batch.contracts.domain,
        "table_name": batch.table.name,
        "batch_id": batch.batch_id,
        "source_file": batch.captured.name,
        "file_hash": batch.captured.digest,
        "record": 0,
        "line": 1,
        "lines": account.lines[QUARANTINED],
        "byte_position": account.bom,
        "byte_length": account.bytes[QUARANTINED],
        "reason": problem.reason,
        "column_name": problem.column,
        "value": problem.value,
        "message": reason.says.format(column=problem.column, value=problem.value),
        "remedy": reason.remedy,
        "quarantined_at": batch.ingested_at,
    }
