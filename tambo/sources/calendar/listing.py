"""A CSV of events as entries, each line as it stands: ingest says what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping

from tambo.errors import SourceError
from tambo.sources.calendar.changes import Entry, Key, Row, digest
from tambo.sources.calendar.occurrence import Reading
from tambo.sources.contracts import Table


def read_csv(text: str, source: str, table: Table, reading: Reading) -> dict[Key, Entry]:
    """Read the lines of a CSV in the contract's columns.

    Lines of one key that differ are all given on: nobody can tell which is right.

    Args:
        text: the file.
        source: what it is called in errors.
        table: contract of the lines.
        reading: takes the notes.

    Raises:
        SourceError: it lacks a column that must be there, or has one that the contract does not.
    """
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    merged: dict[Key, list[Row]] = defaultdict(list)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check(header, source, table)
        for line in lines:
            if not any(value.strip() for value in line):
                continue
            if len(line) != len(header):
                what = f"lines of {source} have not {len(header)} fields and are left out"
                reading.note(what, str(lines.line_num))
                continue
            row = {name: value.strip() for name, value in zip(header, line, strict=True)}
            merged[_key(row, table)].append(row)
    except csv.Error as error:
        raise SourceError(
            f"{source}, line {lines.line_num}, cannot be read as CSV: {error}",
            remedy="correct the file; nothing was taken from it",
        ) from error
    return {key: _entry(rows) for key, rows in merged.items()}


def _check(header: list[str], source: str, table: Table) -> None:
    missing = [name for name in table.required if name not in header]
    strange = [name for name in header if name not in table.file_columns]
    if not (missing or strange or len(set(header)) < len(header)):
        return
    raise SourceError(
        f"The columns of {source} are {', '.join(header) or 'none'}; "
        f"it must have {', '.join(table.required)}, and may have no other than "
        f"{', '.join(table.file_columns)}.",
        remedy="name the columns so, or take the file in with `tambo ingest --mapping`",
    )


def _key(row: Mapping[str, str], table: Table) -> Key:
    return tuple(row.get(name) or table.columns[name].default or "" for name in table.key)


def _entry(rows: list[Row]) -> Entry:
    distinct = {digest(*(str(one) for one in sorted(row.items()))): row for row in rows}
    last = max((row.get("event_end") or row.get("event_date") or "") for row in rows)
    return Entry(tuple(distinct.values()), digest(*sorted(distinct)), last=last)
