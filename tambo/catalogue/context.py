"""Tables that are kept as context: what is known of campaigns, events and the like at a release."""

from __future__ import annotations

from tambo.catalogue.entries import Entry
from tambo.lake.sql import ident
from tambo.sources import contracts


def context_sql(entry: Entry) -> str:
    """SQL of the rows that stand: of each key the newest version, unless it takes the key back.

    Newest days first; personal columns are left out, and those that all rows leave empty stay.
    """
    table = contracts.load(entry.domain).tables[entry.name]
    shown = ", ".join(
        f"{ident(name)}::DOUBLE AS {ident(name)}" if "DECIMAL" in column.type else ident(name)
        for name, column in table.columns.items()
        if not column.personal_data
    )
    keys = ", ".join(map(ident, table.key))
    order = ", ".join(f"{ident(name)} DESC" for name in entry.about[:1])
    return (
        f"SELECT {shown} FROM lake.raw.{ident(entry.name)} "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} "
        "ORDER BY _known_at DESC, _batch_id DESC, _row_number DESC) = 1 "
        f"AND NOT coalesce({ident(table.tombstone)}, false) "
        f"ORDER BY {', '.join(filter(None, (order, keys)))}"
    )
