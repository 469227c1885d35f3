"""A table of visitor counts in SQLite, the door to it, and what the lake made of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tambo.lake import reader
from tambo.settings import Settings

Row = tuple[str, str, int]
"""Local time, location, count."""


class VisitorTable:
    """A table `tourist_flow`, as a board's database has it."""

    def __init__(self, path: Path, *, changed: bool = False) -> None:
        self.path, self.changed = path, changed
        more = ", changed_at TEXT" if changed else ""
        with self._open() as connection:
            connection.execute(
                "CREATE TABLE tourist_flow "
                f"(timestamp DATETIME, location TEXT, tourist_count INT{more})"
            )

    def settings(self, home: Path, **values: Any) -> Settings:
        """Settings of a home whose door leads here."""
        if self.changed:
            values["visitors_changed_column"] = "changed_at"
        return Settings(home=home, visitors_database_url=f"sqlite:///{self.path}", **values)

    def put(self, rows: Iterable[Row], changed_at: datetime | None = None) -> None:
        """Write rows; a row of a time and location that is there is corrected."""
        with self._open() as connection:
            for at, location, count in rows:
                own = (at, location)
                connection.execute(
                    "DELETE FROM tourist_flow WHERE timestamp = ? AND location = ?", own
                )
                marks = (*own, count, *([str(changed_at)] if self.changed else []))
                connection.execute(
                    f"INSERT INTO tourist_flow VALUES ({', '.join('?' * len(marks))})", marks
                )

    def rows(self) -> list[Row]:
        """What it holds."""
        with self._open() as connection:
            found = connection.execute(
                "SELECT timestamp, location, tourist_count FROM tourist_flow"
            )
            return sorted(found.fetchall())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA synchronous = off")
            with connection:
                yield connection


def newest(settings: Settings, zone: str = "America/Lima") -> list[Row]:
    """The newest version of every key in the lake, in local time, withdrawn ones left out."""
    with reader(settings) as lake:
        found = lake.execute(
            "SELECT timestamp, location, tourist_count FROM lake.raw.tourist_flow "
            "QUALIFY row_number() OVER (PARTITION BY timestamp, location, market ORDER BY "
            "_known_at DESC, _batch_id DESC, _row_number DESC) = 1 AND withdrawn IS NOT TRUE"
        ).fetchall()
    utc, local = ZoneInfo("UTC"), ZoneInfo(zone)
    shown = [
        (at.replace(tzinfo=utc).astimezone(local).replace(tzinfo=None), *rest)
        for at, *rest in found
    ]
    return sorted((str(at), *rest) for at, *rest in shown)


def versions(settings: Settings) -> int:
    """How many versions of all keys the lake holds."""
    with reader(settings) as lake:
        return lake.execute("SELECT count(*) FROM lake.raw.tourist_flow").fetchone()[0]
