"""The one writer's lock: a file lock that says who holds it and since when."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from filelock import FileLock, Timeout

from tambo.errors import LockedError
from tambo.settings import Settings

PATIENCE_SECONDS = 2.0
"""How long a writer waits before it says whom it waits for."""

DRAIN = "drain"
"""Purpose of a hold that empties the spool itself."""

logger = logging.getLogger(__name__)


class Holder(TypedDict):
    """Who holds the writer's lock."""

    pid: int
    purpose: str
    since: str


# One lock object a file makes nested use in one thread re-entrant.
_locks: dict[Path, FileLock] = {}


@contextmanager
def writer_lock(settings: Settings, purpose: str) -> Iterator[None]:
    """Hold the writer's lock; nested use in one thread is free, other threads wait.

    The operating system frees the lock of a killed process. When it has been given back, what
    arrived in the spool meanwhile is moved into the lake.

    Args:
        settings: the Tambo home.
        purpose: what the lock is held for, shown by `tambo doctor`.

    Raises:
        LockedError: another process or thread still holds it after `lock_timeout_seconds`.
    """
    path = settings.lock_file.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _locks.setdefault(path, FileLock(path))
    outermost = not lock.is_locked
    _acquire(lock, settings)
    try:
        if outermost:
            _write_note(settings, purpose)
        yield
    finally:
        if outermost:
            _note_file(settings).unlink(missing_ok=True)
        lock.release()
    if outermost and purpose != DRAIN:
        from tambo.lake.drain import drain_if_free  # it stands on this module

        drain_if_free(settings)


def holder(settings: Settings) -> Holder | None:
    """Who holds the lock now, or None; a note left by a killed process does not count."""
    if not settings.lock_file.exists():
        return None
    try:
        with FileLock(settings.lock_file).acquire(timeout=0):
            return None
    except Timeout:
        return _read_note(settings)


def describe(note: Holder) -> str:
    """One phrase for people: process 12 (ingest), since 2026-11-21 10:00:00+00:00."""
    if not note["pid"]:
        return "a process that is just starting"
    return f"process {note['pid']} ({note['purpose']}), since {note['since']}"


def _acquire(lock: FileLock, settings: Settings) -> None:
    patience = min(PATIENCE_SECONDS, settings.lock_timeout_seconds)
    with suppress(Timeout):
        lock.acquire(timeout=patience)
        return
    rest = settings.lock_timeout_seconds - patience
    if rest > 0:
        logger.warning("waiting for the writer's lock: %s", describe(_read_note(settings)))
    try:
        lock.acquire(timeout=rest)
    except Timeout:
        raise LockedError(
            f"The lake is being written by {describe(_read_note(settings))}.",
            remedy="wait for it to end, or look with: tambo doctor",
        ) from None


def _note_file(settings: Settings) -> Path:
    return settings.lock_file.with_suffix(".holder.json")


def _write_note(settings: Settings, purpose: str) -> None:
    since = datetime.now(UTC).isoformat(" ", "seconds")
    note = Holder(pid=os.getpid(), purpose=purpose, since=since)
    draft = settings.lock_file.with_suffix(".holder.tmp")
    draft.write_text(json.dumps(note))
    draft.replace(_note_file(settings))


def _read_note(settings: Settings) -> Holder:
    """The note of a living process; the lock is taken a moment before its note is written."""
    with suppress(FileNotFoundError, json.JSONDecodeError):
        note: Holder = json.loads(_note_file(settings).read_text())
        if alive(note["pid"]):
            return note
    return Holder(pid=0, purpose="starting", since="")


def alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
