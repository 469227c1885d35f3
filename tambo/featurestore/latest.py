"""The latest rows of a view's keys, streamed: all of them, or those that a release has touched.

An increment reads the keys whose rows became known since the earlier release, and those of every
row that the lake has added or deleted since: a row may come late and yet say that it has long been
known, and a withdrawn one is not there to be found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from tambo.errors import FeatureError, LakeError
from tambo.featurestore.columns import Columns, describe, row_count, table_name, utc
from tambo.featurestore.declared import require_declared
from tambo.featurestore.lake_rows import zoned_type
from tambo.featurestore.pinned import open_pinned
from tambo.featurestore.pull import (
    TOUCHED,
    Pull,
    all_rows_sql,
    key_names,
    latest_keys_sql,
    pull_latest_sql,
    stamp,
)
from tambo.featurestore.source import read_config
from tambo.featurestore.winners import ROW, Limits, Winners, find, pick
from tambo.lake import reader
from tambo.lake.sql import ident, literal
from tambo.settings import Settings

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig


AT_ONCE = 100_000
"""Rows of a table that are put in order with all their columns."""


@dataclass(frozen=True)
class Since:
    """The release that a store already holds: where an increment begins.

    Attributes:
        snapshot: its snapshot.
        as_of: its newest availability in the view's domain, UTC.
    """

    snapshot: int
    as_of: datetime


class LatestRows:
    """The latest rows of a view's keys, streamed from one pinned connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        pull: Pull,
        columns: Columns,
        *,
        as_known_at: bool,
        increment: bool,
        limits: Limits,
    ) -> None:
        self._connection = connection
        self._pull = pull
        self._columns = columns
        self._as_known_at = as_known_at
        self._increment = increment
        self._limits = limits

    def batches(self, size: int) -> Iterator[pa.RecordBatch]:
        """The rows, or those of touched keys, in batches of at most so many.

        Memory does not grow with their number.
        """
        table = self._pull.source.table
        taken = any(name.lower() == ROW for name in self._columns)
        if taken or row_count(self._connection, table) <= AT_ONCE:
            yield from self._stream(self._latest(self._pull), size)
            return
        with self._readable():
            numbers = self._latest(replace(self._pull, features=(ROW,)))
            winners = find(self._connection, numbers, table_name(table), self._limits)
        yield from self._stream(all_rows_sql(self._pull), size, winners)

    def removed_keys(self, size: int) -> Iterator[pa.RecordBatch]:
        """Touched keys that have no row any more; columns are named as the keys."""
        if self._increment:
            gone = (
                f"SELECT * FROM {TOUCHED} ANTI JOIN ({self._latest_keys()}) "
                f"USING ({key_names(self._pull)})"
            )
            yield from self._stream(self._as_keys(gone), size)

    def touched_keys(self, size: int) -> Iterator[pa.RecordBatch]:
        """All keys of an increment; columns are named as the keys."""
        yield from self._stream(self._as_keys(f"SELECT * FROM {TOUCHED}"), size)

    def count(self) -> int:
        """Number of keys that have a row."""
        found = self._connection.execute(f"SELECT count(*) FROM ({self._latest_keys()})").fetchone()
        return int(found[0]) if found else 0

    def _latest(self, pull: Pull) -> str:
        return pull_latest_sql(
            pull,
            self._columns,
            as_known_at=self._as_known_at,
            ties=not pull.source.unique,
            touched=self._increment,
        )

    def _latest_keys(self) -> str:
        return latest_keys_sql(self._pull, self._columns, as_known_at=self._as_known_at)

    def _as_keys(self, sql: str) -> str:
        named = ", ".join(
            f"{ident(f'__key_{index}')} AS {ident(key)}"
            for index, key in enumerate(self._pull.named_keys())
        )
        return f"SELECT {named} FROM ({sql})"

    def _stream(
        self, sql: str, size: int, winners: Winners | None = None
    ) -> Iterator[pa.RecordBatch]:
        with self._readable():
            batches = self._connection.sql(sql).to_arrow_reader(size)
            for batch in batches if winners is None else pick(batches, winners):
                kinds = [one.with_type(zoned_type(one.type)) for one in batch.schema]
                schema = pa.schema(kinds)
                yield batch if batch.schema == schema else batch.cast(schema)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise FeatureError(
                f"Table {self._pull.source.table} could not be read: {error}",
                remedy="if memory ran out, raise TAMBO_MEMORY_LIMIT",
            ) from error


@contextmanager
def latest_rows(
    config: DuckLakeOfflineStoreConfig, pull: Pull, since: Since | None = None
) -> Iterator[LatestRows]:
    """Open the rows of a view that a read at `end` would be served, those touched since, or all.

    Raises:
        SchemaError: the release does not have the table, or a column of it as it is declared.
    """
    table = pull.source.table
    with open_pinned(read_config(config, [pull.source])) as pinned:
        columns = describe(pinned.connection, table, pinned.where)
        require_declared(pinned, table, columns, pull)
        if since is not None:
            pinned.connection.execute(_touched_sql(pull, columns, since, pinned.snapshot))
        yield LatestRows(
            pinned.connection,
            pull,
            columns,
            as_known_at=config.as_known_at,
            increment=since is not None,
            limits=Limits(config.memory_limit, config.threads),
        )


def _touched_sql(pull: Pull, columns: Columns, since: Since, snapshot: int) -> str:
    keys = pull.named_keys()
    names = ", ".join(ident(key) for key in keys)
    event = utc(pull.event, columns[pull.event])
    created = event if pull.created is None else utc(pull.created, columns[pull.created])
    known = f"greatest({event}, coalesce({created}, {event})) > {stamp(since.as_of)}"
    parts = [f"SELECT {names} FROM {table_name(pull.source.table)} WHERE {known}"]
    if snapshot > since.snapshot:
        schema, _, table = pull.source.table.partition(".")
        parts.append(
            f"SELECT {names} FROM ducklake_table_changes('lake', {literal(schema)}, "
            f"{literal(table)}, {since.snapshot + 1}, {snapshot})"
        )
    renamed = ", ".join(f"{ident(key)} AS {ident(f'__key_{at}')}" for at, key in enumerate(keys))
    there = " AND ".join(f"{ident(key)} IS NOT NULL" for key in keys)
    return (
        f"CREATE OR REPLACE TEMP TABLE {TOUCHED} AS SELECT DISTINCT {renamed} "
        f"FROM ({' UNION ALL '.join(parts)}) WHERE {there}"
    )


def lasting_tables(settings: Settings, before: int, after: int) -> frozenset[str]:
    """Names of tables that one snapshot has from the other: not made anew in between.

    None is where the earlier snapshot has been expired.
    """
    try:
        known = _tables(settings, before)
    except LakeError:
        return frozenset()
    present = _tables(settings, after)
    return frozenset(name for name, ids in present.items() if known.get(name) == ids)


def _tables(settings: Settings, snapshot: int) -> dict[str, frozenset[int]]:
    """Ids of the tables of each name; the lake does not say their schema beside them."""
    with reader(settings, snapshot) as connection:
        rows = connection.execute(
            "SELECT table_name, list(table_id) FROM ducklake_table_info('lake') GROUP BY 1"
        ).fetchall()
    return {str(name): frozenset(ids) for name, ids in rows}
