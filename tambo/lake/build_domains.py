"""Which domains can be built, and the newest instant at which anything of each was known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb

from tambo.as_of import AsOf
from tambo.errors import BuildError
from tambo.lake.ready import Ready, lacking, raw_tables
from tambo.lake.sql import ident
from tambo.lake.tables import tables
from tambo.settings import Settings
from tambo.sources.contracts import ZONES_APART

BEGINNING = datetime(1970, 1, 1)
"""From when on tables without time are valid (DESIGN 2a, rule 5)."""


def buildable(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Ready:
    """Domains of which all raw tables are there, and those skipped because some are not."""
    held = {table for schema, table in tables(connection) if schema == "raw"}
    skipped = lacking(settings, held)
    ready = tuple(domain for domain in raw_tables(settings) if domain not in skipped)
    return Ready(ready, skipped)


def newest_knowledge(
    settings: Settings, connection: duckdb.DuckDBPyConnection, domains: Sequence[str]
) -> AsOf:
    """For each domain, the newest instant at which a raw row was known and its event was over.

    This is the embedded profile's as_of: historic data ends in the past, and with the wall clock,
    or with the as_of of another domain, every time to live would have run out. A row whose event
    had not come when it was known, as a trip that is sold, has no say: as_of lies no further past
    the newest known time than ingest lets times lie. A domain whose rows have all been withdrawn is
    of the beginning of time: nothing of it is known.

    Raises:
        BuildError: the raw tables of all domains are empty.
    """
    wanted = raw_tables(settings)
    ahead = timedelta(seconds=settings.ahead_seconds) + ZONES_APART
    newest = {domain: _newest(connection, wanted[domain], ahead) for domain in domains}
    if all(instant is None for instant in newest.values()):
        raise BuildError(
            f"There is nothing to build: the raw tables of {', '.join(domains)} are empty.",
            remedy="tambo quarantine",
        )
    return AsOf({domain: instant or BEGINNING for domain, instant in newest.items()})


def _newest(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[str], ahead: timedelta
) -> datetime | None:
    # A fact counts from the microsecond after its event: see the models' facts.
    newest = " UNION ALL ".join(
        "SELECT max(greatest(_known_at, _event_at + INTERVAL 1 MICROSECOND)) AS instant "
        f"FROM lake.raw.{ident(table)} WHERE _event_at IS NULL "
        f"OR _event_at <= _known_at + to_microseconds({ahead // timedelta(microseconds=1)})"
        for table in tables
    )
    row = connection.execute(f"SELECT max(instant) FROM ({newest})").fetchone()
    return None if row is None else row[0]
