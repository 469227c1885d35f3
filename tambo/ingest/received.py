"""Reads `_received.csv`: when each line of the files beside it was received, UTC.

A file of messages has one time of arrival in the manifest, that of its last message. Here each line
has its own, and is known from then on; a line that the list does not name arrived with its file.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from tambo.errors import IngestError

RECEIVED = "_received.csv"
COLUMNS = ["file", "record", "received_at"]


def read_received(folder: Path) -> dict[str, dict[int, datetime]]:
    """Times by file name and record number (from 1); empty if the folder has no such list.

    Raises:
        IngestError: the list is not as described.
    """
    path = folder / RECEIVED
    if not path.exists():
        return {}
    received: dict[str, dict[int, datetime]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            if next(rows, None) != COLUMNS:
                raise _wrong(path, 1, "the header is another")
            for row in rows:
                name, record, at = _line(path, rows.line_num, row)
                received.setdefault(name, {})[record] = at
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise IngestError(f"{path} cannot be read: {error}") from error
    return received


def _line(path: Path, line: int, row: list[str]) -> tuple[str, int, datetime]:
    try:
        name, record, text = row
        number, at = int(record), datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(path, line, ",".join(row)) from None
    if number < 1 or at.tzinfo is not None:
        raise _wrong(path, line, ",".join(row))
    return name, number, at


def _wrong(path: Path, line: int, what: str) -> IngestError:
    return IngestError(
        f"{path}, line {line}: {what}.",
        remedy=f"columns {','.join(COLUMNS)}; times as YYYY-MM-DD HH:MM:SS.ffffff in UTC",
    )
