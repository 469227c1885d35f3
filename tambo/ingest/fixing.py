"""Takes a corrected export of the quarantine back, as a file of its own."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tambo.errors import IngestError
from tambo.ingest.batch import Batch, open_head
from tambo.ingest.capture import Captured, capture
from tambo.ingest.header import Head
from tambo.ingest.landing import land
from tambo.ingest.mapping import Entry
from tambo.ingest.orphans import land_orphans, note_orphans
from tambo.ingest.plan import known_batches, next_batch_id
from tambo.ingest.quarantine import BATCH, EXPORT_COLUMNS, RECORD
from tambo.ingest.splitter import BLANK, Block, Shape, blocks
from tambo.ingest.stored import stored_batches
from tambo.ingest.taking import take_in, transaction
from tambo.ingest.work import FIXED, Work
from tambo.lake.sql import ident, literal
from tambo.progress import Progress
from tambo.settings import Settings


def take_fix(
    settings: Settings, work: Work, path: Path, at: datetime, progress: Progress
) -> tuple[set[int], int]:
    """Load the rows of a corrected export; those left as they were go to quarantine again.

    Every line of the quarantine that the export names is marked as resolved by the new batch,
    unless its row is still empty.

    Args:
        settings: the Tambo home.
        work: where rows land.
        path: the export.
        at: time of the command, UTC.
        progress: told what is being done.

    Returns:
        The new batch's id, alone, and how many quarantined lines it resolves.

    Raises:
        IngestError: it is no export, or one of other columns than it was written with.
    """
    connection = work.connection
    captured = capture(settings, path)
    origins = _origins(settings, captured)
    known = known_batches(connection)
    if any(b.digest == captured.digest and b.status != "withdrawn" for b in known):
        return set(), 0
    batch = _batch(settings, connection, captured, origins, at)
    batch.batch_id = next_batch_id(known)
    _keep_places(connection, batch, origins)
    progress(f"checking {path.name}", 0, 1)
    land(settings, work, batch)
    if batch.problem is not None:
        raise IngestError(f"{path} cannot be read: {batch.problem.value}")
    note_orphans(work.connection)
    old = land_orphans(settings, work, [batch], at)
    with transaction(connection):
        take_in(settings, work, [batch], old, progress)
        resolved = _resolve(connection, batch, origins)
    return {batch.batch_id}, resolved


def _origins(settings: Settings, captured: Captured) -> pa.Table:
    """Batch and record that each row of an export corrects, if the row holds anything.

    Returns:
        of_batch and of_record by record, the row's own number.

    Raises:
        IngestError: the columns that say so are missing or wrong.
    """
    head, source = open_head(settings, captured.digest, None)
    if head.problem is not None or head.columns[: len(EXPORT_COLUMNS)] != EXPORT_COLUMNS:
        raise IngestError(
            f"{captured.path} is no export of the quarantine.",
            remedy="tambo quarantine export fix.csv, correct it, keep its first columns; "
            "other files are taken in with tambo ingest",
        )
    found = []
    records = blocks(source, Shape(len(head.columns)), position=head.position, line=2)
    for number, text in _texts(records):
        try:
            row = next(csv.reader([text], strict=True), [])
            if any(row[len(EXPORT_COLUMNS) :]):
                found.append({"record": number, "of_batch": int(row[0]), "of_record": int(row[1])})
        except (ValueError, csv.Error) as error:
            raise IngestError(
                f"{captured.path}, row {number}, names no line of the quarantine: {error}",
                remedy=f"keep the columns {BATCH} and {RECORD} as they were exported, and quote "
                "values that hold commas or quotes",
            ) from error
    if not found:
        raise IngestError(f"{captured.path} corrects nothing.", remedy="fill its columns in")
    return pa.Table.from_pylist(found)


def _texts(records: Iterator[Block]) -> Iterator[tuple[int, str]]:
    """Number and text of each record."""
    for block in records:
        places = zip(block.numbers, block.starts, block.stops, block.codes, strict=True)
        for number, start, stop, code in places:
            if code != BLANK:
                yield int(number), block.data[start:stop].decode("utf-8", errors="replace")


def _batch(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    captured: Captured,
    origins: pa.Table,
    at: datetime,
) -> Batch:
    """The export as a batch, read as the files were that its lines come from."""
    sources = stored_batches(
        connection, settings, np.unique(origins.column("of_batch").to_numpy()).tolist()
    )
    first = sources[0]
    head, _ = open_head(settings, captured.digest, None)
    own = _own(head)
    for source in sources:
        if _own(source.head) != own or source.entry != first.entry:
            raise IngestError(
                f"{captured.path} mixes lines of {first.captured.name} and "
                f"{source.captured.name}, which have other columns.",
                remedy="take back each exported file by itself",
            )
    return Batch(
        batch_id=0,
        contracts=first.contracts,
        table=first.table,
        captured=captured,
        head=head,
        entry=_entry(first, own),
        history=all(source.history for source in sources),
        arrived_at=_arrival(connection, sources),
        ingested_at=at,
    )


def _own(head: Head) -> list[str]:
    """Columns of the source, without those that an export adds."""
    return [name for name in head.columns if name not in EXPORT_COLUMNS]


def _entry(source: Batch, own: list[str]) -> Entry:
    """The source's mapping, over the export's columns; rows left empty are filtered out."""
    entry = source.entry or Entry(table=source.table.name, files=["*"])
    if source.head.columns[: len(EXPORT_COLUMNS)] == EXPORT_COLUMNS:
        return entry
    filled = f"coalesce({', '.join(f'source.{ident(name)}' for name in own)}) IS NOT NULL"
    where = f"({entry.where}) AND {filled}" if entry.where else filled
    drop = [*entry.drop, *EXPORT_COLUMNS]
    return entry.model_copy(
        update={"delimiter": ",", "encoding": "utf-8", "drop": drop, "where": where}
    )


def _arrival(connection: duckdb.DuckDBPyConnection, sources: list[Batch]) -> datetime | None:
    """When a correction arrives: with the newest file, where arrivals come from manifests.

    Nobody knew it sooner, and the wall clock is no instant of such a lake's time.
    """
    if not all(source.arrived_at for source in sources):
        return None
    row = connection.execute(
        "SELECT max(arrived_at) FROM lake.audit.batches "
        f"WHERE domain = {literal(sources[0].contracts.domain)}"
    ).fetchone()
    return row[0] if row else None


def _keep_places(connection: duckdb.DuckDBPyConnection, batch: Batch, origins: pa.Table) -> None:
    """Let the corrected lines stand where the lines stood that they correct."""
    connection.register("_origins", origins)
    connection.execute(
        f"INSERT INTO {FIXED} BY NAME SELECT *, {batch.batch_id} AS batch_id FROM _origins"
    )
    connection.unregister("_origins")


def _resolve(connection: duckdb.DuckDBPyConnection, batch: Batch, origins: pa.Table) -> int:
    connection.register("_origins", origins)
    row = connection.execute(
        f"UPDATE lake.quarantine.lines l SET resolved_by = {batch.batch_id} FROM _origins o "
        "WHERE l.batch_id = o.of_batch AND l.record = o.of_record AND l.resolved_by IS NULL"
    ).fetchone()
    connection.unregister("_origins")
    return int(row[0]) if row else 0
