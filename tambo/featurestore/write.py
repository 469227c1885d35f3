"""Writing from Feast into the lake, through the one writer; read once a release holds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset

from tambo.errors import FeatureError
from tambo.featurestore.columns import describe, table_name
from tambo.featurestore.pinned import store_settings
from tambo.lake import writer
from tambo.lake.sql import ident, literal

if TYPE_CHECKING:
    import duckdb

    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig

_ROWS = "rows_to_write"


def append(config: DuckLakeOfflineStoreConfig, table: str, rows: pa.Table) -> None:
    """Append rows to a table, column by name.

    Raises:
        FeatureError: the table does not exist, or the rows have other columns.
    """
    with writer(store_settings(config), f"write to {table}") as connection:
        columns = describe(connection, table, "the lake")
        if set(rows.column_names) != set(columns):
            raise FeatureError(
                f"The rows for {table} have columns {', '.join(rows.column_names)}; "
                f"the table has {', '.join(columns)}.",
                remedy="give every column of the table, and no other",
            )
        _insert(connection, table, rows)


def append_or_create(config: DuckLakeOfflineStoreConfig, table: str, rows: pa.Table) -> None:
    """Append rows to a table, which the first rows create."""
    with writer(store_settings(config), f"write to {table}") as connection:
        connection.register(_ROWS, _naive(rows))
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table_name(table)} AS SELECT * FROM {_ROWS} LIMIT 0"
        )
        connection.unregister(_ROWS)
        _insert(connection, table, rows)


def create(
    config: DuckLakeOfflineStoreConfig, table: str, rows: pa.Table, *, overwrite: bool
) -> None:
    """Write rows to a table of their own, in one transaction.

    Raises:
        FeatureError: the table exists and must not be overwritten.
    """
    with writer(store_settings(config), f"save {table}") as connection:
        schema, _, name = table.partition(".")
        known = connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' "
            f"AND schema_name = {literal(schema)} AND table_name = {literal(name)}"
        ).fetchone()
        if known is not None and not overwrite:
            raise FeatureError(
                f"The lake already has a table {table}.",
                remedy="choose another name, or allow it to be overwritten",
            )
        connection.register(_ROWS, _naive(rows))
        connection.execute(f"CREATE OR REPLACE TABLE {table_name(table)} AS SELECT * FROM {_ROWS}")


def read_logs(data: pa.Table | Path) -> pa.Table:
    """Logged features as Feast hands them over: a table, or a folder of Parquet files."""
    return data if isinstance(data, pa.Table) else pyarrow.dataset.dataset(data).to_table()


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    connection.register(_ROWS, _naive(rows))
    names = ", ".join(ident(name) for name in rows.column_names)
    connection.execute(f"INSERT INTO {table_name(table)} ({names}) SELECT {names} FROM {_ROWS}")
    connection.unregister(_ROWS)


def _naive(rows: pa.Table) -> pa.Table:
    """Times enter the lake as naive UTC microseconds."""
    for index, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            column = rows.column(index).cast(pa.timestamp("us", field.type.tz), safe=False)
            rows = rows.set_column(index, field.name, column.cast(pa.timestamp("us"), safe=False))
    return rows
