"""Batches that the lake holds already, as the same objects that they were loaded with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from tambo.errors import ContractError, IngestError
from tambo.ingest.batch import Batch, open_head
from tambo.ingest.capture import Captured
from tambo.ingest.header import Head, Problem
from tambo.ingest.mapping import Entry
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, Table, of_home


def stored_batches(
    connection: duckdb.DuckDBPyConnection, settings: Settings, ids: Iterable[int]
) -> list[Batch]:
    """Batches by id, in order; their heads are read from the archive.

    Raises:
        ContractError: a contract no longer has a batch's table.
        IngestError: there is no such batch, or the archive does not hold its file.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return []
    rows = connection.execute(
        "SELECT b.batch_id, b.domain, b.table_name, b.source_file, b.file_hash, b.history, "
        "b.arrived_at, b.ingested_at, f.bytes, f.mapping, q.reason "
        "FROM lake.audit.batches b JOIN lake.audit.files f USING (batch_id) "
        "LEFT JOIN (SELECT batch_id, any_value(reason) AS reason FROM lake.quarantine.lines "
        "WHERE record = 0 GROUP BY batch_id) q USING (batch_id) "
        f"WHERE b.batch_id IN ({', '.join(map(str, wanted))}) ORDER BY b.batch_id"
    ).fetchall()
    found = [_batch(settings, row) for row in rows]
    missing = sorted(set(wanted) - {batch.batch_id for batch in found})
    if missing:
        raise IngestError(
            f"There is no batch {missing[0]}.", remedy="tambo ingest --report lists the batches"
        )
    return found


def _batch(settings: Settings, row: tuple[object, ...]) -> Batch:
    batch_id, domain, table, name, digest, history, arrived, ingested, size, mapping, reason = row
    entry = Entry.model_validate_json(str(mapping)) if mapping else None
    head = open_head(settings, str(digest), entry)[0] if reason is None else Head()
    contracts, contract = _contract(settings, str(domain), str(table))
    return Batch(
        batch_id=int(str(batch_id)),
        contracts=contracts,
        table=contract,
        captured=Captured(Path(str(name)), str(digest), int(str(size))),
        head=head,
        entry=entry,
        history=bool(history),
        arrived_at=arrived,  # type: ignore[arg-type]
        ingested_at=ingested,  # type: ignore[arg-type]
        came_at=ingested,  # type: ignore[arg-type]
        problem=None if reason is None else Problem(str(reason)),
    )


def _contract(settings: Settings, domain: str, table: str) -> tuple[Contracts, Table]:
    contracts = of_home(settings, domain)
    if table not in contracts.tables:
        raise ContractError(
            f"The lake holds batches of {domain}.{table}, which no contract describes any more.",
            remedy=f"put the table back into tambo/sources/{domain}/contracts.yml",
        )
    return contracts, contracts.tables[table]
