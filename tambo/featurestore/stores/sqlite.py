"""TamboSqliteOnlineStore: Feast's SQLite store, with exact times, batched writes and its ttl."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Literal

import numpy as np
from feast import Entity, FeatureView, RepoConfig  # noqa: TID253 - imported by Feast, by name
from feast.infra.online_stores.helpers import compute_table_id  # noqa: TID253
from feast.infra.online_stores.sqlite import (  # noqa: TID253
    SqliteOnlineStore,
    SqliteOnlineStoreConfig,
)

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.sqlite_store import EVENT_US, SqliteStore, local_seconds
from tambo.featurestore.online.store import OnlineStore
from tambo.featurestore.stores.encode import Binary
from tambo.featurestore.stores.publication import PUSH, Publication
from tambo.featurestore.stores.rows import EPOCH, Micros, OnlineRows, ProtoRow, rows_of_protos
from tambo.featurestore.stores.served import ServedOnline
from tambo.lake.sql import ident

CREATED_US, RELEASE = "created_us", "tambo_publication"
"""Columns of the created time, and of the publication that wrote a row; null for a push."""

_BUSY_SECONDS = 30.0
_COLUMNS = ("entity_key", "feature_name", "value", "event_ts", "created_ts", EVENT_US, CREATED_US, RELEASE)  # fmt: skip # noqa: E501
_EXTRA = {EVENT_US: "INTEGER", CREATED_US: "INTEGER", RELEASE: "INTEGER"}


class TamboSqliteOnlineStoreConfig(SqliteOnlineStoreConfig):  # type: ignore[misc]
    """The `online_store:` block of feature_store.yaml."""

    type: Literal["tambo.featurestore.stores.sqlite.TamboSqliteOnlineStore"] = (
        "tambo.featurestore.stores.sqlite.TamboSqliteOnlineStore"
    )

    as_of: datetime | None = None
    """Instant that ages are counted to, of all domains; by default the store's clock of each."""


class TamboSqliteOnlineStore(ServedOnline, SqliteOnlineStore):  # type: ignore[misc]
    """Feast's layout; a file that was replaced by a new release's is opened again."""

    _conn: sqlite3.Connection | None = None
    _opened: tuple[int, int] | None = None
    _reader: tuple[Path, SqliteStore] | None = None

    def online_write_batch(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: Sequence[ProtoRow],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write rows as Feast hands them over; see Feast's OnlineStore."""
        if config.online_store.vector_enabled or config.online_store.text_search_enabled:
            # Searching reads columns that only Feast's own writer fills.
            super().online_write_batch(config, table, data, progress)
            return
        for rows in rows_of_protos(data):
            self.write_rows(config, table, rows, PUSH)
            if progress is not None:
                progress(len(rows))

    def write_rows(
        self, config: RepoConfig, view: FeatureView, rows: OnlineRows, publication: Publication
    ) -> int:
        """Write encoded rows, a batch in one transaction; see `RowStore`."""
        sql = upsert(table_of(config, view), overwrite=publication.overwrite)
        with self._writing(config) as connection:
            before = connection.total_changes
            connection.executemany(sql, _cells(rows, publication.number or None))
            changed = connection.total_changes - before
        return changed // max(1, len(rows.values))

    def remove_rows(
        self, config: RepoConfig, view: FeatureView, keys: Binary, publication: Publication
    ) -> None:
        """Delete rows of an earlier release; pushed ones stay. See `RowStore`."""
        table = ident(table_of(config, view))
        with self._writing(config) as connection:
            connection.executemany(
                f"DELETE FROM {table} WHERE entity_key = ? AND {RELEASE} IS NOT NULL",
                ((key,) for key in keys.to_pylist()),
            )

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],
        entities_to_keep: Sequence[Entity],
        partial: bool,
    ) -> None:
        """Make the tables, clustered by key; see Feast's OnlineStore."""
        stores = config.online_store
        if stores.vector_enabled or stores.text_search_enabled:
            super().update(config, tables_to_delete, tables_to_keep, [], [], partial)
            return
        connection = self._get_conn(config)
        for view in tables_to_keep:
            create_table(connection, table_of(config, view))
        for view in tables_to_delete:
            connection.execute(f"DROP TABLE IF EXISTS {ident(table_of(config, view))}")

    def _get_conn(self, config: RepoConfig) -> sqlite3.Connection:
        """The connection to the file that is there now; a new file is made if there is none."""
        path = Path(self._get_db_path(config))
        if self._conn is not None and self._opened != _identity(path):
            self._conn.close()
            self._conn = None
        connection: sqlite3.Connection = super()._get_conn(config)
        self._opened = _identity(path)
        return connection

    @contextmanager
    def _writing(self, config: RepoConfig) -> Iterator[sqlite3.Connection]:
        """One transaction on the file that is there when it begins, so no push is lost."""
        path = self._get_db_path(config)
        while True:
            connection = self._get_conn(config)
            try:
                connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise _unwritable(path, error) from error
            if self._opened == _identity(Path(path)):
                break
            connection.rollback()
        try:
            with connection:
                yield connection
        except sqlite3.Error as error:
            raise _unwritable(path, error) from error

    def _served(self, config: RepoConfig) -> OnlineStore:
        path = Path(self._get_db_path(config))
        if self._reader is None or self._reader[0] != path:
            self._reader = (path, SqliteStore(path, config.project))
        return self._reader[1]


