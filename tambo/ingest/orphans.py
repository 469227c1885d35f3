"""Lets quarantined orphans try again when the table that they refer to gains rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import duckdb
import numpy as np

from tambo.ingest.apart import text_of
from tambo.ingest.batch import Batch, domains_of
from tambo.ingest.relanding import OPEN, land_lines
from tambo.ingest.splitter import Positions
from tambo.ingest.stored import stored_batches
from tambo.ingest.work import Work
from tambo.lake.sql import literal
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, Table


def note_orphans(connection: duckdb.DuckDBPyConnection) -> None:
    """Copy the quarantined orphans into the temporary table `orphans`."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE orphans AS SELECT domain, table_name, batch_id, record, "
        f"column_name, value FROM lake.quarantine.lines WHERE reason = 'orphan' AND {OPEN}"
    )


def land_orphans(
    settings: Settings, work: Work, batches: Sequence[Batch], at: datetime
) -> list[Batch]:
    """Land the orphans whose parents have landed; parents first, so that chains resolve at once.

    Args:
        settings: the Tambo home.
        work: where rows landed, with the command's files landed; orphans are noted.
        batches: the command's files.
        at: time of the command, UTC.

    Returns:
        The batches that they come from.
    """
    row = work.connection.execute("SELECT count(*) FROM orphans").fetchone()
    if not row or not row[0]:
        return []
    found: dict[int, Batch] = {}
    for contracts in domains_of(batches):
        for table in contracts.ordered():
            for batch in _land_table(settings, work, contracts, table, at):
                found[batch.batch_id] = batch
    return list(found.values())


def _land_table(
    settings: Settings, work: Work, contracts: Contracts, table: Table, at: datetime
) -> Iterator[Batch]:
    chosen = _find(work, contracts, table)
    for batch in stored_batches(work.connection, settings, chosen):
        batch.ingested_at = at
        try:
            landed = land_lines(settings, work, batch, chosen[batch.batch_id])
        except duckdb.Error:
            continue  # its mapping fails on a value: the lines stay where they are
        if landed:
            yield batch


def _find(work: Work, contracts: Contracts, table: Table) -> dict[int, Positions]:
    """Record numbers, by batch, of a table's orphans whose missing key has landed now."""
    found: dict[int, Positions] = {}
    for reference in table.references:
        if reference.table not in work.tables:
            continue
        parent = contracts.tables[reference.table]
        rows = work.connection.execute(
            "SELECT batch_id, record FROM orphans "
            f"WHERE domain = {literal(contracts.domain)} AND table_name = {literal(table.name)} "
            f"AND column_name = {literal(', '.join(reference.columns))} "
            f"AND value IN (SELECT left({text_of('s', parent.key)}, 200) "
            f"FROM {work.staged(parent)} s WHERE s._fault IS NULL) ORDER BY ALL"
        ).to_arrow_table()
        owners, records = rows.column(0).to_numpy(), rows.column(1).to_numpy().astype(np.int64)
        for batch_id in np.unique(owners).tolist():
            found[batch_id] = records[owners == batch_id]
    return found
