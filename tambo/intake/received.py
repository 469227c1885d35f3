"""Keeps rows that were told, each once: on the disk when this says so.

A row is a line of its contract's table and waits in the spool as messages do. Beside the spool an
index remembers of each key what was told last. The row is spooled before the index says so: whoever
is killed between the two, and told the same again, spools it twice, and ingest counts a repeat.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from tambo.errors import SpoolError
from tambo.lake import spool
from tambo.settings import Settings

Status = Literal["recorded", "corrected"]
Row = Mapping[str, str | None]

_WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Intake:
    """A raw table that is told of over HTTP.

    Attributes:
        domain: whose contract it has.
        table: of the contract.
        columns: all of its columns, in order, the tombstone last.
        key: of its columns.
    """

    domain: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def spool(self) -> str:
        """The spool's topic."""
        return f"raw.{self.table}"


@dataclass(frozen=True)
class Told:
    """What became of a row.

    Attributes:
        status: whether it was the first of its key, or corrects the one before.
        received_at: when it was told first, UTC with zone.
        known: it had been told before, as it is.
    """

    status: Status
    received_at: datetime
    known: bool


def keep(settings: Settings, intake: Intake, rows: Sequence[Row]) -> list[Told]:
    """Keep some rows, all or none; a row that was told last is not kept again.

    Several processes and threads may do so at once.

    Args:
        settings: the Tambo home.
        intake: whose rows.
        rows: texts by column, as the contract reads them; no two of one key that differ.

    Raises:
        SpoolError: the disk refuses them; none is acknowledged.
    """
    path = settings.home.absolute() / "intake" / "received.sqlite"
    now = datetime.now(UTC)
    try:
        with _index(path) as index:
            told, new = _told(index, intake, rows, now)
            if new:
                at = now.isoformat()
                messages = [
                    # As tambo.sources.mqtt.message.Message has them.
                    {"id": uuid4().hex, "at": at, "fields": [row.get(n) for n in intake.columns]}
                    for row in new
                ]
                spool.append(settings, intake.spool, messages)
            index.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        raise SpoolError(
            f"{path} takes nothing: {error}.",
            remedy="free space on the disk, or correct the folder's rights; then tell it again",
        ) from error
    return told


def _told(
    index: sqlite3.Connection, intake: Intake, rows: Sequence[Row], now: datetime
) -> tuple[list[Told], list[Row]]:
    """What each row is to the one before of its key, and those that are to be kept."""
    told, new = [], []
    for row in rows:
        key = json.dumps([row.get(name) for name in intake.key])
        content = blake2b(_text(intake, row), digest_size=16).hexdigest()
        found = index.execute(
            "SELECT content, status, received_at FROM received WHERE topic = ? AND key = ?",
            (intake.spool, key),
        ).fetchone()
        if found is not None and found[0] == content:
            told.append(Told(found[1], datetime.fromisoformat(found[2]), known=True))
            continue
        status: Status = "recorded" if found is None else "corrected"
        index.execute(
            "INSERT OR REPLACE INTO received VALUES (?, ?, ?, ?, ?)",
            (intake.spool, key, content, status, now.isoformat()),
        )
        told.append(Told(status, now, known=False))
        new.append(row)
    return told, new


def _text(intake: Intake, row: Row) -> bytes:
    values: list[Any] = [row.get(name) for name in intake.columns]
    return json.dumps(values).encode()


@contextmanager
def _index(path: Path) -> Iterator[sqlite3.Connection]:
    """The index, held by us alone; what is not committed did not happen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, _WAIT_SECONDS, isolation_level=None)) as index:
        index.execute("PRAGMA journal_mode = WAL")
        index.execute("PRAGMA synchronous = FULL")
        index.execute("BEGIN IMMEDIATE")
        index.execute(
            "CREATE TABLE IF NOT EXISTS received (topic TEXT, key TEXT, content TEXT, status TEXT, "
            "received_at TEXT, PRIMARY KEY (topic, key)) WITHOUT ROWID"
        )
        yield index
