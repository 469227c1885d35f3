"""Readers pinned to a release: which snapshot the offline store reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from tambo.errors import FeatureError, LakeError
from tambo.lake import reader, releases
from tambo.settings import Settings

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig


@dataclass(frozen=True)
class Pinned:
    """A read-only connection at one snapshot of the lake.

    Attributes:
        connection: the lake is attached as `lake`.
        snapshot: the snapshot's id.
        release: the release that names the snapshot; None if a bare snapshot was asked for.
        home: the Tambo home.
    """

    connection: duckdb.DuckDBPyConnection
    snapshot: int
    release: int | None
    home: Path

    @property
    def where(self) -> str:
        """The state that is read, in words."""
        return f"snapshot {self.snapshot}" if self.release is None else f"release {self.release}"

    def columns(self, sql: str) -> list[str]:
        """Names of the columns of a query's answer, repeats included; it is not run.

        Raises:
            FeatureError: the query is wrong.
        """
        with self._answering():
            return list(self.connection.sql(sql).columns)

    def query(self, sql: str) -> pa.Table:
        """The answer to a query.

        Raises:
            FeatureError: the query is wrong, or memory ran out.
        """
        with self._answering():
            return self.connection.sql(sql).to_arrow_table()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise FeatureError(
                f"The lake at {self.where} could not answer: {error}",
                remedy="correct the query; if memory ran out, raise TAMBO_MEMORY_LIMIT",
            ) from error


HEAD = "head"
"""In place of a release's number: the newest state of the lake, released or not."""


def at_head(config: DuckLakeOfflineStoreConfig) -> DuckLakeOfflineStoreConfig:
    """The configuration that reads the newest state of the lake."""
    newest: DuckLakeOfflineStoreConfig = config.model_copy(
        update={"release": HEAD, "snapshot": None}
    )
    return newest


def store_settings(config: DuckLakeOfflineStoreConfig) -> Settings:
    """Settings of the home that an offline store reads."""
    return Settings(home=config.home, memory_limit=config.memory_limit, threads=config.threads)


@contextmanager
def open_pinned(config: DuckLakeOfflineStoreConfig) -> Iterator[Pinned]:
    """Open the lake at a configuration's snapshot, release or head; else at the latest release.

    Raises:
        LakeError: there is no lake.
        ReleaseError: the release does not exist, was rejected or retired, or none is released.
    """
    settings = store_settings(config)
    newest = config.release == HEAD
    number = config.release if isinstance(config.release, int) else None
    snapshot = config.snapshot
    if snapshot is None and not newest:
        release = releases.get(settings, number)
        number, snapshot = release.number, release.snapshot_id
    with _reader(settings, snapshot, number) as connection:
        yield Pinned(connection, snapshot or _snapshot(connection), number, settings.home)


@contextmanager
def _reader(
    settings: Settings, snapshot: int | None, number: int | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake at a snapshot; a release that was retired since is named."""
    with ExitStack() as opened:
        try:
            connection = opened.enter_context(reader(settings, snapshot))
        except LakeError:
            if number is not None:
                releases.get(settings, number)
            raise
        yield connection


def _snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("SELECT id FROM ducklake_current_snapshot('lake')").fetchone()
    return int(row[0]) if row else 0
