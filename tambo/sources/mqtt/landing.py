"""Writes what waits in a stream's spool as files that ingest takes, and gives the spool up.

    landing/<domain>/<table>/batch/     a micro-batch that is whole and waits for the lake

A micro-batch is written beside, and there once it is renamed; with it lies the list of the segments
that it holds. So a process that is killed at any step neither loses a message nor takes one twice:
the segments of a micro-batch that is there are given up, and what is not there is written again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tambo.ingest.manifest import COLUMNS as ARRIVAL_COLUMNS
from tambo.ingest.manifest import MANIFEST
from tambo.ingest.received import COLUMNS as RECEIVED_COLUMNS
from tambo.ingest.received import RECEIVED
from tambo.ingest.refusals import COLUMNS as REFUSAL_COLUMNS
from tambo.ingest.refusals import REFUSALS
from tambo.lake import spool
from tambo.settings import Settings
from tambo.sources.contracts import Table
from tambo.sources.fetch_state import door_folder, write_file
from tambo.sources.mqtt.files import content_of, files_of, lines_of_csv
from tambo.sources.mqtt.message import Message
from tambo.sources.mqtt.recent import Recent, read_traces, write_traces
from tambo.sources.mqtt.stream import Stream
from tambo.sources.page_file import as_new, content_hash

SEGMENTS = "_segments.json"
MOST_SEGMENTS = 8
"""Segments of the spool in one micro-batch: so much is held in memory."""
KEPT = 2
"""Segments at least that are kept after they came in, so that a repetition is known as such."""
DONE = ".done"


def batch_folder(settings: Settings, stream: Stream) -> Path:
    """Where a micro-batch waits for the lake."""
    return door_folder(settings, stream.domain, stream.table) / "batch"


def file_prefix(table: str) -> str:
    """What the names of files begin with that hold a stream's messages, and no others' do."""
    return f"{table}_mqtt_"


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
        messages = _messages(segments)
        _write(settings, table, draft, segments, messages)
        # Before the segments go that tell of them until then.
        write_traces(settings.spool / stream.spool, messages)
        _rename(draft, folder)
    _give_up(settings, stream, json.loads((folder / SEGMENTS).read_text()))
    return folder


def taken(folder: Path) -> None:
    """Remove a micro-batch that the lake has."""
    gone = folder.with_suffix(".taken")
    _rename(folder, gone)
    shutil.rmtree(gone)


def recalled(settings: Settings, stream: Stream) -> tuple[Recent, list[Message]]:
    """What a consumer remembers that goes on, and what may not have been passed on before.

    Returns:
        The messages that were kept last; those of them that wait in the spool, or came into the
        lake a moment ago, oldest first.
    """
    folder = settings.spool / stream.spool
    read: list[Path] | None = None
    while read != (paths := _paths(folder)):
        # Another process may take segments in while they are read: then they are read again.
        traces, messages = read_traces(folder), _messages(paths)
        read = paths
    recent = Recent()
    for trace in traces:
        recent.add_trace(trace)
    for message in messages:
        recent.add(message)
    return recent, messages


def _paths(folder: Path) -> list[Path]:
    return [*sorted(folder.glob(f"*{DONE}")), *spool.segments(folder)]


def _messages(segments: Sequence[Path]) -> list[Message]:
    """Messages of segments, oldest first."""
    read = (Message.of_line(line) for one in segments for line in spool.lines_of(one))
    return [message for message in read if message is not None]


def _write(
    settings: Settings,
    table: Table,
    draft: Path,
    segments: Sequence[Path],
    messages: Sequence[Message],
) -> None:
    """Write a micro-batch: files, when they and their lines arrived, refusals, which segments."""
    arrivals: list[list[object]] = []
    received: list[list[object]] = []
    refusals: list[list[object]] = []
    digests: set[str] = set()
    span = timedelta(seconds=settings.telemetry_batch_seconds)
    for number, (arrived, file) in enumerate(files_of(table, messages, span)):
        name = f"{file_prefix(table.name)}{segments[0].stem}_{number:04d}.csv"
        content = as_new(settings, content_of(table, file.messages), digests)
        digests.add(content_hash(content))
        write_file(draft / name, content)
        arrivals.append([name, _plain(arrived)])
        received += [
            [name, record, _plain(one.at)] for record, one in enumerate(file.messages, start=1)
        ]
        refusals += [
            [name, record, one.refused]
            for record, one in enumerate(file.messages, start=1)
            if one.refused is not None
        ]
    write_file(draft / MANIFEST, lines_of_csv([ARRIVAL_COLUMNS, *arrivals]))
    write_file(draft / RECEIVED, lines_of_csv([RECEIVED_COLUMNS, *received]))
    write_file(draft / REFUSALS, lines_of_csv([REFUSAL_COLUMNS, *refusals]))
    write_file(draft / SEGMENTS, json.dumps([one.name for one in segments]).encode())


def _plain(instant: datetime) -> datetime:
    """An instant as lists beside files have it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


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
    # All of a micro-batch are kept until it is in the lake: until then nothing else tells of them.
    for old in sorted(folder.glob(f"*{DONE}"))[: -max(KEPT, len(names))]:
        old.unlink()


def _rename(old: Path, new: Path) -> None:
    old.rename(new)
    descriptor = os.open(new.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
