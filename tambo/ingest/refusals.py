"""Reads `_refused.csv`: which lines of the files beside it were refused before they were written.

Whoever writes a file from messages may know of some that they cannot be right, for reasons that no
contract can see: when a message arrived, or that it was no record at all. Their lines are in the
file, so that nothing is lost, and go to the quarantine under the reason given here.
"""

from __future__ import annotations

import csv
from pathlib import Path

from tambo.errors import IngestError
from tambo.ingest.reasons import MESSAGE_REASONS

REFUSALS = "_refused.csv"
COLUMNS = ["file", "record", "reason"]


def read_refusals(folder: Path) -> dict[str, dict[int, str]]:
    """Reasons by file name and record number (from 1); empty if the folder has no such list.

    Raises:
        IngestError: the list is not as described.
    """
    path = folder / REFUSALS
    if not path.exists():
        return {}
    refusals: dict[str, dict[int, str]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if reader.fieldnames != COLUMNS:
                raise _wrong(path, 1, f"the header is {reader.fieldnames}")
            for row in reader:
                if not row["record"].isdigit() or row["reason"] not in MESSAGE_REASONS:
                    raise _wrong(path, reader.line_num, f"{row['record']}, {row['reason']}")
                refusals.setdefault(row["file"], {})[int(row["record"])] = row["reason"]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise IngestError(f"{path} cannot be read: {error}") from error
    return refusals


def _wrong(path: Path, line: int, what: str) -> IngestError:
    return IngestError(
        f"{path}, line {line}: {what}.",
        remedy=f"columns {','.join(COLUMNS)}; reasons: {', '.join(MESSAGE_REASONS)}",
    )
