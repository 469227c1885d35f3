"""How as_of lies in audit.builds and audit.releases, and what a lake from before holds instead.

The column `as_of_by_domain` holds an `AsOf` as JSON. Earlier lakes had one instant for all domains,
in a column `as_of`. Such a lake is read as if each domain that had been taken in had that instant,
which is what it was built for; the next verb that writes the lake puts this into the new column.
"""

from __future__ import annotations

import duckdb

COLUMN = "as_of_by_domain"
TABLES = ("builds", "releases")

_OF_OLD = (
    "(SELECT json_group_object(domain, strftime(as_of, '%Y-%m-%dT%H:%M:%S.%f+00:00')) "
    "FROM (SELECT DISTINCT domain FROM lake.audit.batches ORDER BY domain))"
)


def as_of_sql(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """SQL of the JSON text, in a table of the audit schema, whichever Tambo wrote the lake."""
    return _OF_OLD if table in _old_tables(connection) else COLUMN


def migration(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Statements that bring a lake from before up to date; none where there is nothing to do."""
    return [
        statement
        for table in _old_tables(connection)
        for statement in (
            f"ALTER TABLE lake.audit.{table} ADD COLUMN {COLUMN} VARCHAR",
            f"UPDATE lake.audit.{table} SET {COLUMN} = {_OF_OLD}",
            f"ALTER TABLE lake.audit.{table} DROP COLUMN as_of",
        )
    ]


def _old_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'lake' "
        "AND schema_name = 'audit' AND column_name = 'as_of' AND list_contains(?, table_name) "
        "ORDER BY table_name",
        [list(TABLES)],
    ).fetchall()
    return [str(name) for (name,) in rows]
