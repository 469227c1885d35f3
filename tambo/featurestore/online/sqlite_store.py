"""Read the online store in SQLite, as Feast's writer and ours lay it out; no row of it is changed.

There is one table a view, named project_view, with one row for each (entity key, feature). Feast
keeps event times there in whole seconds (their fraction is cut off), counted as if UTC were the
local time of the machine; they are turned back in the same way. Our writer puts the exact time
into a column beside it.

A release is published by putting a new file in the place of the old one. Each look-up reads one
file from beginning to end, so it sees one release. A push that was killed half-way is taken back
by the first who reads.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakSet

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.state import TABLE as STATE
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import Fetched, Found, Layout, Wanted

EVENT_US = "event_us"
"""Column of the event time in microseconds since 1970, in tables that our writer made."""

_FILL = "run tambo features"
_BUSY_SECONDS = 2.0
_KEYS_A_STATEMENT = 10_000
_CACHE_KIB = 16_384
"""Pages that are kept; SQLite's own 2 MiB do not hold the upper levels of a large table."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Row = tuple[int, str, bytes, object, int | None]


class SqliteStore:
    """Reads one SQLite file; may be used by several threads and after a fork.

    A file that is replaced by a new one is opened again at the next look-up.

    Args:
        path: the file.
        project: Feast's project name.
    """

    def __init__(self, path: Path, project: str) -> None:
        self._path = path
        self._project = project
        self._lock = Lock()
        self._file: _File | None = None
        _STORES.add(self)

    def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one transaction; see `OnlineStore.fetch`."""
        with self._lock:
            file = self._open()
            with file.reading():
                return Fetched(file.state(), [_read(file, one) for one in wanted])

    async def fetch_async(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys: reading a local file takes less than the way to a thread and back."""
        return self.fetch(wanted)

    def check(self, stored: Sequence[str]) -> None:
        """Make sure that all tables are there and that one of them holds a row."""
        with self._lock:
            file = self._open()
            tables = {row[0] for row in file.run("SELECT name FROM sqlite_master", ())}
            missing = sorted(name for name in stored if file.table(name) not in tables)
            if missing:
                raise OnlineStoreError(
                    f"the online store {self._path} has no table for {', '.join(missing)}",
                    remedy=_FILL,
                )
            for name in stored:
                if file.run(f"SELECT 1 FROM {_quoted(file.table(name))} LIMIT 1", ()):
                    return
        raise OnlineStoreError(f"the online store {self._path} is empty", remedy=_FILL)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.connection.close()
            self._file = None

    async def close_async(self) -> None:
        """Close the file."""
        self.close()

    def _open(self) -> _File:
        try:
            status = self._path.stat()
        except OSError as error:
            raise OnlineStoreError(
                f"the online store {self._path} is not there", remedy=_FILL
            ) from error
        identity = (status.st_dev, status.st_ino)
        if self._file is None or self._file.identity != identity:
            if self._file is not None:
                self._file.connection.close()
            self._file = _File(self._path, self._project, identity)
        return self._file


_STORES: WeakSet[SqliteStore] = WeakSet()
_HELD: list[SqliteStore] = []
_INHERITED: list[_File] = []
"""SQLite forbids to use, and even to close, in a child what its parent has opened."""


def _before_fork() -> None:
    """No thread may be inside SQLite: the child would wait for it for ever."""
    _HELD.extend(_STORES)
    for store in _HELD:
        store._lock.acquire()


def _after_fork() -> None:
    while _HELD:
        _HELD.pop()._lock.release()


def _in_child() -> None:
    for store in _HELD:
        if store._file is not None:
            _INHERITED.append(store._file)
            store._file = None
    _after_fork()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)


