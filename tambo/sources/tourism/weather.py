"""The door "weather": the weather as it was, hour by hour, from a REST API.

Each location is asked for window by window, and the state says how far each has been read. Hours
that the API does not have yet are asked for again until they are so old that they will not come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tambo.errors import SettingsError, SourceError
from tambo.lake.state import now
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.contracts import Table, of_home
from tambo.sources.door import Page, Scalar, State
from tambo.sources.patience import Patience
from tambo.sources.twofold import local_time, not_between, with_first_hours

if TYPE_CHECKING:
    import pyarrow as pa

    from tambo.sources.rest import RestClient
    from tambo.sources.tourism.weather_answers import Hour
    from tambo.sources.tourism.weather_places import Place

HOUR = timedelta(hours=1)
PAGE_ROWS, PAGE_SECONDS = 2000, 20.0
"""Answers are kept safe together: after so many rows or seconds, whichever is first."""

TO = "to "
"""Before the location, the name of how far it was read."""


@dataclass(frozen=True)
class Weather:
    """Measured weather from an OpenWeatherMap-like history API."""

    name: str = "weather"
    domain: str = "tourism"
    table: str = "weather"
    description: str = "measured weather from a REST API"
    patience: Patience | None = None
    clock: Callable[[], datetime] = field(default=now)

    def missing(self, settings: Settings) -> str | None:
        """What must be set before it can be opened."""
        wanted = {
            "TAMBO_WEATHER_KEY": settings.weather_key,
            "TAMBO_WEATHER_LOCATIONS": settings.weather_locations,
            "TAMBO_WEATHER_FROM": settings.weather_from,
        }
        unset = [name for name, value in wanted.items() if value is None]
        return f"set {', '.join(unset)}" if unset else None

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """Ask for the hours that are over and not read yet.

        Raises:
            SettingsError: a setting is wrong.
            SourceBusyError: the API stays away; what was read is safe.
            SourceError: the API refuses, or its answers cannot be read.
        """
        from tambo.sources.rest import RestClient, require_address
        from tambo.sources.tourism.weather_answers import guest
        from tambo.sources.tourism.weather_places import places

        require_address(settings.weather_url, "TAMBO_WEATHER_URL")
        patience = self.patience or Patience(settings.weather_attempts)
        reading = _Reading(settings, state, places(settings.weather_locations or ""), self.clock())
        with RestClient(guest(settings, patience), progress) as client:
            try:
                for _ in reading.windows(client):
                    if reading.is_full():
                        yield reading.page()
            except SourceError:
                # What came before is of use.
                if reading.rows:
                    yield reading.page()
                raise
        yield reading.page(last=True)


class _Reading:
    """What one fetch has read and not yet handed out, and how far it is."""

    def __init__(
        self, settings: Settings, state: State, places: list[Place], began: datetime
    ) -> None:
        self._settings, self._places = settings, places
        self._values: dict[str, Scalar] = dict(state)
        self._contracts = of_home(settings, "tourism")
        # The hour that runs is not measured yet.
        self._until = began.replace(minute=0, second=0, microsecond=0)
        self._settled = began - timedelta(hours=settings.weather_settle_hours)
        self._first = _first_hour(settings, self._contracts.zone, self._until)
        self.rows: list[tuple[str, Hour]] = []
        self._lost: Counter[str] = Counter()
        self._since = monotonic()

    def windows(self, client: RestClient) -> Iterator[None]:
        """Ask for every window of every location that is not read yet, one after the other."""
        for place in self._places:
            told = self._values.get(TO + place.location)
            start = self._first if told is None else datetime.fromisoformat(str(told))
            start, whole = not_between(start, self._contracts.zone), True
            while start < self._until:
                end = self._end(start)
                found = self._window(client, place, start, end)
                self.rows += [(place.location, found[at]) for at in sorted(found)]
                if whole:
                    reached = self._reached(place, start, end, found)
                    self._values[TO + place.location] = str(reached)
                    whole = reached == end
                start = end
                yield

    def is_full(self) -> bool:
        """Whether what was read is to be kept safe now."""
        return len(self.rows) >= PAGE_ROWS or monotonic() - self._since > PAGE_SECONDS

    def page(self, *, last: bool = False) -> Page:
        """Hand out what was read since the last page; the last one tells which hours are lost."""
        rows, self.rows, self._since = self.rows, [], monotonic()
        told = [self._values.get(TO + place.location) for place in self._places]
        all_read = [datetime.fromisoformat(str(one)) for one in told if one is not None]
        fetched_to = min(all_read) if len(all_read) == len(self._places) else None
        table = _table(rows, self._contracts.tables["weather"], self._contracts.zone)
        notes = (
            f"{location}: {hours:,} hours are missing, and too old to be asked for again"
            for location, hours in self._lost.items()
            if last and hours
        )
        return Page(table, dict(self._values), fetched_to, tuple(notes))

    def _end(self, start: datetime) -> datetime:
        end = min(start + HOUR * self._settings.weather_window_hours, self._until)
        border = not_between(end, self._contracts.zone)
        return border if border > start else end

    def _window(
        self, client: RestClient, place: Place, start: datetime, end: datetime
    ) -> dict[datetime, Hour]:
        from tambo.sources.tourism.weather_answers import ask, hours

        units = self._settings.weather_units
        span: dict[str, str | int | float] = {
            "type": "hour",
            "start": _epoch(start),
            # Both ends belong to the question.
            "end": _epoch(end) - 1,
        }
        return {
            hour.start: hour
            for answer in ask(client, self._settings.weather_url, place, units, span)
            for hour in hours(answer, units)
            if start <= hour.start < end
        }

    def _reached(
        self, place: Place, start: datetime, end: datetime, found: dict[datetime, Hour]
    ) -> datetime:
        """The first hour that may still come; the end if there is none."""
        at = start
        while at < end and (at in found or at < self._settled):
            self._lost[place.location] += at not in found
            at += HOUR
        return min(at, end)


def _first_hour(settings: Settings, zone: str, until: datetime) -> datetime:
    if settings.weather_from is None:
        raise SettingsError("TAMBO_WEATHER_FROM is not set.")
    midnight = datetime.combine(settings.weather_from, time(), ZoneInfo(zone))
    first = midnight.astimezone(UTC).replace(tzinfo=None, minute=0)
    if first >= until:
        raise SettingsError(
            f"TAMBO_WEATHER_FROM = {settings.weather_from} lies in the future.",
            remedy="set the first day of the history, as 2024-01-01",
        )
    return first


def _epoch(instant: datetime) -> int:
    return int(instant.replace(tzinfo=UTC).timestamp())


def _table(rows: list[tuple[str, Hour]], table: Table, zone: str) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    from tambo.sources.tourism.weather_answers import columns, no_rows

    if not rows:
        return no_rows(table)
    local = [local_time(hour.start, zone) for _, hour in rows]
    told = pa.table(
        {
            "timestamp": pa.array([at for at, _ in local], pa.timestamp("us")),
            "location": pa.array([location for location, _ in rows], pa.string()),
            **columns([hour for _, hour in rows]),
        }
    )
    second = np.array([is_second for _, is_second in local], bool)
    return with_first_hours(told, second, table.key, {})
