"""Pick rows out of a table of any size by their numbers, in memory that its size does not touch.

To find the latest row of each key, rows must be put in order, and whatever is put in order is held
until the last row has come. So two passes are made. The first orders keys, times and row numbers
alone, in a small memory of its own that spills to disk, and keeps one bit a row. The second
streams the table with all its columns and lets through the rows whose bit is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ROW = "rowid"
"""The number that the lake gives each row of a table; no column is named so."""

_MEMORY = "48MB"
"""What a first pass may hold before it spills. More of it is no faster than writing is."""

_ROWS = 100_000
"""Row numbers that are looked at together."""


@dataclass(frozen=True)
class Limits:
    """DuckDB's limits, as the settings have them."""

    memory: str
    threads: int


class Winners:
    """A set of row numbers, one bit each."""

    def __init__(self, rows: int) -> None:
        self._bits: NDArray[np.uint8] = np.zeros(rows // 8 + 1, np.uint8)

    def add(self, numbers: NDArray[np.int64]) -> None:
        """Put numbers in."""
        np.bitwise_or.at(self._bits, numbers >> 3, _bit(numbers))

    def among(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some numbers are in."""
        found: NDArray[np.bool_] = (self._bits[numbers >> 3] & _bit(numbers)) != 0
        return found


def _bit(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.left_shift(np.uint8(1), (numbers & 7).astype(np.uint8))


def find(connection: duckdb.DuckDBPyConnection, sql: str, table: str, limits: Limits) -> Winners:
    """The first pass.

    Args:
        connection: reads the lake.
        sql: answers with the numbers of the rows, in a column named `ROW`.
        table: the table, quoted.
        limits: what the connection has but for this pass.

    Raises:
        duckdb.Error: the table cannot be read, or memory ran out.
    """
    # With one thread, since each holds partitions of its own.
    try:
        with _limited(connection, Limits(_MEMORY, 1), limits):
            return _find(connection, sql, table)
    except duckdb.OutOfMemoryException:
        # Keys may be long, or rows of many kinds: what the settings allow will do, or nothing.
        return _find(connection, sql, table)


def _find(connection: duckdb.DuckDBPyConnection, sql: str, table: str) -> Winners:
    (last,) = connection.execute(f"SELECT max({ROW}) FROM {table}").fetchone() or (None,)
    found = Winners(1 + (last or 0))
    for batch in connection.sql(f"SELECT {ROW} FROM ({sql})").to_arrow_reader(_ROWS):
        found.add(_numbers(batch.column(0)))
    return found


@contextmanager
def _limited(
    connection: duckdb.DuckDBPyConnection, limits: Limits, usual: Limits
) -> Iterator[None]:
    try:
        _limit(connection, limits)
        yield
    finally:
        _limit(connection, usual)


def _limit(connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    connection.execute(f"SET threads = {limits.threads}")
    connection.execute(f"SET memory_limit = '{limits.memory}'")


def pick(batches: pa.RecordBatchReader, winners: Winners) -> Iterator[pa.RecordBatch]:
    """The second pass: the rows whose number, in the first column, is among the winners.

    Yields:
        Batches without that column, none of them empty.
    """
    for batch in batches:
        chosen = winners.among(_numbers(batch.column(0)))
        if chosen.any():
            rows = batch.select(batch.schema.names[1:])
            yield rows if chosen.all() else rows.filter(pa.array(chosen))


def _numbers(column: pa.Array) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = column.to_numpy(zero_copy_only=False)
    return numbers
