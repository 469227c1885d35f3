"""A durable spool for what arrives while the lake is being written: one JSON record a line.

A topic is a table of the lake (`tambo.lake.topics`, SPOOLED and STREAMED), and has a folder of
segments:

    open.jsonl           what is appended to
    <number>.jsonl       sealed: waits to be moved into the table
    <number>.apart       lines of a segment that were no whole records of the table, kept for people

A record is acknowledged once its line is on the disk. A process that is killed while it writes may
leave a torn line; the next line begins after it. `tambo.lake.drain` moves whole records.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tambo.errors import SpoolError
from tambo.lake.topics import SPOOLED, STREAMED
from tambo.settings import Settings

SEGMENT_BYTES = 4 << 20
"""An open segment is sealed at this size: so much is held in memory when it is moved."""

OPEN = "open.jsonl"
SEALED, APART = ".jsonl", ".apart"


def append(settings: Settings, topic: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Put records on the disk; when this returns, they are kept whatever happens.

    Several processes and threads may append at once.

    Args:
        settings: the Tambo home.
        topic: a table of SPOOLED or STREAMED.
        records: values by column, as JSON has them; each with an `id` of its own. A record whose
            id has been taken before is taken once.

    Raises:
        SpoolError: unknown topic, a record without an id, or the disk refuses it.
    """
    _require(topic)
    if not all(isinstance(one.get("id"), str) for one in records):
        # Without its content, which may be personal.
        raise SpoolError(f"A record of {topic} has no id.", remedy="give each an id of its own")
    try:
        lines = b"".join(json.dumps(dict(one), allow_nan=False).encode() + b"\n" for one in records)
    except (TypeError, ValueError) as error:
        raise SpoolError(f"A record of {topic} is no JSON: {error}.") from error
    try:
        with _held(settings, topic) as folder:
            path = folder / OPEN
            with path.open("ab+") as file:
                # A torn line must not swallow this one.
                start = b"" if _ends_whole(file.fileno()) else b"\n"
                file.write(start + lines)
                file.flush()
                os.fsync(file.fileno())
                full = file.tell() >= SEGMENT_BYTES
            if full:
                _seal(folder)
            # Also when the file was there: whoever made it may have been killed before this.
            _sync(folder)
    except OSError as error:
        raise SpoolError(
            f"{settings.spool / topic} takes no record: {error}.",
            remedy="free space on the disk, or correct the rights of the folder",
        ) from error


def anything(settings: Settings) -> bool:
    """Whether any line waits for a table of SPOOLED; looks at no content."""
    return any(segments(settings.spool / topic) for topic in SPOOLED)


def seal(settings: Settings, topic: str) -> list[Path]:
    """Close the open segment; returns all sealed ones, oldest first.

    Raises:
        SpoolError: unknown topic.
    """
    _require(topic)
    folder = settings.spool / topic
    if not folder.exists():
        return []
    with _held(settings, topic):
        _seal(folder)
    return [path for path in segments(folder) if path.name != OPEN]


def segments(folder: Path) -> list[Path]:
    """Segments of a topic's folder, oldest first, the open one last."""
    return sorted(folder.glob(f"*{SEALED}"))


def lines_of(segment: Path) -> list[bytes]:
    """Lines of a segment, some perhaps torn; none when another process has just moved it."""
    try:
        return [line for line in segment.read_bytes().split(b"\n") if line]
    except FileNotFoundError:
        return []


def remove(segment: Path, apart: Sequence[bytes]) -> None:
    """Give up a segment whose records are in the lake, and keep the lines that were none.

    May be repeated after a kill: the lines apart lie in a file named after the segment.
    """
    if apart:
        draft = segment.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(b"\n".join(apart) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(segment.with_suffix(APART))
        _sync(segment.parent)
    segment.unlink(missing_ok=True)


def _require(topic: str) -> None:
    known = (*SPOOLED, *STREAMED)
    if topic not in known:
        raise SpoolError(
            f"There is no spool for {topic!r}.", remedy=f"choose one of: {', '.join(known)}"
        )


@contextmanager
def _held(settings: Settings, topic: str) -> Iterator[Path]:
    """Hold a topic: nobody else appends to it or seals it."""
    folder = settings.spool / topic
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _sync(settings.spool)
        _sync(settings.spool.parent)
    # Not a FileLock: that one asks again and again, and busy appenders would starve a drain.
    with (folder / "append.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder


def _ends_whole(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _seal(folder: Path) -> None:
    path = folder / OPEN
    if not path.exists():
        return
    number = time.time_ns()
    while (sealed := folder / f"{number:020d}{SEALED}").exists():
        number += 1
    path.rename(sealed)
    _sync(folder)


def _sync(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
