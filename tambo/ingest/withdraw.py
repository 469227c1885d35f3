"""`tambo ingest --withdraw`: takes a whole batch out, as if its file had never come."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from tambo.errors import IngestError
from tambo.ingest.apart import add_loaded_orphans, create_apart
from tambo.ingest.batch import Batch
from tambo.ingest.batches import revise
from tambo.ingest.incoming import raw_name
from tambo.ingest.ledger import check_and_store
from tambo.ingest.lines import write_lines
from tambo.ingest.settle import settle
from tambo.ingest.stored import stored_batches
from tambo.ingest.taking import transaction
from tambo.ingest.tell import tell_known
from tambo.lake import writer
from tambo.lake.sql import literal
from tambo.lake.state import now
from tambo.progress import Progress, silent
from tambo.settings import Settings


@dataclass(frozen=True)
class Withdrawal:
    """What a withdrawal changed.

    Attributes:
        batch_id: the batch.
        source_file: its file.
        records: records that left raw, repeats or the quarantine.
        orphans: records of other files that went to quarantine, for want of a parent.
        affected: other batches of which records changed their class.
    """

    batch_id: int
    source_file: str
    records: int
    orphans: int
    affected: list[int]

    def line(self) -> str:
        """The outcome in one line."""
        parts = [f"batch {self.batch_id} ({self.source_file}): {self.records:,} records taken out"]
        if self.orphans:
            parts.append(f"{self.orphans:,} orphans to quarantine")
        if self.affected:
            parts.append(f"{len(self.affected)} other batches settled again")
        return "; ".join(parts)


def withdraw(settings: Settings, batch_id: int, *, progress: Progress = silent) -> Withdrawal:
    """Take a batch out of raw, repeats and quarantine, and settle what depended on it.

    Repeats of its rows become versions, versions that only differed from its rows become
    repeats, and rows that referred to its rows go to quarantine as orphans. The file stays in the
    archive; ingesting it again needs `restore`.

    Args:
        settings: the Tambo home.
        batch_id: number of the batch, as `tambo ingest --report` shows it.
        progress: told what is being done.

    Raises:
        IngestError: there is no such batch, or it has been withdrawn.
        LockedError: another process is writing.
    """
    with writer(settings, "withdraw") as connection:
        batch = _present(connection, settings, batch_id)
        with transaction(connection):
            progress(f"withdrawing {batch.captured.name}", 0, 2)
            records, affected = _take_out(connection, batch)
            orphans, more = _orphan_children(connection, settings, batch)
            affected = (affected | more) - {batch_id}
            revise(connection, [batch_id], "withdrawn")
            revise(connection, affected)
            progress("checking the accounts", 1, 2)
            others = stored_batches(connection, settings, affected)
            check_and_store(connection, settings, others)
        tell_known(settings, connection)
    return Withdrawal(batch_id, batch.captured.name, records, orphans, sorted(affected))


def _present(connection: duckdb.DuckDBPyConnection, settings: Settings, batch_id: int) -> Batch:
    row = connection.execute(
        f"SELECT status, source_file FROM lake.audit.batches WHERE batch_id = {int(batch_id)}"
    ).fetchone()
    if row is not None and row[0] == "withdrawn":
        raise IngestError(
            f"Batch {batch_id} ({row[1]}) has been withdrawn already.",
            remedy="tambo ingest --restore <file> takes it in again",
        )
    return stored_batches(connection, settings, [batch_id])[0]


def _take_out(connection: duckdb.DuckDBPyConnection, batch: Batch) -> tuple[int, set[int]]:
    """Take a batch's own records out; returns how many, and the batches that it changed."""
    own = f"batch_id = {batch.batch_id}"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE dropped AS "
        f"SELECT _batch_id AS batch_id, _row_number AS record FROM {raw_name(batch.table)} "
        f"WHERE _batch_id = {batch.batch_id} UNION ALL "
        f"SELECT batch_id, record FROM lake.audit.repeats WHERE {own}"
    )
    count = connection.execute("SELECT count(*) FROM dropped").fetchone()
    affected = settle(
        connection, batch.contracts.domain, batch.table, dropped="SELECT * FROM dropped"
    )
    lines = connection.execute(f"DELETE FROM lake.quarantine.lines WHERE {own}").fetchone()
    for remembered in ("filtered", "repeated_hours"):
        connection.execute(f"DELETE FROM lake.audit.{remembered} WHERE {own}")
    connection.execute(
        f"UPDATE lake.quarantine.lines SET resolved_by = NULL WHERE resolved_by = {batch.batch_id}"
    )
    return sum(int(row[0]) for row in (count, lines) if row), affected


def _orphan_children(
    connection: duckdb.DuckDBPyConnection, settings: Settings, batch: Batch
) -> tuple[int, set[int]]:
    """Send rows whose parents are gone to quarantine, table by table down the references."""
    contracts = batch.contracts
    gone, orphans, affected = {batch.table.name}, 0, set[int]()
    create_apart(connection)
    for table in contracts.ordered():
        if not gone & {reference.table for reference in table.references}:
            continue
        found = add_loaded_orphans(connection, table, contracts.tables)
        if not found:
            continue
        gone.add(table.name)
        mine = (
            "SELECT a.batch_id, a.record FROM apart a JOIN lake.audit.batches b USING (batch_id) "
            f"WHERE b.table_name = {literal(table.name)}"
        )
        affected |= settle(connection, contracts.domain, table, dropped=mine)
        rows = connection.execute(f"SELECT DISTINCT batch_id FROM ({mine})").fetchall()
        ids = {int(row[0]) for row in rows}
        sources = stored_batches(connection, settings, ids)
        for source in sources:
            source.ingested_at = now()
        write_lines(connection, settings, sources)
        orphans, affected = orphans + found, affected | ids
    return orphans, affected
