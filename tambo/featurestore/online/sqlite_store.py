"""Read the online store that Feast's SQLite writer made; the file is never written to.

There is one table a view, named project_view, with one row for each (entity key, feature). Feast
keeps event times there in whole seconds (their fraction is cut off), counted as if UTC were the
local time of the machine; they are turned back in the same way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.state import TABLE as STATE
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import Fetched, Stored, Wanted

_FILL = "run tambo features"
_BUSY_SECONDS = 2.0
_KEYS_A_STATEMENT = 10_000
"""SQLite takes at most 32,766 parameters."""


class SqliteStore:
    """Reads one SQLite file; may be used by several threads.

    A file that is replaced by a new one is opened again at the next look-up.

    Args:
        path: the file.
        project: Feast's project name.
    """

    def __init__(self, path: Path, project: str) -> None:
        self._path = path
        self._project = project
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._known: tuple[int, int] | None = None
        self._says: StoreState | None = None

    def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one statement; see `OnlineStore.fetch`."""
        parts = [
            (position, one.stored, one.keys[start : start + _KEYS_A_STATEMENT])
            for position, one in enumerate(wanted)
            for start in range(0, len(one.keys), _KEYS_A_STATEMENT)
        ]
        found: list[dict[bytes, Stored]] = [{} for _ in wanted]
        with self._lock:
            for group in _groups(parts):
                for position, key, feature, value, event in self._rows(group):
                    _put(found[position], key, feature, value, _event(event))
            return Fetched(self._state(), found)

    def check(self, stored: Sequence[str]) -> None:
        """Make sure that all tables are there and that one of them holds a row."""
        with self._lock:
            tables = {row[0] for row in self._run("SELECT name FROM sqlite_master", ())}
            missing = sorted(name for name in stored if self._table(name) not in tables)
            if missing:
                raise OnlineStoreError(
                    f"the online store {self._path} has no table for {', '.join(missing)}",
                    remedy=_FILL,
                )
            for name in stored:
                if self._run(f"SELECT 1 FROM {_quoted(self._table(name))} LIMIT 1", ()):
                    return
        raise OnlineStoreError(f"the online store {self._path} is empty", remedy=_FILL)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = self._opened = None

    def _table(self, stored: str) -> str:
        return f"{self._project}_{stored}"

    def _rows(self, parts: Sequence[tuple[int, str, tuple[bytes, ...]]]) -> list[tuple[Any, ...]]:
        if not parts:
            return []
        selects = [
            f"SELECT {position}, entity_key, feature_name, value, event_ts"
            f" FROM {_quoted(self._table(stored))}"
            f" WHERE entity_key IN ({','.join('?' * len(keys))})"
            for position, stored, keys in parts
        ]
        return self._run(" UNION ALL ".join(selects), [key for *_, keys in parts for key in keys])

    def _state(self) -> StoreState | None:
        # The file is replaced as a whole, so its state is read once.
        connection = self._open()
        if self._known != self._opened:
            self._known, self._says = self._opened, None
            if self._run("SELECT 1 FROM sqlite_master WHERE name = ?", (STATE,)):
                sql = f"SELECT state FROM {STATE} WHERE project = ?"
                found = connection.execute(sql, (self._project,)).fetchone()
                self._says = None if found is None else StoreState.parse(found[0])
        return self._says

    def _run(self, sql: str, parameters: Sequence[bytes | str]) -> list[tuple[Any, ...]]:
        try:
            return self._open().execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise OnlineStoreError(
                f"the online store {self._path} cannot be read: {error}", remedy=_remedy(error)
            ) from error
        except sqlite3.DatabaseError as error:
            raise OnlineStoreError(
                f"{self._path} is not an online store: {error}", remedy=f"delete it and {_FILL}"
            ) from error

    def _open(self) -> sqlite3.Connection:
        try:
            status = self._path.stat()
        except OSError as error:
            raise OnlineStoreError(
                f"the online store {self._path} is not there", remedy=_FILL
            ) from error
        identity = (status.st_dev, status.st_ino)
        if self._connection is None or self._opened != identity:
            if self._connection is not None:
                self._connection.close()
            self._connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=_BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._opened = identity
        return self._connection


def _groups(
    parts: Sequence[tuple[int, str, tuple[bytes, ...]]],
) -> list[list[tuple[int, str, tuple[bytes, ...]]]]:
    """Put as many parts into a statement as its parameters allow."""
    groups: list[list[tuple[int, str, tuple[bytes, ...]]]] = []
    size = 0
    for part in parts:
        if not groups or size + len(part[2]) > 3 * _KEYS_A_STATEMENT:
            groups.append([])
            size = 0
        groups[-1].append(part)
        size += len(part[2])
    return groups


def _put(
    found: dict[bytes, Stored], key: bytes, feature: str, value: bytes, event: datetime
) -> None:
    before = found.get(key)
    if before is None:
        found[key] = Stored(event, {feature: value})
        return
    before.values[feature] = value
    if event > before.event_timestamp:
        found[key] = Stored(event, before.values)


@lru_cache(maxsize=4096)  # all features of a row, and often many rows, share one event time
def _event(stored: object) -> datetime:
    if isinstance(stored, int | float):
        return datetime.fromtimestamp(stored).replace(tzinfo=UTC)
    instant = datetime.fromisoformat(str(stored))
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _remedy(error: sqlite3.OperationalError) -> str:
    if "locked" in str(error):
        return "features are being written: ask again in a moment"
    return _FILL
