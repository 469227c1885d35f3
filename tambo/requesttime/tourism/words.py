"""What moves the visitors of a day, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from tambo.requesttime.tourism import EVENTS, HOLIDAYS, day_number
from tambo.requesttime.tourism.announced import STRIKE
from tambo.requesttime.tourism.calendar import Days, Floats
from tambo.requesttime.tourism.drivers import Driver
from tambo.requesttime.tourism.periods import within
from tambo.requesttime.tourism.stored import as_days, period

NEAR = 14
"""Days from which on a holiday, an event or a campaign is not named: the models see no farther."""

UNNAMED = "unnamed"
"""Name of what came without one."""

_CALENDAR = "location_calendar__"


def with_visitors(words: str, visitors: float) -> str:
    """Add how many visitors it brings.

    >>> with_visitors("Holy Week in 3 days", 412.3)
    'Holy Week in 3 days: +412 visitors'
    """
    whole = round(visitors)
    count = f"{whole:+,}" if whole else "0"
    return f"{words}: {count} visitor{'' if abs(whole) == 1 else 's'}"


@dataclass(frozen=True)
class Announced:
    """What was announced of a kind.

    Attributes:
        first: first day of each.
        last: last day of each.
        names: what each is called.
        kinds: number of the kind of each.
    """

    first: Days
    last: Days
    names: tuple[str, ...]
    kinds: Days

    @classmethod
    def of(cls, kind: str, values: Mapping[str, Any], kinds: Sequence[str]) -> Announced:
        """Read it from stored features.

        Args:
            kind: holiday or event.
            values: stored features by full name.
            kinds: what the numbers of its kinds are called.
        """
        names = [f"{kind}_{part}" for part in ("first_days", "last_days", "names", "types")]
        stored = {name: values.get(_CALENDAR + name) for name in names}
        first, last = period(stored, kind)
        numbers = as_days(stored[f"{kind}_types"])
        given = stored[f"{kind}_names"]
        called = [UNNAMED] * len(first) if given is None else given
        return cls(
            first,
            last,
            tuple(
                name if name and name != UNNAMED else _of_kind(kind, kinds, int(number))
                for name, number in zip(called, numbers, strict=True)
            ),
            numbers,
        )

    def on(self, day: int) -> list[int]:
        """Positions of all on a day."""
        found: list[int] = np.flatnonzero(within(np.array([day]), self.first, self.last)).tolist()
        return found

    def near(self, day: int, *, but: int = 0) -> str | None:
        """Name the nearest before or after a day; None where all are far.

        Args:
            day: number of the day.
            but: number of a kind that does not count.
        """
        away = np.where(day < self.first, self.first - day, self.last - day)
        farthest = NEAR + 1
        away = np.where(self.kinds == but, farthest, away)
        if not len(away) or np.abs(away).min() >= farthest:
            return None
        nearest = int(np.abs(away).argmin())
        days = int(away[nearest])
        count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
        return (
            f"{self.names[nearest]} in {count}"
            if days > 0
            else f"{self.names[nearest]} {count} ago"
        )


class Words:
    """Says what each driver is on the days of one location.

    Args:
        values: stored features by full name.
        features: request-time features of all steps.
    """

    def __init__(self, values: Mapping[str, Any], features: Mapping[str, Floats]) -> None:
        self._features = features
        self._holidays_known = Announced.of("holiday", values, HOLIDAYS)
        self._events_known = Announced.of("event", values, EVENTS)
        self._sayers: dict[Driver, Callable[[date, int], str]] = {
            Driver.RECENT: lambda day, step: "Recent counts",
            Driver.SEASON: lambda day, step: f"Time of year, {day:%B}",
            Driver.WEEKDAY: lambda day, step: f"{day:%A}",
            Driver.HOLIDAYS: self._holidays,
            Driver.EVENTS: self._events,
            Driver.CAMPAIGNS: self._campaigns,
            Driver.WEATHER: self._weather,
            Driver.CLOSURE: self._closure,
        }

    def say(self, driver: Driver, day: date, step: int) -> str:
        """Name a driver on a day.

        Args:
            driver: which.
            day: of the step.
            step: its position.
        """
        return self._sayers[driver](day, step)

    def _value(self, name: str, step: int) -> float:
        return float(self._features[name][step])

    def _is(self, name: str, step: int) -> bool:
        return self._value(name, step) > 0

    def _holidays(self, day: date, step: int) -> str:
        number, known = day_number(day) or 0, self._holidays_known
        named = _all(known.names[at] for at in known.on(number)) or known.near(number)
        if self._is("is_school_holiday", step):
            return f"School holiday, {named}" if named else "School holiday"
        return named or "No holiday near"

    def _events(self, day: date, step: int) -> str:
        number, known = day_number(day) or 0, self._events_known
        on = known.on(number)
        # A what-if is on no list.
        others = [
            _of_kind("event", EVENTS, code)
            for code, kind in enumerate(EVENTS, start=1)
            if self._is(f"is_{kind}", step) and code not in known.kinds[on]
        ]
        named = _all((*(known.names[at] for at in on), *others))
        return named or known.near(number, but=STRIKE) or "No event near"

    def _campaigns(self, day: date, step: int) -> str:
        since = self._value("days_since_campaign", step)
        if since == 0:
            return "Campaign"
        if since <= NEAR:
            return f"Campaign {since:.0f} day{'' if since == 1 else 's'} ago"
        return "No campaign near"

    def _weather(self, day: date, step: int) -> str:
        degrees, rain = (self._value(name, step) for name in ("temperature", "precipitation"))
        known = [] if np.isnan(degrees) else [f"{degrees:.0f} °C"]
        known += [] if np.isnan(rain) else [f"{rain:.0f} mm of rain"]
        usual = "" if self._is("is_weather_forecast", step) else " as usual"
        return ", ".join(known) + usual if known else "Weather unknown"

    def _closure(self, day: date, step: int) -> str:
        return "Shut" if self._is("is_closed", step) else "Open"


def _of_kind(kind: str, kinds: Sequence[str], number: int) -> str:
    """What has no name of its own.

    >>> _of_kind("holiday", HOLIDAYS, 1), _of_kind("event", EVENTS, 1)
    ('Public holiday', 'Festival')
    """
    known = kinds[number - 1] if 0 < number <= len(kinds) else "other"
    return (f"{known} {kind}" if kind == "holiday" or known == "other" else known).capitalize()


def _all(names: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(names))
