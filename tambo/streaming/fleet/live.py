"""The row of `aircraft_health` of each vessel that sends, kept up to date reading by reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tambo.settings import Settings
from tambo.sources.mqtt.landing import file_prefix
from tambo.sources.mqtt.stream import Stream
from tambo.streaming.fleet.begin import begin, by_instant
from tambo.streaming.fleet.exact import millionths
from tambo.streaming.fleet.rows import MEASURES, Reading
from tambo.streaming.fleet.vessel import Vessel
from tambo.streaming.fleet.windows import microseconds
from tambo.streaming.live import Live, Row, Told


class Health:
    """Vessels by name, each begun from the lake when it first sends.

    All are begun anew when a release was published: it knows files that came in beside the
    broker, and batches that were withdrawn. What has come from the broker and is not in the lake
    yet is told to them again.

    Args:
        settings: the Tambo home.
        stream: of the readings.
        clock: the instant, UTC with zone.
    """

    event = "event_timestamp"

    def __init__(
        self,
        settings: Settings,
        stream: Stream,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._stream, self._clock = settings, stream, clock
        self._vessels: dict[str, Vessel] = {}
        self._before: dict[str, Vessel] = {}
        self._published: int | None = None

    def tell(self, rows: Sequence[Told]) -> list[Row]:
        """See `Live`."""
        by_vessel: dict[str, list[Reading]] = {}
        for row, at in rows:
            by_vessel.setdefault(row[self._stream.sender], []).append(_reading(row, at))
        self._begin(list(by_vessel))
        for name, readings in by_vessel.items():
            for together in by_instant(readings):
                self._vessels[name].tell(together)
            self._vessels[name].reach(microseconds(self._clock()))
        return self._states(by_vessel)

    def due(self, now: datetime) -> list[Row]:
        """See `Live`."""
        at = microseconds(now)
        waiting = [
            name
            for name, vessel in self._vessels.items()
            if vessel.next_due is not None and vessel.next_due <= at
        ]
        for name in waiting:
            self._vessels[name].reach(at)
        return self._states(waiting)

    def _begin(self, names: Sequence[str]) -> None:
        """Read what the lake knows of vessels of which nothing is held."""
        path = self._settings.registry
        published = path.stat().st_mtime_ns if path.exists() else None
        if published != self._published:
            self._before |= self._vessels
            self._vessels = {}
            self._published = published
        new = [name for name in names if name not in self._vessels]
        if not new:
            return
        prefix = file_prefix(self._stream.table)
        begun, taken = begin(self._settings, new, prefix, self._clock())
        for name, vessel in begun.items():
            before = self._before.pop(name, None)
            if before is not None:
                for together in by_instant(_since(before, taken)):
                    vessel.tell(together)
                vessel.reach(microseconds(self._clock()))
        self._vessels |= begun

    def _states(self, names: Sequence[str] | dict[str, Any]) -> list[Row]:
        states = ((name, self._vessels[name].state()) for name in names)
        return [{self._stream.sender: name, **state} for name, state in states if state is not None]


def _reading(row: Row, at: datetime) -> Reading:
    values = tuple(millionths(row[measure]) for measure in MEASURES)
    known_at = microseconds(at)
    return Reading(microseconds(row["read_at"]), known_at, values, bool(row["withdrawn"]))


def _since(vessel: Vessel, taken: int) -> list[Reading]:
    """Newest versions of the readings that a vessel was told after an instant."""
    return [Reading.of(row) for row in vessel.rows if row["known_at"] > taken]


def open_live(settings: Settings, stream: Stream) -> Live:
    """The features of a home's stream of readings."""
    return Health(settings, stream)
