"""What waits in the spool, and what lies apart there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tambo.lake.spool import APART, lines_of, segments
from tambo.lake.topics import SPOOLED, STREAMED
from tambo.settings import Settings


@dataclass(frozen=True)
class Waiting:
    """What of one topic is not in the lake.

    Attributes:
        topic: the table it is meant for.
        records: lines that the next drain looks at.
        apart: files of lines that were no whole records.
    """

    topic: str
    records: int
    apart: tuple[Path, ...]


@dataclass(frozen=True)
class Summary:
    """The same of all topics in words, and what to do about it."""

    text: str
    remedy: str


def waiting(settings: Settings) -> list[Waiting]:
    """What waits, by topic; topics of which nothing waits and nothing lies apart are left out."""
    found = []
    for topic in (*SPOOLED, *STREAMED):
        folder = settings.spool / topic
        records = sum(len(lines_of(path)) for path in segments(folder))
        apart = tuple(sorted(folder.glob(f"*{APART}")))
        if records or apart:
            found.append(Waiting(topic, records, apart))
    return found


def summary(settings: Settings) -> Summary | None:
    """One line on all that is not in the lake; None if nothing waits or lies apart."""
    found = waiting(settings)
    records = {one.topic: one.records for one in found if one.records}
    apart = [path for one in found for path in one.apart]
    said = [f"{count:,} records wait for {topic}" for topic, count in records.items()]
    said += [f"{len(apart)} files hold lines that are no whole records"] if apart else []
    todo = ["tambo drain"] if records else []
    todo += [f"look into {apart[0]}, then delete it"] if apart else []
    return Summary("; ".join(said), "; ".join(todo)) if said else None
