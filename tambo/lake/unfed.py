"""What no raw file gave: columns without any value, and the features that are null for it."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from tambo.lake.sql import ident
from tambo.lake.tables import table_exists


def empty_columns(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str] | None = None
) -> list[str]:
    """Columns of a table that are null in every row; none of a table that has no rows.

    A column that has values is left at its first one.

    Args:
        connection: the lake is attached as `lake`.
        table: schema.table.
        columns: which to look at; None: all.
    """
    if not table_exists(connection, table):
        return []
    name = "lake." + ".".join(ident(part) for part in table.split("."))
    first = connection.execute(f"SELECT * FROM {name} LIMIT 1")
    if first.fetchone() is None:
        return []
    known = [column for column, *_ in first.description or []]
    chosen = known if columns is None else [column for column in columns if column in known]
    absent = _absent_at_first(connection, name, chosen)
    return [column for column in absent if not _has_value(connection, name, column)]


def _absent_at_first(
    connection: duckdb.DuckDBPyConnection, name: str, columns: list[str]
) -> list[str]:
    """Columns without a value in some thousand rows: most have one, and are not looked at alone."""
    if not columns:
        return []
    counts = ", ".join(f"count({ident(column)})" for column in columns)
    row = connection.execute(f"SELECT {counts} FROM (FROM {name} LIMIT 2048)").fetchone() or ()
    return [column for column, count in zip(columns, row, strict=True) if count == 0]


def _has_value(connection: duckdb.DuckDBPyConnection, name: str, column: str) -> bool:
    query = f"SELECT 1 FROM {name} WHERE {ident(column)} IS NOT NULL LIMIT 1"
    return connection.execute(query).fetchone() is not None
