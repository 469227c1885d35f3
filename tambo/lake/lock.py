"""The one writer's lock: a file lock that says who holds it and since when."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from filelock import FileLock, Timeout

from tambo.errors import LockedError
from tambo.settings import Settings


class Holder(TypedDict):
    """Who holds the writer's lock."""

    pid: int
    purpose: str
    since: str


_held: dict[Path, FileLock] = {}


def _holder_file(settings: Settings) -> Path:
    return settings.lock_file.with_suffix(".holder.json")


def holder(settings: Settings) -> Holder | None:
    """Who holds the lock now, or None; a note left by a killed process does not count."""
    probe = FileLock(settings.lock_file)
    if not settings.lock_file.parent.exists():
        return None
    try:
        with probe.acquire(timeout=0):
            return None
    except Timeout:
        return _read_note(settings)


def _read_note(settings: Settings) -> Holder:
    try:
        note: Holder = json.loads(_holder_file(settings).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        # The lock is taken a moment before its note is written.
        note = {"pid": 0, "purpose": "starting", "since": ""}
    return note


@contextmanager
def writer_lock(settings: Settings, purpose: str) -> Iterator[None]:
    """Hold the writer's lock; nested use in one process is free.

    Args:
        settings: the Tambo home.
        purpose: what the lock is held for, shown by `tambo doctor`.

    Raises:
        LockedError: another process still holds it after `lock_timeout_seconds`.
    """
    settings.lock_file.parent.mkdir(parents=True, exist_ok=True)
    # One lock object a file makes nested use in one process re-entrant.
    lock = _held.setdefault(settings.lock_file, FileLock(settings.lock_file))
    first = not lock.is_locked
    try:
        lock.acquire(timeout=settings.lock_timeout_seconds)
    except Timeout:
        other = _read_note(settings)
        raise LockedError(
            f"The lake is being written by process {other['pid']} ({other['purpose']}, "
            f"since {other['since']}).",
            remedy="wait for it to end, or look with: tambo doctor",
        ) from None
    try:
        if first:
            note = Holder(
                pid=os.getpid(), purpose=purpose, since=datetime.now(UTC).isoformat(" ", "seconds")
            )
            _holder_file(settings).write_text(json.dumps(note))
        yield
    finally:
        lock.release()
