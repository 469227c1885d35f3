"""The work database of one ingest: files land here, typed and checked, before the lake sees them.

It is a DuckDB file in the scratch folder, so that rows are held compressed and memory stays
bounded; one transaction of the lake then takes what is good.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tambo.lake.sql import ident, literal
from tambo.settings import Settings
from tambo.sources.contracts import Table

ALIAS = "work"


class Work:
    """A folder for clean copies, and a database attached as `work`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self._rows: dict[str, int] = {}

    def staged(self, table: Table) -> str:
        """Name of the table that holds one contract's landed rows; made on first use."""
        name = f"{ALIAS}.{ident(f'staged_{table.name}')}"
        if table.name not in self._rows:
            columns = ", ".join(f"{ident(n)} {c.type}" for n, c in table.columns.items())
            self.connection.execute(
                f"CREATE OR REPLACE TABLE {name} (_batch BIGINT, _row BIGINT, {columns}, "
                f"{ident(table.tombstone)} BOOLEAN, _fault SMALLINT, _value VARCHAR)"
            )
            self._rows[table.name] = 0
        return name

    def rows(self, table: Table) -> int:
        """Rows landed so far: the row id that the next one gets."""
        return self._rows.get(table.name, 0)

    def landed(self, table: Table, rows: int) -> None:
        """Count rows that were just landed."""
        self._rows[table.name] += rows

    def tables(self) -> list[str]:
        """Names of contracts that have landed rows."""
        return [name for name, rows in self._rows.items() if rows]


@contextmanager
def workspace(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Iterator[Work]:
    """Attach a fresh work database; removed at the end, as are those of killed processes.

    Only the holder of the writer's lock may call this.
    """
    root = settings.scratch / "ingest"
    shutil.rmtree(root, ignore_errors=True)
    folder = root / str(os.getpid())
    folder.mkdir(parents=True)
    connection.execute(f"ATTACH {literal(folder / 'work.duckdb')} AS {ALIAS}")
    try:
        yield Work(connection, folder)
    finally:
        connection.execute(f"DETACH {ALIAS}")
        shutil.rmtree(root, ignore_errors=True)
