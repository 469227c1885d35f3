"""Writes lake.audit.batches: one row a file and table, with a revision for each change of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from tambo.ingest.batch import Batch
from tambo.lake.sql import literal


def write_batches(connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    """Write batches; one that was there gets the next revision."""
    if not batches:
        return
    ids = ", ".join(str(batch.batch_id) for batch in batches)
    revisions = dict(
        connection.execute(
            f"SELECT batch_id, revision FROM lake.audit.batches WHERE batch_id IN ({ids})"
        ).fetchall()
    )
    if revisions:
        connection.execute(f"DELETE FROM lake.audit.batches WHERE batch_id IN ({ids})")
    rows = ", ".join(_row(batch, revisions.get(batch.batch_id, 0) + 1) for batch in batches)
    connection.execute(f"INSERT INTO lake.audit.batches VALUES {rows}")


def revise(
    connection: duckdb.DuckDBPyConnection, ids: Iterable[int], status: str | None = None
) -> None:
    """Count a change of batches, and give them another status if one is named."""
    listed = ", ".join(str(batch_id) for batch_id in sorted(ids))
    if listed:
        also = f", status = {literal(status)}" if status else ""
        connection.execute(
            f"UPDATE lake.audit.batches SET revision = revision + 1{also} "
            f"WHERE batch_id IN ({listed})"
        )


def _row(batch: Batch, revision: int) -> str:
    status = "loaded" if batch.problem is None else "quarantined"
    arrived = f"TIMESTAMP {literal(str(batch.arrived_at))}" if batch.arrived_at else "NULL"
    values = [
        str(batch.batch_id),
        literal(batch.contracts.domain),
        literal(batch.table.name),
        literal(batch.captured.name),
        literal(batch.captured.digest),
        literal(status),
        str(batch.history).lower(),
        arrived,
        f"TIMESTAMP {literal(str(batch.ingested_at))}",
        str(revision),
    ]
    return f"({', '.join(values)})"
