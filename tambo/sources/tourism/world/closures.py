"""When locations open, are shut for some weeks, and close for good."""

from __future__ import annotations

from dataclasses import dataclass

from tambo.sources.sample.draws import Draws, ids
from tambo.sources.tourism.world.calendar import Calendar

NEW_AND_GONE_FROM = 6
"""From so many locations on, one opens in the last year and one closes for good before it."""
ANOTHER_CLOSURE = 0.08
"""Chance of a location to be shut for some weeks too."""


@dataclass(frozen=True)
class Closure:
    """Days on which a location is shut, both included, and the day on which that was said."""

    start: int
    end: int
    announced: int
    for_good: bool = False


def staying(count: int) -> int:
    """How many locations are there from the first to the last day: the first ones."""
    return count - 2 if count >= NEW_AND_GONE_FROM else count


def first_shut(draws: Draws, count: int) -> int:
    """The location that is surely shut for some weeks; neither the new one nor the gone one."""
    return int(draws.whole("shut", ids(0), 0, staying(count) - 1))


def opened(draws: Draws, calendar: Calendar, number: int, count: int) -> int:
    """Day on which a location opens; 0: it was always there."""
    if count < NEW_AND_GONE_FROM or number != count - 1:
        return 0
    return calendar.world_days - int(draws.whole("opened", ids(number), 110, 200))


def closures(
    draws: Draws, calendar: Calendar, number: int, count: int, shut: int
) -> tuple[Closure, ...]:
    """When a location is shut; `shut` surely is for some weeks."""
    of, last = ids(number), calendar.world_days
    ahead = int(draws.whole("closure announced", of, 10, 45))
    gone = count >= NEW_AND_GONE_FROM and number == count - 2
    if gone:
        start = last - int(draws.whole("gone", of, 200, 330))
        return (Closure(start, calendar.days - 1, start - ahead, for_good=True),)
    new = count >= NEW_AND_GONE_FROM and number == count - 1
    if new or (number != shut and float(draws.uniform("closed", of)) >= ANOTHER_CLOSURE):
        return ()
    length = int(draws.whole("closure days", of, 21, 56))
    earliest, latest = max(60, last - 620), last - 130 - length
    start = int(draws.whole("closure", of, earliest, latest))
    return (Closure(start, start + length - 1, start - ahead),)
