"""Where files land before the lake sees them: typed and checked rows in parquet files.

Each part of a file becomes one parquet file in the scratch folder, so that memory stays bounded;
one transaction of the lake then takes what is good.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import duckdb

from tambo.lake.sql import ident, literal
from tambo.settings import Settings
from tambo.sources.contracts import Table

FILTERED = "filtered_now"
"""Temporary table of the records that a mapping leaves out: batch_id, record."""

FIXED = "fixed_now"
"""Temporary table of corrected lines and the ones they correct: batch_id, record, of_batch,
of_record."""


class Work:
    """The landed rows of one command.

    Attributes:
        connection: the writer's.
        folder: for files of this command.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self._parts: dict[str, list[Path]] = {}
        self._numbers = count()
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {FILTERED} (batch_id BIGINT, record BIGINT)"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {FIXED} "
            "(batch_id BIGINT, record BIGINT, of_batch BIGINT, of_record BIGINT)"
        )

    def new_file(self, suffix: str) -> Path:
        """Path of a new file in the folder."""
        return self.folder / f"{next(self._numbers)}{suffix}"

    def add(self, table: Table, part: Path) -> None:
        """Count a parquet file of landed rows in."""
        self._parts.setdefault(table.name, []).append(part)

    @property
    def tables(self) -> set[str]:
        """Names of contracts that something landed in."""
        return set(self._parts)

    def staged(self, table: Table) -> str:
        """SQL of a contract's landed rows, a relation in brackets.

        Columns: _batch, _record, the contract's columns (times as they are in the file), the
        tombstone, _fault (null: good; -1: a placeholder; else the number of a rule), _value (the
        text at fault).
        """
        own = ", ".join(ident(name) for name in table.file_columns)
        parts = self._parts.get(table.name)
        if not parts:
            types = {name: str(column.type) for name, column in table.columns.items()}
            nulls = ", ".join(
                f"NULL::{types.get(name, 'BOOLEAN')} AS {ident(name)}"
                for name in table.file_columns
            )
            return (
                f"(SELECT NULL::BIGINT AS _batch, NULL::BIGINT AS _record, {nulls}, "
                "NULL::SMALLINT AS _fault, NULL::VARCHAR AS _value WHERE false)"
            )
        files = ", ".join(literal(part) for part in parts)
        # A row either names its record, or is the next one of its part.
        return (
            f"(SELECT _batch, coalesce(_row, _first + file_row_number) AS _record, {own}, "
            f"_fault, _value FROM read_parquet([{files}], file_row_number = true))"
        )


@contextmanager
def workspace(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Iterator[Work]:
    """Make a folder for a command's work; removed at the end, as are those of killed processes.

    Only the holder of the writer's lock may call this.
    """
    root = settings.scratch / "ingest"
    shutil.rmtree(root, ignore_errors=True)
    folder = root / str(os.getpid())
    folder.mkdir(parents=True)
    try:
        yield Work(connection, folder)
    finally:
        shutil.rmtree(root, ignore_errors=True)
