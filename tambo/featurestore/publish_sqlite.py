"""Publish into SQLite: a file is filled beside the one that is read, and takes its place.

Readers see the old release or the new one, never a mixture; a run that is killed leaves the old
one, and the next begins anew. What was pushed since is carried over, unless the release knows
better.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.sqlite_store import SqliteStore
from tambo.featurestore.online.state import StoreState, put_sqlite_state
from tambo.featurestore.publish_goal import Goal, Run, increments
from tambo.lake.sql import ident
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore

    from tambo.featurestore.engine import LakeEngine

_CACHE_KIB = 64 * 1024
_BUSY_SECONDS = 30.0


class SqliteTarget:
    """The SQLite file of a home.

    Attributes:
        path: the file that is filled; it takes the place of the home's.
    """

    def __init__(self, settings: Settings, project: str) -> None:
        self._settings = settings
        self._project = project
        self._live = settings.online_store
        self.path = settings.online_store.with_suffix(".next")

    def name(self) -> str:
        """The store, for people."""
        return self._live.name

    def state(self) -> StoreState | None:
        """What the store holds; None if there is none or it does not say."""
        try:
            with closing(SqliteStore(self._live, self._project)) as store:
                return store.fetch([]).state
        except OnlineStoreError:
            return None

    def unfinished(self) -> str:
        """In words, that a publication was cut off or is at work; empty if none is."""
        return ", a publication begun and not ended" if self.path.exists() else ""

    def begin(self, store: FeatureStore, goal: Goal, state: StoreState | None) -> Run:
        """Make the file that is filled: a copy to be brought up to date, or an empty one."""
        from tambo.featurestore.stores.publication import Publication

        self.path.unlink(missing_ok=True)
        number = 1 if state is None else state.publication + 1
        publication = Publication(number, overwrite=goal.overwrites(state))
        since = {}
        if state is not None and goal.extends(state):
            since = increments(self._settings, store, state, goal)
        if since:
            with closing(sqlite3.connect(self._live)) as old, closing(_fresh(self.path)) as new:
                old.backup(new)
        return Run(publication, since)

    def prepare(self, store: FeatureStore, run: Run) -> None:
        """Empty the tables that are written in full, and write without a journal."""
        from tambo.featurestore.stores.sqlite import table_of

        connection = _connection(store)
        # A killed run's file is thrown away, so that it needs no journal.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if run.since:
            for view in store.list_feature_views():
                if view.name not in run.since:
                    connection.execute(f"DELETE FROM {ident(table_of(store.config, view))}")
        connection.commit()

    def view_done(self, store: FeatureStore, name: str, run: Run, keys: int) -> None:
        """Nothing to note: a killed run begins anew."""

    def finish(self, store: FeatureStore, run: Run, engine: LakeEngine, goal: Goal) -> None:
        """Put the file in its place."""
        connection = _connection(store)
        put_sqlite_state(connection, self._project, goal.state(run.publication.number))
        connection.commit()
        with _hold(self._live) as held:
            if held:
                try:
                    self._carry_pushes(connection, store, overwrite=run.publication.overwrite)
                except sqlite3.DatabaseError as error:
                    raise OnlineStoreError(
                        f"what was pushed cannot be read from the online store {self._live}:"
                        f" {error}",
                        remedy="move the file away, then: tambo features",
                    ) from error
            else:
                # That of a push into a file which is gone would be played back into this one.
                self._live.with_name(f"{self._live.name}-journal").unlink(missing_ok=True)
            _close(store)
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            self.path.replace(self._live)

    def _carry_pushes(
        self, connection: sqlite3.Connection, store: FeatureStore, *, overwrite: bool
    ) -> None:
        """Take over what was pushed into the old file, and is newer than the release."""
        from tambo.featurestore.stores.sqlite import RELEASE, newer, table_of

        connection.execute("ATTACH ? AS old", (str(self._live),))
        for view in store.list_feature_views():
            name = table_of(store.config, view)
            there = connection.execute("SELECT name FROM pragma_table_info(?, 'old')", (name,))
            columns = [row[0] for row in there]
            if RELEASE not in columns:
                continue
            columns = [one for one in columns if one in _columns(connection, name)]
            named = ", ".join(map(ident, columns))
            changed = ", ".join(f"{ident(one)} = excluded.{ident(one)}" for one in columns)
            decide = (
                "DO NOTHING"
                if overwrite
                else (f"DO UPDATE SET {changed} WHERE {newer('t', 'excluded')}")
            )
            connection.execute(
                f"INSERT INTO main.{ident(name)} AS t ({named}) SELECT {named} "
                f"FROM old.{ident(name)} WHERE {RELEASE} IS NULL "
                f"ON CONFLICT (entity_key, feature_name) {decide}"
            )
        connection.commit()
        connection.execute("DETACH old")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    rows = connection.execute("SELECT name FROM pragma_table_info(?, 'main')", (table,))
    return {row[0] for row in rows}


def _fresh(path: Any) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


@contextmanager
def _hold(path: Any) -> Iterator[bool]:
    """Keep pushes out of a file; those that wait find the new one after it."""
    if not path.exists():
        yield False
        return
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OnlineStoreError(
                f"the online store {path} is not to be had: {error}",
                remedy="wait for whoever writes to it, then: tambo features",
            ) from error
        except sqlite3.DatabaseError:
            # No SQLite file: nothing in it is to be kept.
            yield False
            return
        yield True
        connection.execute("ROLLBACK")


def _connection(store: FeatureStore) -> sqlite3.Connection:
    connection: sqlite3.Connection = store._get_provider().online_store._get_conn(store.config)
    return connection


def _close(store: FeatureStore) -> None:
    online = store._get_provider().online_store
    online._conn.close()
    online._conn = None
