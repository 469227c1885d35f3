"""In how many parts a build computes the keys of a domain, so that its memory stays bounded."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from tambo.lake.ready import raw_tables
from tambo.lake.sql import ident
from tambo.settings import Settings


def parts(
    settings: Settings, connection: duckdb.DuckDBPyConnection, domains: Sequence[str]
) -> dict[str, int]:
    """Parts of each domain: one for every `part_rows` rows in its raw tables.

    DuckDB spills joins and sorts to disk, but not the lists and medians of an aggregate; what these
    hold grows with the raw rows of the keys that are computed at once.
    """
    tables = raw_tables(settings)
    return {
        domain: -(-_rows(connection, tables[domain]) // settings.part_rows) or 1
        for domain in domains
    }


def _rows(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> int:
    return sum(
        connection.execute(f"SELECT count(*) FROM lake.raw.{ident(table)}").fetchall()[0][0]
        for table in tables
    )
