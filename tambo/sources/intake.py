"""Takes what was told over HTTP into the lake.

What waits in the spool becomes files that ingest takes, as messages of a broker do
(`tambo.sources.mqtt.landing`): killed at any step, nothing is lost and nothing is there twice.
"""

from __future__ import annotations

from tambo.intake.discovery import all_intakes
from tambo.intake.received import Intake
from tambo.lake.waiting import waiting
from tambo.settings import Settings
from tambo.sources.contracts import load
from tambo.sources.mqtt.landing import batch_folder
from tambo.sources.mqtt.stream import Stream
from tambo.sources.mqtt.taking_in import TakenIn, take_in


def take_in_told(settings: Settings) -> dict[str, TakenIn]:
    """Take in all that waits; waits for the writer's lock.

    Returns:
        What came of it, by table; tables of which nothing waits are left out.

    Raises:
        LockedError: another process is writing; what waits is safe.
        ConservationError: a file does not add up; it stays in the landing folder.
    """
    topics = {one.topic for one in waiting(settings) if one.records}
    done = {}
    for intake in all_intakes():
        stream = _stream(intake)
        if intake.spool in topics or batch_folder(settings, stream).exists():
            done[f"{intake.domain} {intake.table}"] = take_in(settings, stream)
    return done


def _stream(intake: Intake) -> Stream:
    """The intake as what lands its spool knows it."""
    table = load(intake.domain).tables[intake.table]
    return Stream(intake.domain, intake.table, intake.key[0], table.event_time[-1], push_source="")
