"""Writing from Feast into the lake, through the one writer; read once a release holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
from feast.errors import SavedDatasetLocationAlreadyExists  # noqa: TID253 - imported lazily

from tambo.errors import FeatureError
from tambo.featurestore.columns import describe, table_name
from tambo.featurestore.lake_rows import column_as, lake_rows
from tambo.featurestore.pinned import store_settings
from tambo.featurestore.promises import broken_sql
from tambo.lake import writer
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists
from tambo.settings import Settings

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig
    from tambo.featurestore.source import DuckLakeSource

_ROWS = "rows_to_write"


class RowsError(FeatureError, ValueError):
    """Rows do not fit the table they are written to; Feast documents a ValueError."""


class TableExistsError(FeatureError, SavedDatasetLocationAlreadyExists):  # type: ignore[misc]
    """The table of a saved data set is there already, and must not be overwritten."""


def write_table(
    home: Path, table: str, rows: pd.DataFrame | pa.Table, *, overwrite: bool = False
) -> None:
    """Write a frame to a table of the lake; a lake is made where there is none.

    A `DuckLakeSource` of the table sees it where `release: head` is configured, or with `head`.

    Args:
        home: the Tambo home.
        table: schema.table.
        rows: a pandas frame, whose index is left out, or an Arrow table.
        overwrite: replace the table if it is there.

    Raises:
        TableExistsError: it is there, and must not be overwritten.
        RowsError: a column is of a type that the lake cannot hold.
    """
    arrow = rows
    if isinstance(rows, pd.DataFrame):
        arrow = pa.Table.from_pandas(rows, preserve_index=False)
    _create(Settings(home=home), table, arrow, overwrite=overwrite)


def append(
    config: DuckLakeOfflineStoreConfig,
    source: DuckLakeSource,
    rows: pa.Table,
    keys: Sequence[str] = (),
) -> None:
    """Append rows to the table of a source.

    Args:
        config: whose lake.
        source: the table.
        rows: the table's columns in its order, named as there or as the source's mapping says.
        keys: join keys of the view whose rows they are.

    Raises:
        FeatureError: the table does not exist.
        RowsError: the rows have other columns, or values that are not of the column's type, or
            break what the source promises of its table. None of them is written.
    """
    names = {feature: column for column, feature in source.field_mapping.items()}
    rows = lake_rows(rows)
    with writer(store_settings(config), f"write to {source.table}") as connection:
        columns = describe(connection, source.table, "the lake")
        given = [name if name in columns else names.get(name, name) for name in rows.column_names]
        if given != list(columns):
            raise RowsError(
                f"The rows for {source.table} have columns {', '.join(given)}; "
                f"the table has {', '.join(columns)}.",
                remedy="give every column of the table in its order, and no other",
            )
        connection.execute("BEGIN")
        _insert(connection, source.table, rows.rename_columns(given), columns)
        wanted = [key if key in columns else names.get(key, key) for key in keys]
        broken = broken_sql(source, wanted, columns, _ROWS)
        if broken is not None and connection.execute(broken).fetchone() is not None:
            connection.execute("ROLLBACK")
            raise RowsError(
                f"With these rows {source.table} would break what its source promises: "
                f"{'records' if source.records else 'unique'}.",
                remedy="write each row once, and newer than what is known of its key; or let the "
                "source promise nothing",
            )
        connection.execute("COMMIT")


def append_or_create(config: DuckLakeOfflineStoreConfig, table: str, rows: pa.Table) -> None:
    """Append rows to a table, which the first rows create.

    Raises:
        RowsError: the rows have other columns than the table, or other types.
    """
    rows = lake_rows(rows)
    with writer(store_settings(config), f"write to {table}") as connection:
        if not table_exists(connection, table):
            _make(connection, table, rows)
            return
        columns = describe(connection, table, "the lake")
        if set(rows.column_names) != set(columns):
            raise RowsError(
                f"The rows for {table} have columns {', '.join(rows.column_names)}; "
                f"the table has {', '.join(columns)}.",
                remedy="write rows of another shape to a table of their own",
            )
        _insert(connection, table, rows.select(list(columns)), columns)


def create(
    config: DuckLakeOfflineStoreConfig, table: str, rows: pa.Table, *, overwrite: bool
) -> None:
    """Write rows to a table of their own, in one transaction.

    Raises:
        TableExistsError: the table exists and must not be overwritten.
        RowsError: a column is of a type that the lake cannot hold.
    """
    _create(store_settings(config), table, rows, overwrite=overwrite)


def read_logs(data: pa.Table | Path) -> pa.Table:
    """Logged features as Feast hands them over: a table, or a folder of Parquet files."""
    return data if isinstance(data, pa.Table) else pyarrow.dataset.dataset(data).to_table()


def _create(settings: Settings, table: str, rows: pa.Table, *, overwrite: bool) -> None:
    rows = lake_rows(rows)
    with writer(settings, f"save {table}") as connection:
        if table_exists(connection, table) and not overwrite:
            raise TableExistsError(
                f"The lake already has a table {table}.",
                remedy="choose another name, or allow it to be overwritten",
            )
        _make(connection, table, rows)


def _make(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    connection.register(_ROWS, rows)
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {table_name(table)} AS SELECT * FROM {_ROWS}")
    except (duckdb.InvalidInputException, duckdb.NotImplementedException) as error:
        kinds = ", ".join(f"{field.name} {field.type}" for field in rows.schema)
        raise RowsError(
            f"Table {table} cannot hold rows of {kinds}: {error}",
            remedy="cast the column that is named: to text, a number, a list or a struct",
        ) from error
    connection.unregister(_ROWS)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, columns: Mapping[str, str]
) -> None:
    schema = connection.sql(f"SELECT * FROM {table_name(table)} LIMIT 0").to_arrow_table().schema
    cast = {}
    for field in schema:
        try:
            cast[field.name] = column_as(rows.column(field.name), field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise RowsError(
                f"Column {field.name} for {table} is {rows.schema.field(field.name).type}, and "
                f"its values are not all {columns[field.name]}: {error}",
                remedy=f"make it {columns[field.name]} before it is written",
            ) from error
    connection.register(_ROWS, pa.table(cast))
    names = ", ".join(ident(name) for name in cast)
    connection.execute(f"INSERT INTO {table_name(table)} ({names}) SELECT {names} FROM {_ROWS}")
