"""Takes what waits in a stream's spool into the lake, as a micro-batch of files."""

from __future__ import annotations

from dataclasses import dataclass

from tambo.errors import LockedError
from tambo.ingest import ingest
from tambo.lake import writer_lock
from tambo.settings import Settings
from tambo.sources.contracts import of_home
from tambo.sources.mqtt.landing import land, taken
from tambo.sources.mqtt.stream import Stream


@dataclass(frozen=True)
class TakenIn:
    """What came of messages; each is exactly one of these.

    Attributes:
        loaded: rows that came into raw.
        repeats: of a row that was there.
        quarantined: with their reasons.
    """

    loaded: int = 0
    repeats: int = 0
    quarantined: int = 0

    def __add__(self, other: TakenIn) -> TakenIn:
        return TakenIn(
            self.loaded + other.loaded,
            self.repeats + other.repeats,
            self.quarantined + other.quarantined,
        )

    @property
    def messages(self) -> int:
        """All of them."""
        return self.loaded + self.repeats + self.quarantined

    def line(self) -> str:
        """One line for people."""
        return (
            f"{self.messages:,} messages: {self.loaded:,} loaded, {self.repeats:,} repeats, "
            f"{self.quarantined:,} quarantined"
        )


def take_in(settings: Settings, stream: Stream) -> TakenIn:
    """Take all that waits into the lake; waits for the writer's lock.

    Raises:
        LockedError: another process is writing; what waits is safe.
        ConservationError: a file does not add up; it stays in the landing folder.
    """
    table = of_home(settings, stream.domain).tables[stream.table]
    done = TakenIn()
    with writer_lock(settings, "micro-batch"):
        while (folder := land(settings, stream, table)) is not None:
            if any(folder.glob("*.csv")):
                report = ingest(settings, folder, history=False)
                done += TakenIn(
                    sum(file.loaded.records for file in report.new),
                    sum(file.repeat.records for file in report.new),
                    sum(file.quarantined.records for file in report.new),
                )
            taken(folder)
    return done


def take_in_if_free(settings: Settings, stream: Stream) -> TakenIn | None:
    """Do so if nobody is writing; None: somebody is."""
    at_once = settings.model_copy(update={"lock_timeout_seconds": 0.0})
    try:
        return take_in(at_once, stream)
    except LockedError:
        return None
