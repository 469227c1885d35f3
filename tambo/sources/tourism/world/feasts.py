"""Holidays and school terms: their dates, since when they are known, and what they do to demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, ids
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.kinds import FEASTS

COUNTRY = "PE"
ONE = timedelta(days=1)
# Height by day from Easter Sunday, 28 July, 1 January and 25 December: lead, feast and lag.
SHAPES: dict[str, dict[int, float]] = {
    "holy_week": {-8: 0.15, -7: 0.15, -4: 0.3, -3: 1.0, -2: 1.0, -1: 1.0, 0: 0.7, 1: 0.1},
    "fiestas_patrias": {-3: 0.2, -2: 0.5, -1: 0.8, 0: 1.0, 1: 1.0, 2: 0.6, 3: 0.3},
    "new_year": {-3: 0.4, -2: 0.7, -1: 1.0, 0: 1.0, 1: 0.6, 2: 0.3},
    "christmas": {-2: 0.2, -1: 0.7, 0: 1.0},
}
BRIDGES_A_YEAR, BRIDGE_AHEAD = 2, (40, 70)
GIVEN_BRIDGE, TAKEN_BRIDGE = 0.8, 0.3
SCHOOL_EDGE = 0.5
"""School holidays are half as strong on their first and last three days."""


@dataclass(frozen=True)
class Feast:
    """One line of the holidays: kind, first and last day, name, and when it was announced."""

    kind: str
    start: date
    end: date
    name: str
    announced: datetime


@dataclass(frozen=True)
class Feasts:
    """The holidays of one world.

    Args:
        all: in order of announcement.
        height: 0 to 1 by group of FEASTS and day.
        school: 0 to 1 by day.
    """

    all: tuple[Feast, ...]
    height: Floats
    school: Floats

    @classmethod
    def draw(cls, draws: Draws, calendar: Calendar) -> Feasts:
        """All holidays of the world and its horizon."""
        years = range(calendar.first.year, calendar.date_of(calendar.days - 1).year + 1)
        height = {name: np.zeros(calendar.days) for name in FEASTS}
        school, feasts = np.zeros(calendar.days), list[Feast]()
        for year in years:
            public = _public(year)
            feasts += public
            _raise_great(calendar, height, year, public)
            bridges = _bridges(draws, year, public)
            feasts += bridges
            taken = np.max([height[name] for name in SHAPES], axis=0)
            for day, group, value in _others(public, {each.start for each in bridges}):
                _raise(calendar, height[group], day, value, taken)
            for feast in _school(draws, year):
                feasts.append(feast)
                _term(calendar, school, feast)
        feasts.sort(key=lambda each: (each.announced, each.start, each.kind, each.name))
        return cls(tuple(feasts), np.array([height[name] for name in FEASTS]), school)


def _public(year: int) -> list[Feast]:
    """Public holidays by law, announced with the year before."""
    import holidays

    found = holidays.country_holidays(COUNTRY, years=year, language="en_US")
    announced = datetime(year - 1, 1, 2, 8)
    return [
        Feast("public", day, day, str(name).replace(",", ";"), announced)
        for day, name in sorted(found.items())
    ]


def _raise(
    calendar: Calendar, height: Floats, day: date, value: float, taken: Floats | None = None
) -> None:
    number = calendar.number(day)
    if 0 <= number < calendar.days and (taken is None or taken[number] == 0):
        height[number] = max(height[number], value)


def _raise_great(
    calendar: Calendar, height: dict[str, Floats], year: int, public: list[Feast]
) -> None:
    easter = next(each.start for each in public if each.name == "Easter Sunday")
    centres = {
        "holy_week": [easter],
        "fiestas_patrias": [date(year, 7, 28)],
        "new_year": [date(year, 1, 1), date(year + 1, 1, 1)],
        "christmas": [date(year, 12, 25)],
    }
    for group, days in centres.items():
        for centre in days:
            for shift, value in SHAPES[group].items():
                _raise(calendar, height[group], centre + shift * ONE, value)


def _bridge(day: date) -> date | None:
    """The working day between a Thursday or Tuesday and the weekend."""
    return {3: day + ONE, 1: day - ONE}.get(day.weekday())


def _bridges(draws: Draws, year: int, public: list[Feast]) -> list[Feast]:
    """Days that the government gives in addition, announced some weeks before."""
    known = {each.start for each in public}
    days = [each for each in map(_bridge, sorted(known)) if each and each not in known]
    order = np.argsort(draws.uniform("bridge", ids(year, np.arange(len(days)))), kind="stable")
    chosen = [days[n] for n in np.sort(order[:BRIDGES_A_YEAR])]
    ahead = draws.whole("bridge ahead", ids(year, np.arange(len(chosen))), *BRIDGE_AHEAD)
    return [
        Feast("government", day, day, "Non-working day", _morning(day - int(days_ahead) * ONE))
        for day, days_ahead in zip(chosen, ahead, strict=True)
    ]


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9)


def _others(public: list[Feast], given: set[date]) -> Iterator[tuple[date, str, float]]:
    """Heights of the holidays that are no great feast: long weekends, bridges, single days."""
    for feast in public:
        day, weekday = feast.start, feast.start.weekday()
        if weekday in {0, 4}:
            yield from ((day + n * ONE, "long_weekend", 1.0) for n in (0, 1, 2) if weekday == 4)
            yield from ((day - n * ONE, "long_weekend", 1.0) for n in (0, 1, 2) if weekday == 0)
            before = day - (1 if weekday == 4 else 3) * ONE
            yield before, "long_weekend", 0.3
        elif bridge := _bridge(day):
            value = GIVEN_BRIDGE if bridge in given else TAKEN_BRIDGE
            step = ONE if weekday == 3 else -ONE
            yield from ((day + n * step, "long_weekend", value) for n in range(4))
        else:
            yield day, "other", 1.0


def _school(draws: Draws, year: int) -> list[Feast]:
    """The four school holidays of a year, announced in the November or December before."""
    announced = _morning(date(year - 1, 11, 18) + int(draws.whole("terms", ids(year), 0, 25)) * ONE)
    spans = [
        ("Summer school holidays", date(year, 1, 1), _monday(date(year, 3, 14)) - ONE),
        ("May school holidays", _monday(date(year, 5, 14)), None),
        ("Winter school holidays", _monday(date(year, 7, 28)), None),
        ("October school holidays", _monday(date(year, 10, 12)), None),
    ]
    weeks = {"Winter school holidays": 2}
    return [
        Feast("school", start, end or start + (7 * weeks.get(name, 1) - 1) * ONE, name, announced)
        for name, start, end in spans
    ]


def _monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - day.weekday() * ONE


def _term(calendar: Calendar, school: Floats, feast: Feast) -> None:
    first, last = calendar.number(feast.start), calendar.number(feast.end)
    for day in range(max(first, 0), min(last + 1, calendar.days)):
        # New Year's Day is no edge: the holidays have begun in December.
        edge = last - day < 3 or (day - first < 3 and feast.start.month > 1)
        school[day] = SCHOOL_EDGE if edge else 1.0
