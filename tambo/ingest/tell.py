"""Tells services that have no lake which keys it knows: of tables that their rows refer to."""

from __future__ import annotations

import duckdb

from tambo.ingest.incoming import key, raw_name
from tambo.intake.discovery import all_intakes
from tambo.intake.known import write_known
from tambo.intake.received import Intake
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists
from tambo.settings import Settings
from tambo.sources.contracts import load


def tell_known(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Write down the keys that rows of intakes may refer to, as they stand in the lake now."""
    for domain, table in sorted({pair for one in all_intakes() for pair in _parents(one)}):
        parent = load(domain).tables[table]
        if table_exists(connection, f"raw.{table}"):
            (name,) = key(parent)
            rows = connection.execute(
                f"SELECT {name} FROM {raw_name(parent)} QUALIFY row_number() OVER (PARTITION BY "
                f"{name} ORDER BY _known_at DESC, _batch_id DESC, _row_number DESC) = 1 "
                f"AND NOT coalesce({ident(parent.tombstone)}, false)"
            ).fetchall()
            write_known(settings, domain, table, (str(value) for (value,) in rows))


def _parents(intake: Intake) -> list[tuple[str, str]]:
    """Tables that an intake refers to by one column."""
    table = load(intake.domain).tables[intake.table]
    return [(intake.domain, one.table) for one in table.references if len(one.columns) == 1]
