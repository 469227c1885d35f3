"""What the as-of join needs to know of a lake table's columns: types, times in UTC, row hash."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from tambo.errors import SchemaError
from tambo.lake.sql import ident, literal

NUMBERS = frozenset(
    {f"{sign}{width}" for sign in ("", "U") for width in ("TINYINT", "SMALLINT", "INTEGER")}
    | {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE"}
)

CATALOG = "__ducklake_metadata_lake"
"""Name under which DuckLake attaches the catalog of `lake`."""

Columns = Mapping[str, str]
"""DuckDB type by column name, in the table's order."""


def table_name(table: str) -> str:
    """Quote a table of the lake: marts.fare_prices → lake."marts"."fare_prices"."""
    return "lake." + ".".join(ident(part) for part in table.split("."))


def describe(connection: duckdb.DuckDBPyConnection, table: str, where: str = "") -> Columns:
    """Columns of a lake table at the connection's snapshot.

    Args:
        connection: a connection with the lake attached as `lake`.
        table: schema.table.
        where: said in the error, for example "release 4".

    Raises:
        SchemaError: the table does not exist in that snapshot.
    """
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'lake' "
        "AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [schema, name],
    ).fetchall()
    if not rows:
        raise SchemaError(
            f"There is no table {table} in {where or 'this snapshot of the lake'}.",
            remedy="build it and release: tambo build && tambo validate && tambo release, "
            "or choose a release that has it: tambo status",
        )
    return {str(column): str(kind) for column, kind in rows}


def row_count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """About how many rows a lake table has: as its catalog counts them now, deleted ones included.

    Asked of the catalog itself: duckdb_tables() would look through every table of the lake, which
    took 300 ms of 30 tables.
    """
    schema, _, name = table.partition(".")
    found = connection.execute(
        f"SELECT record_count FROM {CATALOG}.ducklake_table_stats "
        f"JOIN {CATALOG}.ducklake_table AS t USING (table_id) "
        f"JOIN {CATALOG}.ducklake_schema AS s USING (schema_id) "
        "WHERE schema_name = ? AND table_name = ? AND t.end_snapshot IS NULL "
        "AND s.end_snapshot IS NULL",
        [schema, name],
    ).fetchone()
    return 0 if found is None else int(found[0])


def require(columns: Columns, names: list[str], table: str, where: str = "") -> None:
    """Check that a table has all columns that a view reads.

    Raises:
        SchemaError: one is missing, so the view and the release do not fit each other.
    """
    absent = [name for name in names if name not in columns]
    if absent:
        raise SchemaError(
            f"Table {table} has no column {', '.join(sorted(absent))} in "
            f"{where or 'this snapshot of the lake'}; it has {', '.join(columns)}.",
            remedy="the definitions and the release differ: release the new marts, or use the "
            "definitions of that release",
        )


def utc(column: str, kind: str) -> str:
    """SQL of a time column as a naive TIMESTAMP in UTC, the form every time is compared in.

    Raises:
        SchemaError: the column is not a time.
    """
    if not is_time(kind):
        raise SchemaError(
            f"Column {column} is {kind}, so it cannot be an event or created time.",
            remedy="cast it in the mart to TIMESTAMP",
        )
    quoted = ident(column)
    if kind == "TIMESTAMP":
        return quoted
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"({quoted} AT TIME ZONE 'UTC')"
    return f"CAST({quoted} AS TIMESTAMP)"


def is_time(kind: str) -> bool:
    """Whether a DuckDB type is an instant or a day."""
    return kind == "DATE" or (kind.startswith("TIMESTAMP") and not kind.endswith("]"))


def is_number(kind: str) -> bool:
    """Whether a DuckDB type is a number: an integer, a decimal or a float of any width."""
    return kind.startswith("DECIMAL") or kind in NUMBERS


def row_hash(columns: Columns) -> str:
    """SQL of a row's hash: typed, null-safe, the same in every version of DuckDB.

    It decides between rows that agree in availability, event and created time, so it covers all
    columns of the table, whichever are read. Each value is written as type, length and text, so
    that neither ("a", "bc") and ("ab", "c") nor 1, '1' and 1.0 are taken for each other; numbers
    with a fraction are written with 17 significant digits, which tells every double from every
    other.
    """
    parts = [_tagged(name, columns[name]) for name in sorted(columns)]
    return f"md5(concat({', '.join(parts)}))"


def _tagged(name: str, kind: str) -> str:
    text = _text(ident(name), kind)
    tag = literal(f"{name}:{kind}:")
    return f"{tag}, coalesce(length({text}) || ':' || {text}, 'null'), ';'"


def _text(quoted: str, kind: str) -> str:
    if kind in {"DOUBLE", "FLOAT"}:
        return f"printf('%.16e', CAST({quoted} AS DOUBLE))"
    if kind in {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}:
        return f"CAST(epoch_us({quoted}) AS VARCHAR)"
    if kind == "BLOB":
        return f"hex({quoted})"
    return f"CAST({quoted} AS VARCHAR)"
