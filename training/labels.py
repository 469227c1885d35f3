"""Labels: rows of a label mart as they were known at some instant, read at a release's snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from tambo.errors import TrainingError
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists


@dataclass(frozen=True)
class LabelTable:
    """A label mart: one row for each version of each label.

    Attributes:
        name: schema.table in the lake.
        key: columns that name one label; its versions differ in created_timestamp.
        label: the column to predict; null where the fact was withdrawn.
        window: how long after the entity time a label becomes known, late ones aside. It is also
            the gap before each split.
    """

    name: str
    key: tuple[str, ...]
    label: str
    window: timedelta

    @property
    def source(self) -> str:
        """The table, quoted for SQL."""
        return "lake." + ".".join(ident(part) for part in self.name.split("."))


def require(connection: duckdb.DuckDBPyConnection, table: LabelTable) -> None:
    """Check that the lake holds the label mart at this snapshot.

    Raises:
        TrainingError: it does not.
    """
    if not table_exists(connection, table.name):
        raise TrainingError(
            f"The release holds no table {table.name}, from which labels are read.",
            remedy="tambo build && tambo validate && tambo release",
        )


def read_labels(
    connection: duckdb.DuckDBPyConnection,
    table: LabelTable,
    *,
    known_by: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
) -> pa.Table:
    """Read the latest version of each label that was known by an instant.

    Withdrawn labels are left out. What became known later plays no part, be it a correction of a
    label that is read.

    Args:
        connection: the lake, attached at the release's snapshot.
        table: the label mart.
        known_by: versions created later are not seen; naive, UTC.
        start: keep entity times from here on; None keeps all.
        end: keep entity times before this instant; None keeps all.

    Returns:
        All columns of the mart, ordered by entity time and key.
    """
    keys = ", ".join(ident(name) for name in table.key)
    return connection.execute(
        f"""
        SELECT * EXCLUDE (version)
        FROM (
            SELECT *, row_number() OVER (
                PARTITION BY {keys} ORDER BY created_timestamp DESC
            ) AS version
            FROM {table.source}
            WHERE created_timestamp <= $known_by
        )
        WHERE version = 1
            AND {ident(table.label)} IS NOT NULL
            AND ($start IS NULL OR event_timestamp >= $start)
            AND ($end IS NULL OR event_timestamp < $end)
        ORDER BY event_timestamp, {keys}
        """,
        {"known_by": known_by, "start": start, "end": end},
    ).to_arrow_table()
