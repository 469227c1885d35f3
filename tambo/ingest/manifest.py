"""Reads `_arrivals.csv`: when each file beside it arrived, UTC."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from tambo.errors import IngestError

MANIFEST = "_arrivals.csv"
COLUMNS = ["file", "arrived_at"]


def read_arrivals(folder: Path) -> dict[str, datetime]:
    """Arrival times by file name; empty if the folder has no manifest.

    Raises:
        IngestError: the manifest is not as described.
    """
    path = folder / MANIFEST
    if not path.exists():
        return {}
    arrivals: dict[str, datetime] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if reader.fieldnames != COLUMNS:
                raise _wrong(path, 1, f"the header is {reader.fieldnames}")
            for row in reader:
                arrived = _time(path, reader.line_num, row["arrived_at"])
                if arrivals.setdefault(row["file"], arrived) != arrived:
                    raise _wrong(path, reader.line_num, f"{row['file']} arrives twice")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise IngestError(f"{path} cannot be read: {error}") from error
    return arrivals


def _time(path: Path, line: int, text: str) -> datetime:
    try:
        arrived = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise _wrong(path, line, f"arrived_at is {text!r}") from None
    if arrived.tzinfo is not None:
        raise _wrong(path, line, f"arrived_at {text} names a zone; it must be plain UTC")
    return arrived


def _wrong(path: Path, line: int, what: str) -> IngestError:
    return IngestError(
        f"{path}, line {line}: {what}.",
        remedy="columns file,arrived_at; times as YYYY-MM-DD HH:MM:SS in UTC; one line a file",
    )
