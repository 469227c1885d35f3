"""The door "weather_forecast": the weather to come, as it was issued, from a REST API.

A forecast is worth keeping when it is issued: later nobody can ask for it. A location is asked for
no more often than the setting says, so a fetch that was cut off goes on with the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tambo.errors import SourceError
from tambo.lake.state import now
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, of_home
from tambo.sources.door import Page, Scalar, State
from tambo.sources.patience import Patience
from tambo.sources.twofold import local_time, never_second, with_first_hours

if TYPE_CHECKING:
    import pyarrow as pa

    from tambo.sources.rest import RestClient
    from tambo.sources.tourism.weather_answers import Hour
    from tambo.sources.tourism.weather_places import Place

PAGE_ROWS = 2000
ASKED, ISSUED = "asked ", "issued "
"""Before the location: when it was asked for, and when its newest forecast was issued."""


@dataclass(frozen=True)
class WeatherForecast:
    """Forecasts from an OpenWeatherMap-like API."""

    name: str = "weather_forecast"
    domain: str = "tourism"
    table: str = "weather_forecast"
    description: str = "weather forecasts, as issued, from a REST API"
    patience: Patience | None = None
    clock: Callable[[], datetime] = field(default=now)

    def missing(self, settings: Settings) -> str | None:
        """What must be set before it can be opened."""
        wanted = {
            "TAMBO_WEATHER_KEY": settings.weather_key,
            "TAMBO_WEATHER_LOCATIONS": settings.weather_locations,
        }
        unset = [name for name, value in wanted.items() if value is None]
        return f"set {', '.join(unset)}" if unset else None

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """Ask for the forecast of each location that was not asked for a while.

        Raises:
            SettingsError: a setting is wrong.
            SourceBusyError: the API stays away; what was read is safe.
            SourceError: the API refuses, or its answers cannot be read.
        """
        from tambo.sources.rest import RestClient, require_address
        from tambo.sources.tourism.weather_answers import guest
        from tambo.sources.tourism.weather_places import places

        require_address(settings.weather_forecast_url, "TAMBO_WEATHER_FORECAST_URL")
        contracts, values = of_home(settings, "tourism"), dict(state)
        rows: list[_Forecast] = []
        patience = self.patience or Patience(settings.weather_attempts)
        with RestClient(guest(settings, patience), progress) as client:
            try:
                for place in places(settings.weather_locations or ""):
                    if not self._is_due(settings, values, place):
                        continue
                    rows += self._ask(settings, client, place, values, contracts.zone)
                    if len(rows) >= PAGE_ROWS:
                        yield _page(contracts, rows, values)
                        rows = []
            except SourceError:
                # What came before is of use.
                if rows:
                    yield _page(contracts, rows, values)
                raise
        yield _page(contracts, rows, values)

    def _is_due(self, settings: Settings, values: dict[str, Scalar], place: Place) -> bool:
        told = values.get(ASKED + place.location)
        pause = timedelta(minutes=settings.weather_forecast_every_minutes)
        return told is None or self.clock() - datetime.fromisoformat(str(told)) >= pause

    def _ask(
        self,
        settings: Settings,
        client: RestClient,
        place: Place,
        values: dict[str, Scalar],
        zone: str,
    ) -> list[_Forecast]:
        """The hours of a place's newest forecast; none if it is the one that was read before."""
        from tambo.sources.tourism.weather_answers import ask, hours, instant

        units = settings.weather_units
        answers = list(ask(client, settings.weather_forecast_url, place, units))
        found = {hour.start: hour for answer in answers for hour in hours(answer, units)}
        asked_at = self.clock()
        told = answers[0].body.get("issued_at")
        issued = asked_at if told is None else min(instant(told), asked_at)
        # Known a little later is honest; known before it was issued would not be.
        issued = never_second(issued.replace(microsecond=0), zone)
        values[ASKED + place.location] = str(asked_at)
        if values.get(ISSUED + place.location) == str(issued):
            return []
        values[ISSUED + place.location] = str(issued)
        # What has begun when it is issued is no forecast.
        return [
            _Forecast(place.location, issued, found[at]) for at in sorted(found) if at >= issued
        ]


@dataclass(frozen=True)
class _Forecast:
    """One hour of a forecast; `issued` is naive UTC."""

    location: str
    issued: datetime
    hour: Hour


def _page(contracts: Contracts, rows: list[_Forecast], values: dict[str, Scalar]) -> Page:
    told = [str(value) for name, value in values.items() if name.startswith(ISSUED)]
    newest = datetime.fromisoformat(max(told)) if told else None
    return Page(_table(contracts, rows), dict(values), newest)


def _table(contracts: Contracts, rows: list[_Forecast]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    from tambo.sources.tourism.weather_answers import columns, no_rows

    table, zone = contracts.tables["weather_forecast"], contracts.zone
    if not rows:
        return no_rows(table)
    local = [local_time(one.hour.start, zone) for one in rows]
    issued = [local_time(one.issued, zone)[0] for one in rows]
    told = pa.table(
        {
            "issued_at": pa.array(issued, pa.timestamp("us")),
            "valid_at": pa.array([at for at, _ in local], pa.timestamp("us")),
            "location": pa.array([one.location for one in rows], pa.string()),
            **columns([one.hour for one in rows]),
        }
    )
    second = np.array([is_second for _, is_second in local], bool)
    return with_first_hours(told, second, table.key, {})
