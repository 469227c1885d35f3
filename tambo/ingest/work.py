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
    """A folder for clean copies, and a database attached as `work`.

    Attributes:
        connection: the writer's.
        folder: for files of this command.
        clean: the clean copy that DuckDB reads.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.clean = folder / "clean.csv"
        self._tables: list[str] = []
        connection.execute(f"CREATE TABLE {ALIAS}.filtered (batch_id BIGINT, record BIGINT)")

    def staged(self, table: Table) -> str:
        """Name of the table that holds one contract's landed rows; made on first use."""
        name = f"{ALIAS}.{ident(f'staged_{table.name}')}"
        if table.name not in self._tables:
            columns = ", ".join(f"{ident(n)} {c.type}" for n, c in table.columns.items())
            self.connection.execute(
                f"CREATE TABLE {name} (_batch BIGINT, _row BIGINT, {columns}, "
                f"{ident(table.tombstone)} BOOLEAN, _fault SMALLINT, _value VARCHAR)"
            )
            self._tables.append(table.name)
        return name

    @property
    def tables(self) -> list[str]:
        """Names of contracts that something landed in."""
        return self._tables


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
