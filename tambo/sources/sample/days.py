"""The days of a world: which there are, what they are called, and which come in daily files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from tambo.sources.sample.draws import Ints

LAST_DAY = date(2025, 12, 31)
"""Last day of every world: fixed, so that a world never depends on the clock."""
HORIZON_DAYS = 371
"""Days kept after the last one: the following year, and the week that carries over from it."""
LIVE_DAYS = 90
"""The last days come in daily files with an arrival manifest; what is before them is history."""


@dataclass(frozen=True)
class Days:
    """Days of one world; a day is a number, 0 is the world's first day.

    Args:
        years: calendar years, the last being that of LAST_DAY.
        zone: of the local times.
    """

    years: int
    zone: ZoneInfo

    @property
    def first(self) -> date:
        """First day."""
        return date(LAST_DAY.year - self.years + 1, 1, 1)

    @property
    def world_days(self) -> int:
        """Days of the world."""
        return self.number(LAST_DAY) + 1

    @property
    def days(self) -> int:
        """Days of the world and of the horizon after it."""
        return self.world_days + HORIZON_DAYS

    @property
    def cut(self) -> int:
        """First day that comes in daily files."""
        return self.world_days - LIVE_DAYS

    def number(self, day: date) -> int:
        """Number of a day."""
        return (day - self.first).days

    def date_of(self, number: int) -> date:
        """The day of a number."""
        return self.first + timedelta(days=int(number))

    def dates(self) -> list[date]:
        """All days, the horizon included."""
        return [self.date_of(day) for day in range(self.days)]

    @cached_property
    def weekday(self) -> Ints:
        """Monday = 0, of all days."""
        return (np.arange(self.days) + self.first.weekday()) % 7

    @cached_property
    def week(self) -> Ints:
        """Number of each day's week; weeks begin on Monday, 0 is that of the first day."""
        return (np.arange(self.days) + self.first.weekday()) // 7

    @property
    def weeks(self) -> int:
        """Weeks of the world and the horizon, those that are cut off included."""
        return int(self.week[-1]) + 1

    def monday(self, week: int) -> date:
        """First day of a week; that of week 0 may lie before the world."""
        return self.first + timedelta(days=7 * int(week) - self.first.weekday())

    @cached_property
    def day_of_year(self) -> Ints:
        """1 to 366, of all days."""
        return np.array([day.timetuple().tm_yday for day in self.dates()])
