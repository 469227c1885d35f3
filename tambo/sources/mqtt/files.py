"""Cuts messages into files that ingest takes.

Files are cut where their messages arrived: each has its own time of arrival, and so has the lake.
Several rows of one key with other contents are corrections in the order in which they came; each
goes to a file behind the one that it corrects, since no order counts within a file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO

from tambo.sources.contracts import Table
from tambo.sources.mqtt.message import Fields, Message

MOST_VERSIONS = 20
"""Files of one time of arrival; a key that changes more often there is set apart by ingest."""


@dataclass
class File:
    """Messages that come in together.

    Attributes:
        messages: in the order of arrival.
        contents: the row of each key among them.
    """

    messages: list[Message] = field(default_factory=list)
    contents: dict[Fields, Fields] = field(default_factory=dict)


def files_of(
    table: Table, messages: Sequence[Message], span: timedelta
) -> Iterator[tuple[datetime, File]]:
    """Messages by file, with the time at which the last of its span had arrived; earlier first.

    Args:
        table: the contract.
        messages: in the order of arrival.
        span: how far apart messages of one time of arrival may have come.
    """
    places = [table.file_columns.index(name) for name in table.key]
    for arrived, together in _spans(messages, span):
        files = [File()]
        versions: dict[Fields, int] = {}
        for message in together:
            if message.fields is None or message.refused is not None:
                files[0].messages.append(message)
                continue
            key = tuple(message.fields[place] for place in places)
            at = versions.setdefault(key, 0)
            if files[at].contents.setdefault(key, message.fields) != message.fields:
                at = versions[key] = min(at + 1, MOST_VERSIONS - 1)
                if at == len(files):
                    files.append(File())
                files[at].contents[key] = message.fields
            files[at].messages.append(message)
        for file in files:
            yield arrived, file


def _spans(
    messages: Sequence[Message], span: timedelta
) -> Iterator[tuple[datetime, list[Message]]]:
    """Messages that arrived within a span, and when the last of them had; clocks may step back."""
    together: list[Message] = []
    newest = begun = datetime.min.replace(tzinfo=UTC)
    for message in messages:
        if together and message.at > begun + span:
            yield newest, together
            together = []
        if not together:
            begun = max(message.at, newest)
        newest = max(message.at, newest)
        together.append(message)
    if together:
        yield newest, together


def content_of(table: Table, messages: Iterable[Message]) -> bytes:
    """Messages as lines of the contract's columns; what is no row is one text, as it came."""
    lines = [lines_of_csv([table.file_columns])]
    for message in messages:
        if message.fields is not None:
            lines.append(lines_of_csv([aligned(message.fields, len(table.file_columns))]))
        else:
            raw = message.raw.encode("latin-1").replace(b'"', b'""')
            lines.append(b'"' + raw + b'"' + b"," * (len(table.file_columns) - 1) + b"\n")
    return b"".join(lines)


def aligned(fields: Fields, width: int) -> Fields:
    """A row in all columns that there are now: sensors that it could not know are empty.

    Sensors are only ever added, behind the others and before the tombstone.
    """
    return (*fields[:-1], *[None] * (width - len(fields)), *fields[-1:])


def lines_of_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as lines of CSV."""
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    # Half a surrogate pair is JSON, and no text: ingest sets its line apart.
    return out.getvalue().encode("utf-8", "surrogatepass")
