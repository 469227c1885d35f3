"""Which domains can be built, and the newest instant at which anything of theirs was known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from tambo.errors import BuildError
from tambo.lake.ready import Ready, lacking, raw_tables
from tambo.lake.sql import ident
from tambo.settings import Settings


def buildable(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Ready:
    """Domains of which all raw tables are there, and those skipped because some are not."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = 'lake' AND schema_name = 'raw'"
    ).fetchall()
    skipped = lacking(settings, {row[0] for row in rows})
    ready = tuple(domain for domain in raw_tables(settings) if domain not in skipped)
    return Ready(ready, skipped)


def newest_knowledge(
    settings: Settings, connection: duckdb.DuckDBPyConnection, domains: Sequence[str]
) -> datetime:
    """The newest instant at which a raw row was known and its event was over.

    This is the embedded profile's as_of: historic data ends in the past, and with the wall clock
    every time to live would have run out.

    Raises:
        BuildError: the raw tables are empty.
    """
    wanted = raw_tables(settings)
    # A fact counts from the microsecond after its event: see the models' facts.
    newest = " UNION ALL ".join(
        "SELECT max(greatest(_known_at, _event_at + INTERVAL 1 MICROSECOND)) AS instant "
        f"FROM lake.raw.{ident(table)}"
        for domain in domains
        for table in wanted[domain]
    )
    row = connection.execute(f"SELECT max(instant) FROM ({newest})").fetchone()
    if row is None or row[0] is None:
        raise BuildError(
            f"There is nothing to build: the raw tables of {', '.join(domains)} are empty.",
            remedy="tambo quarantine",
        )
    instant: datetime = row[0]
    return instant
