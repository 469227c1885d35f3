"""Events and strikes: when they are, what they do to demand, and which are moved or cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, ids
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.places import Place

NATIONAL = -1
KEPT, MOVED, CANCELLED = "kept", "moved", "cancelled"
MOVED_SHARE, CANCELLED_SHARE = 0.08, 0.05
MOVED_DAYS = (5, 30)
AHEAD, STRIKE_AHEAD = (30, 200), (3, 14)
EVE = 0.25
"""Share of an event's lift that is there on the day before it; strikes have none."""
NATIONAL_STRIKES_A_YEAR = 2
MOST_A_YEAR = 3
"""Of those that come every year at about the same date, and of those that come once."""


@dataclass(frozen=True)
class EventKind:
    """A kind of event: type in the files, titles, days and lift from and to."""

    name: str
    titles: tuple[str, ...]
    days: tuple[int, int]
    lift: tuple[float, float]


EVENT_KINDS = (
    EventKind("festival", ("Festival", "Carnival", "Harvest Festival"), (3, 7), (0.4, 1.1)),
    EventKind("religious", ("Procession", "Pilgrimage"), (1, 3), (0.3, 0.9)),
    EventKind("fair", ("Craft Fair", "Food Fair"), (3, 9), (0.15, 0.5)),
    EventKind("sports", ("Marathon", "Cup", "Trail Run"), (1, 2), (0.15, 0.5)),
    EventKind("concert", ("Concert", "Night of Music"), (1, 1), (0.3, 0.9)),
    EventKind("conference", ("Congress",), (2, 4), (0.05, 0.2)),
)
STRIKE = EventKind("strike", ("Strike",), (1, 4), (-0.7, -0.35))


@dataclass(frozen=True)
class Event:
    """One event; days are numbers of the calendar.

    Args:
        kind: type in the files.
        name: with its year.
        place: number of the location, or NATIONAL.
        start, days: as announced first.
        lift: change of visitors, as a share.
        announced: day of the announcement.
        fate: KEPT, MOVED or CANCELLED.
        decided: day on which it was moved or cancelled.
        moved_to: first day that it has then.
    """

    kind: str
    name: str
    place: int
    start: int
    days: int
    lift: float
    announced: int
    fate: str
    decided: int
    moved_to: int

    def held(self) -> int | None:
        """First day on which it takes place; None: it does not."""
        return {KEPT: self.start, MOVED: self.moved_to, CANCELLED: None}[self.fate]

    def minute(self) -> int:
        """Minute of the day at which it is announced."""
        return 8 * 60 + (7 * self.start + 3 * self.days) % 600


def all_events(draws: Draws, calendar: Calendar, places: tuple[Place, ...]) -> tuple[Event, ...]:
    """All events of the world and its horizon, national ones first."""
    return (
        *_strikes(draws, calendar, NATIONAL, "", NATIONAL_STRIKES_A_YEAR),
        *(event for place in places for event in _of_place(draws, calendar, place)),
    )


def factor(events: tuple[Event, ...], calendar: Calendar, place: int) -> Floats:
    """What events do to a location's visitors, by day."""
    result = np.ones(calendar.days)
    for event in events:
        first = event.held()
        if event.place not in (NATIONAL, place) or first is None:
            continue
        result[max(first, 0) : max(first + event.days, 0)] *= 1 + event.lift
        if event.lift > 0 and 0 < first <= calendar.days:
            result[first - 1] *= 1 + EVE * event.lift
    return result


def _of_place(draws: Draws, calendar: Calendar, place: Place) -> Iterator[Event]:
    slot = np.arange(2 * MOST_A_YEAR)
    once = slot >= MOST_A_YEAR
    of = ids(place.number, slot)
    count = int(draws.whole("yearly events", ids(place.number), 1, MOST_A_YEAR))
    kind_each = draws.whole("event kind", of, 0, len(EVENT_KINDS) - 1)
    day_each = draws.whole("event day", of, 1, 358)
    years = range(calendar.first.year, calendar.date_of(calendar.days - 1).year + 1)
    where = place.name.split(" ")[-1]
    for year in years:
        here = ids(place.number, slot, year)
        kinds = np.where(
            once, draws.whole("event kind once", here, 0, len(EVENT_KINDS) - 1), kind_each
        )
        days = np.where(
            once,
            draws.whole("event day once", here, 1, 358),
            np.clip(day_each + draws.whole("event shift", here, -3, 3), 1, 358),
        )
        takes_place = np.where(once, draws.uniform("event once", here) < 1 / 3, slot < count)
        january = calendar.number(calendar.first.replace(year=year))
        for n in np.flatnonzero(takes_place).tolist():
            # What comes every year keeps its lift.
            key = here[n] if once[n] else of[n]
            lift = float(draws.uniform("event lift", key))
            start = january + int(days[n]) - 1
            # No two lines are about the same day, kind and name.
            name = f"{where} {year}/{n + 1}"
            yield _event(draws, EVENT_KINDS[kinds[n]], name, place.number, start, lift, n)
    if float(draws.uniform("strikes here", ids(place.number))) < 0.3:
        yield from _strikes(draws, calendar, place.number, f" {where}", 1)


def _strikes(
    draws: Draws, calendar: Calendar, place: int, where: str, most: int
) -> Iterator[Event]:
    for year in range(calendar.first.year, calendar.date_of(calendar.days - 1).year + 1):
        january = calendar.number(calendar.first.replace(year=year))
        for n in range(most):
            of = ids(place + 1, year, n)
            if float(draws.uniform("strike", of)) < 0.75:
                start = january + int(draws.whole("strike day", of, 20, 340))
                lift = float(draws.uniform("strike lift", of))
                name = f"{n + 1}{where} {year}"
                yield _event(draws, STRIKE, name, place, start, lift, n)


def _event(
    draws: Draws, kind: EventKind, suffix: str, place: int, start: int, height: float, n: int
) -> Event:
    strike = kind is STRIKE
    of = ids(place + 1, start + 10_000, n, int(strike))
    ahead = int(draws.whole("event ahead", of, *(STRIKE_AHEAD if strike else AHEAD)))
    drawn = float(draws.uniform("event fate", of))
    fate = MOVED if drawn < MOVED_SHARE else KEPT
    fate = CANCELLED if MOVED_SHARE <= drawn < MOVED_SHARE + CANCELLED_SHARE else fate
    # Decided at the latest two days before, and at the earliest the day after the announcement.
    decided = start - ahead + 1 + int(draws.uniform("event decided", of) * (ahead - 2))
    low, high = kind.lift
    return Event(
        kind=kind.name,
        name=f"{kind.titles[n % len(kind.titles)]} {suffix}",
        place=place,
        start=start,
        days=int(draws.whole("event days", of, *kind.days)),
        lift=low + (high - low) * height,
        announced=start - ahead,
        fate=fate,
        decided=decided,
        moved_to=start + int(draws.whole("event moved", of, *MOVED_DAYS)),
    )
