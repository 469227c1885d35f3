"""The zone of a domain's local times: one for the life of a home, from its first rows on.

Raw times are stored in UTC, as the zone had them when they were read, and local days are counted
by it. Read anew in another zone, each would be another instant: that takes another home.
"""

from __future__ import annotations

import duckdb

from tambo.errors import SettingsError
from tambo.lake.tables import table_exists
from tambo.settings import Settings
from tambo.sources.contracts import load, of_home


def check_zone(settings: Settings, connection: duckdb.DuckDBPyConnection, domain: str) -> None:
    """Refuse a zone in which the domain's rows were not read.

    Raises:
        SettingsError: the settings, or the contract, name another zone than the lake holds.
    """
    held, now = _held(connection, domain), of_home(settings, domain).zone
    if held not in {None, now}:
        raise SettingsError(
            f"The home {settings.home} holds times of {domain} that were read in the zone {held}, "
            f"and {now} is set now: days and hours would be others.",
            remedy=f"put {held} back (TAMBO_{domain.upper()}_ZONE), or begin a new home: "
            "TAMBO_HOME=<folder>, and take the raw files in there",
        )


def hold_zone(settings: Settings, connection: duckdb.DuckDBPyConnection, domain: str) -> None:
    """Do as `check_zone` does, and remember the zone of a domain that comes in.

    Raises:
        SettingsError: as `check_zone`.
    """
    check_zone(settings, connection, domain)
    connection.execute(
        "INSERT INTO lake.audit.zones SELECT $domain, $zone "
        "WHERE $domain NOT IN (SELECT domain FROM lake.audit.zones)",
        {"domain": domain, "zone": of_home(settings, domain).zone},
    )


def _held(connection: duckdb.DuckDBPyConnection, domain: str) -> str | None:
    """Zone of a domain in the lake; None: it has no rows.

    A lake from before zones were remembered was read in the contract's.
    """
    found = []
    if table_exists(connection, "audit.zones"):
        sql = "SELECT zone FROM lake.audit.zones WHERE domain = ?"
        found = connection.execute(sql, [domain]).fetchall()
    if not found and table_exists(connection, "audit.batches"):
        sql = "SELECT ? FROM lake.audit.batches WHERE domain = ? LIMIT 1"
        found = connection.execute(sql, [load(domain).zone, domain]).fetchall()
    return str(found[0][0]) if found else None
