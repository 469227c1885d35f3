"""In how many parts a build computes the keys of a domain, so that its memory stays bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from tambo.lake.build_log import Finished
from tambo.lake.ready import raw_tables
from tambo.lake.sql import ident
from tambo.settings import Settings

LOOKED_BACK = 16
"""At most so many days are computed again for a raw row: its own and those that look back on it."""


@dataclass(frozen=True)
class Parts:
    """In how many parts a build comes, by domain.

    Attributes:
        states: of models that compute all that is known of a key.
        facts: of models that compute the days that raw rows touch.
    """

    states: Mapping[str, int]
    facts: Mapping[str, int]


def parts(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    domains: Sequence[str],
    base: Finished | None,
) -> Parts:
    """One part for every `part_rows` raw rows that a build works on.

    DuckDB spills joins and sorts to disk, but not the lists and medians of an aggregate; what these
    hold grows with the raw rows of the keys that are computed at once.

    Args:
        settings: the Tambo home.
        connection: on the lake.
        domains: that are built.
        base: the build that this one stands on, if any: of a domain that it had, facts are computed
            again only where batches have changed since.
    """
    rows, touched = {}, {}
    for domain in domains:
        tables = raw_tables(settings)[domain]
        rows[domain] = sum(_rows(connection, table) for table in tables)
        touched[domain] = rows[domain]
        if base is not None and domain in base.target.as_of.by_domain:
            changed = sum(_changed(connection, table, base.snapshot_id) for table in tables)
            touched[domain] = min(rows[domain], LOOKED_BACK * changed)

    def shares(worked_on: Mapping[str, int]) -> dict[str, int]:
        return {domain: 1 + count // settings.part_rows for domain, count in worked_on.items()}

    return Parts(states=shares(rows), facts=shares(touched))


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return _one(connection, f"SELECT count(*) FROM lake.raw.{ident(table)}")


def _changed(connection: duckdb.DuckDBPyConnection, table: str, snapshot: int) -> int:
    """Rows of the batches that changed since a snapshot, as dbt's macro touched_keys finds them."""
    then = f"AT (VERSION => {snapshot})"
    rows = f"SELECT _batch_id, count(*), sum(_row_number) FROM lake.raw.{ident(table)}"
    batches = "SELECT batch_id, file_hash, status, revision FROM lake.audit.batches"
    return _one(
        connection,
        f"WITH now (batch_id, rows, numbers) AS ({rows} GROUP BY 1), "
        f"before (batch_id, rows, numbers) AS ({rows} {then} GROUP BY 1), "
        f"news AS (({batches} EXCEPT {batches} {then}) "
        f"UNION ALL ({batches} {then} EXCEPT {batches})) "
        "SELECT coalesce(sum(greatest(now.rows, before.rows)), 0)::BIGINT "
        "FROM now FULL JOIN before USING (batch_id) "
        "WHERE (now.rows, now.numbers) IS DISTINCT FROM (before.rows, before.numbers) "
        "OR batch_id IN (SELECT batch_id FROM news)",
    )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])