def table_of(config: RepoConfig, view: FeatureView) -> str:
    """Name of a view's table."""
    versioned = config.registry.enable_online_feature_view_versioning
    name: str = compute_table_id(config.project, view, versioned)
    return name


def create_table(connection: sqlite3.Connection, table: str) -> None:
    """Make a view's table with Feast's columns and ours, or add ours to one that Feast made."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {ident(table)} (entity_key BLOB, feature_name TEXT, "
        "value BLOB, value_text TEXT, vector_value BLOB, event_ts timestamp, created_ts timestamp, "
        f"{', '.join(f'{name} {kind}' for name, kind in _EXTRA.items())}, "
        # Clustered: all features of a key lie side by side.
        "PRIMARY KEY(entity_key, feature_name)) WITHOUT ROWID"
    )
    there = {row[1] for row in connection.execute(f"PRAGMA table_info({ident(table)})")}
    for name, kind in _EXTRA.items():
        if name not in there:
            connection.execute(f"ALTER TABLE {ident(table)} ADD COLUMN {name} {kind}")


def upsert(table: str, *, overwrite: bool) -> str:
    """SQL that writes a value unless what is there is newer; see `Publication`."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
    sql = (
        f"INSERT INTO {ident(table)} AS t ({', '.join(_COLUMNS)}) "
        f"VALUES ({', '.join('?' * len(_COLUMNS))}) "
        f"ON CONFLICT(entity_key, feature_name) DO UPDATE SET {changed}"
    )
    return sql if overwrite else f"{sql} WHERE {newer('t', 'excluded')}"


def newer(old: str, new: str) -> str:
    """SQL that tells whether a row may take another's place."""
    # What a stock writer wrote has whole seconds only, its UTC clock face read as local time.
    seconds = f"CAST(strftime('%s', {old}.event_ts, 'unixepoch', 'localtime') AS INTEGER) * 1000000"
    return (
        f"({new}.{RELEASE} IS NOT NULL AND {old}.{RELEASE} IS NOT NULL) OR "
        f"({new}.{EVENT_US}, {new}.{CREATED_US}) >= "
        f"(coalesce({old}.{EVENT_US}, {seconds}), coalesce({old}.{CREATED_US}, {seconds}))"
    )


def _cells(rows: OnlineRows, publication: int | None) -> Iterator[tuple[Any, ...]]:
    """One tuple a value, all values of a key after one another."""
    keys = rows.keys.to_pylist()
    times = (
        _local_seconds(rows.events),
        _local_seconds(rows.created),
        rows.events.tolist(),
        rows.created.tolist(),
    )
    columns = [
        zip(keys, repeat(name), values.to_pylist(), *times, repeat(publication))
        for name, values in rows.values.items()
    ]
    return chain.from_iterable(zip(*columns, strict=True))


def _local_seconds(micros: Micros) -> list[int]:
    distinct, positions = np.unique(micros, return_inverse=True)
    seconds = [local_seconds(EPOCH + timedelta(microseconds=one)) for one in distinct.tolist()]
    found: list[int] = np.array(seconds, np.int64)[positions].tolist()
    return found


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _unwritable(path: str, error: sqlite3.Error) -> OnlineStoreError:
    return OnlineStoreError(
        f"the online store {path} cannot be written: {error}", remedy="run tambo features"
    )
