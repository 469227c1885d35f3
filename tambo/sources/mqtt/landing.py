"""Writes what waits in a stream's spool as files that ingest takes, and gives the spool up.

    landing/<domain>/<table>/batch/     a micro-batch that is whole and waits for the lake

A micro-batch is written beside, and there once it is renamed; with it lies the list of the segments
that it holds. So a process that is killed at any step neither loses a message nor takes one twice:
the segments of a micro-batch that is there are given up, and what is not there is written again.

Files are cut where their messages arrived: each has its own time of arrival, and so has the lake.
Several rows of one key with other contents are corrections in the order in which they came; each
goes to a file behind the one that it corrects, since no order counts within a file.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from tambo.ingest.manifest import COLUMNS as ARRIVAL_COLUMNS
from tambo.ingest.manifest import MANIFEST
from tambo.ingest.refusals import COLUMNS as REFUSAL_COLUMNS
from tambo.ingest.refusals import REFUSALS
from tambo.lake import spool
from tambo.settings import Settings
from tambo.sources.contracts import Table
from tambo.sources.fetch_state import door_folder, write_file
from tambo.sources.mqtt.message import Fields, Message
from tambo.sources.mqtt.stream import Stream
from tambo.sources.page_file import as_new, content_hash

SEGMENTS = "_segments.json"
MOST_SEGMENTS = 8
"""Segments of the spool in one micro-batch: so much is held in memory."""
MOST_VERSIONS = 20
"""Files of one time of arrival; a key that changes more often there is set apart by ingest."""
KEPT = 2
"""Segments that are kept after they came in, so that a repeated delivery is known as such."""
DONE = ".done"


@dataclass
class _File:
    """Messages that come in together.

    Attributes:
        messages: in the order of arrival.
        contents: the row of each key among them.
    """

    messages: list[Message] = field(default_factory=list)
    contents: dict[Fields, Fields] = field(default_factory=dict)


def batch_folder(settings: Settings, stream: Stream) -> Path:
    """Where a micro-batch waits for the lake."""
    return door_folder(settings, stream.domain, stream.table) / "batch"


def land(settings: Settings, stream: Stream, table: Table) -> Path | None:
    """Make a micro-batch of what waits, or find the one that a kill left there.

    Only the holder of the writer's lock may call this.

    Returns:
        Its folder; None: nothing waits.
    """
    folder = batch_folder(settings, stream)
    draft = folder.with_suffix(".part")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder.with_suffix(".taken"), ignore_errors=True)
    if not folder.exists():
        segments = spool.seal(settings, stream.spool)[:MOST_SEGMENTS]
        if not segments:
            return None
        draft.mkdir(parents=True)
        _write(settings, table, draft, segments)
        _rename(draft, folder)
    _give_up(settings, stream, json.loads((folder / SEGMENTS).read_text()))
    return folder


def taken(folder: Path) -> None:
    """Remove a micro-batch that the lake has."""
    gone = folder.with_suffix(".taken")
    _rename(folder, gone)
    shutil.rmtree(gone)


def kept(settings: Settings, stream: Stream) -> Iterator[Message]:
    """Messages of the spool, oldest first, with those that came into the lake last."""
    folder = settings.spool / stream.spool
    for path in [*sorted(folder.glob(f"*{DONE}")), *spool.segments(folder)]:
        for line in spool.lines_of(path):
            message = Message.of_line(line)
            if message is not None:
                yield message


def _write(settings: Settings, table: Table, draft: Path, segments: Sequence[Path]) -> None:
    """Write a micro-batch: the files, when each arrived, what was refused, which segments."""
    read = (Message.of_line(line) for one in segments for line in spool.lines_of(one))
    messages = [message for message in read if message is not None]
    arrivals: list[list[object]] = []
    refusals: list[list[object]] = []
    digests: set[str] = set()
    for number, (arrived, file) in enumerate(_files(settings, table, messages)):
        name = f"{table.name}_mqtt_{segments[0].stem}_{number:04d}.csv"
        content = as_new(settings, _content(table, file.messages), digests)
        digests.add(content_hash(content))
        write_file(draft / name, content)
        arrivals.append([name, arrived.astimezone(UTC).replace(tzinfo=None)])
        refusals += [
            [name, record, one.refused]
            for record, one in enumerate(file.messages, start=1)
            if one.refused is not None
        ]
    write_file(draft / MANIFEST, _csv([ARRIVAL_COLUMNS, *arrivals]))
    write_file(draft / REFUSALS, _csv([REFUSAL_COLUMNS, *refusals]))
    write_file(draft / SEGMENTS, json.dumps([one.name for one in segments]).encode())


def _files(
    settings: Settings, table: Table, messages: Sequence[Message]
) -> Iterator[tuple[datetime, _File]]:
    """Messages by file, with the time at which the last of them had arrived; earlier ones first."""
    places = [table.file_columns.index(name) for name in table.key]
    span = timedelta(seconds=settings.telemetry_batch_seconds)
    for arrived, together in _spans(messages, span):
        files = [_File()]
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
                    files.append(_File())
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


def _content(table: Table, messages: Iterable[Message]) -> bytes:
    """Messages as lines of the contract's columns; what is no row is one text, as it came."""
    lines = [_csv([table.file_columns])]
    for message in messages:
        if message.fields is not None:
            lines.append(_csv([message.fields]))
        else:
            raw = message.raw.encode("latin-1").replace(b'"', b'""')
            lines.append(b'"' + raw + b'"' + b"," * (len(table.file_columns) - 1) + b"\n")
    return b"".join(lines)


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    # Half a surrogate pair is JSON, and no text: ingest sets its line apart.
    return out.getvalue().encode("utf-8", "surrogatepass")


def _give_up(settings: Settings, stream: Stream, names: Sequence[str]) -> None:
    """Take segments out of the spool; the last ones are kept beside it."""
    folder = settings.spool / stream.spool
    for name in names:
        segment = folder / name
        if segment.exists():
            torn = [line for line in spool.lines_of(segment) if Message.of_line(line) is None]
            done = segment.with_suffix(DONE)
            done.unlink(missing_ok=True)
            os.link(segment, done)
            spool.remove(segment, torn)
    for old in sorted(folder.glob(f"*{DONE}"))[:-KEPT]:
        old.unlink()


def _rename(old: Path, new: Path) -> None:
    old.rename(new)
    descriptor = os.open(new.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
