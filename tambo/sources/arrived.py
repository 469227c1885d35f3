"""Takes what came by itself into the lake: messages of streams, and what was told over HTTP.

Both wait in the spool and become files that ingest takes (`tambo.sources.mqtt.landing`): killed at
any step, nothing is lost and nothing is there twice.
"""

from __future__ import annotations

from tambo.intake.discovery import all_intakes
from tambo.intake.received import Intake
from tambo.lake.waiting import waiting
from tambo.settings import Settings
from tambo.sources.contracts import load
from tambo.sources.mqtt.landing import batch_folder
from tambo.sources.mqtt.stream import Stream, all_streams
from tambo.sources.mqtt.taking_in import TakenIn, take_in


def take_in_arrived(settings: Settings, domain: str | None = None) -> dict[str, TakenIn]:
    """Take in all that waits; waits for the writer's lock, if anything does.

    Args:
        settings: the Tambo home.
        domain: of which; None: of all.

    Returns:
        What came of it, by table; tables of which nothing waits are left out.

    Raises:
        LockedError: another process is writing; what waits is safe.
        ConservationError: a file does not add up; it stays in the landing folder.
    """
    return _take_in(settings, [*all_streams(), *_told()], domain)


def take_in_told(settings: Settings) -> dict[str, TakenIn]:
    """Take in only what was told over HTTP, of all domains; else as `take_in_arrived`."""
    return _take_in(settings, _told(), None)


def _take_in(settings: Settings, streams: list[Stream], domain: str | None) -> dict[str, TakenIn]:
    topics = {one.topic for one in waiting(settings) if one.records}
    return {
        f"{stream.domain} {stream.table}": take_in(settings, stream)
        for stream in streams
        if domain in {None, stream.domain}
        and (stream.spool in topics or batch_folder(settings, stream).exists())
    }


def _told() -> list[Stream]:
    return [_stream(intake) for intake in all_intakes()]


def _stream(intake: Intake) -> Stream:
    """The intake as what lands its spool knows it."""
    table = load(intake.domain).tables[intake.table]
    return Stream(intake.domain, intake.table, intake.key[0], table.event_time[-1], push_source="")