class _File:
    """One opened file, with what is known of it."""

    def __init__(self, path: Path, project: str, identity: tuple[int, int]) -> None:
        self.identity = identity
        self._path = path
        self._project = project
        self._exact: dict[str, bool] = {}
        self._says: StoreState | None = None
        self._asked = False
        self.connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self.run(f"PRAGMA cache_size = -{_CACHE_KIB}", ())

    def table(self, stored: str) -> str:
        """Name of a view's table."""
        return f"{self._project}_{stored}"

    def state(self) -> StoreState | None:
        """Which release the file holds; read once, since a file is replaced as a whole."""
        if not self._asked:
            if self.run("SELECT 1 FROM sqlite_master WHERE name = ?", (STATE,)):
                found = self.run(f"SELECT state FROM {STATE} WHERE project = ?", (self._project,))
                self._says = StoreState.parse(found[0][0]) if found else None
            self._asked = True
        return self._says

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read within is of one instant, whoever writes meanwhile."""
        self.run("BEGIN", ())
        try:
            yield
        finally:
            self.connection.rollback()

    def rows(self, layout: Layout, keys: Sequence[bytes]) -> Iterator[_Row]:
        """The values of some keys: (key's position, feature, value, event seconds, micros)."""
        exact = EVENT_US if self._is_exact(layout.stored) else "NULL"
        table = _quoted(self.table(layout.stored))
        for start in range(0, len(keys), _KEYS_A_STATEMENT):
            some = keys[start : start + _KEYS_A_STATEMENT]
            # A number is made faster than the key is made again for each of its values.
            asked = ",".join([f"({at},?)" for at in range(start, start + len(some))])
            yield from self.run(
                f"SELECT column1, feature_name, value, event_ts, {exact} FROM (VALUES {asked})"
                f" CROSS JOIN {table} WHERE entity_key = column2",
                some,
            )

    def _is_exact(self, stored: str) -> bool:
        known = self._exact.get(stored)
        if known is None:
            columns = self.run(f"PRAGMA table_info({_quoted(self.table(stored))})", ())
            known = self._exact[stored] = any(row[1] == EVENT_US for row in columns)
        return known

    def run(self, sql: str, parameters: Sequence[bytes | str]) -> list[tuple[Any, ...]]:
        """Run a statement, and say what is wrong with the file if it fails."""
        try:
            try:
                return self.connection.execute(sql, parameters).fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                    raise
                # Only the first statement of a look-up can meet it, so nothing was read before.
                _roll_back(self._path)
                return self.connection.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise OnlineStoreError(
                f"the online store {self._path} cannot be read: {error}", remedy=_remedy(error)
            ) from error
        except sqlite3.DatabaseError as error:
            raise OnlineStoreError(
                f"{self._path} is not an online store: {error}", remedy=f"delete it and {_FILL}"
            ) from error


def _roll_back(path: Path) -> None:
    """Take back what a writer that was killed has half written; a reader's file cannot do it."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()


def _read(file: _File, wanted: Wanted) -> Found:
    layouts, keys = wanted
    size = sum(len(one.names) for one in layouts)
    events: list[list[datetime | None]] = [[None] * len(layouts) for _ in keys]
    values: list[list[bytes | None]] = [[None] * size for _ in keys]
    start = 0
    for view, layout in enumerate(layouts):
        places = dict(zip(layout.names, range(start, start + len(layout.names)), strict=True))
        start += len(layout.names)
        last, when, micros = -1, None, None
        for at, feature, value, seconds, exact in file.rows(layout, keys):
            # The features of a key lie side by side, and share their time as a rule.
            if at != last or seconds != when or exact != micros:
                last, when, micros = at, seconds, exact
                row, times = values[at], events[at]
                event, known = _event(seconds, exact), times[view]
                if known is None or event > known:
                    times[view] = event
            if feature in places:
                row[places[feature]] = value
    return Found(events, values)  # type: ignore[arg-type]  # lists of lists


@lru_cache(maxsize=4096)  # all features of a row, and often many rows, share one event time
def _event(seconds: object, exact: int | None) -> datetime:
    """The event time; a stock writer that replaced a row has left the exact column behind."""
    if exact is not None:
        event = _EPOCH + timedelta(microseconds=exact)
        if local_seconds(event) == seconds:
            return event
    if isinstance(seconds, int | float):
        return datetime.fromtimestamp(seconds).replace(tzinfo=UTC)
    instant = datetime.fromisoformat(str(seconds))
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def local_seconds(instant: datetime) -> int:
    """The number that Feast stores for an instant: its UTC clock face, read as local time."""
    return int(instant.astimezone(UTC).replace(tzinfo=None).timestamp())


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _remedy(error: sqlite3.OperationalError) -> str:
    if "locked" in str(error):
        return "features are being written: ask again in a moment"
    if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:
        return "a push was killed half-way, and this process may not write: start tambo telemetry"
    return _FILL
