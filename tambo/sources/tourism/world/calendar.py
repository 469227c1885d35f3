"""The world's calendar: days, Monday weeks, and the hours that clocks showed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from tambo.sources.sample.draws import Flags, Ints

LAST_DAY = date(2025, 12, 31)
"""Last day of every world: fixed, so that a world never depends on the clock."""
HORIZON_DAYS = 371
"""Days kept after the last one: the following year, and the week that carries over from it."""
LIVE_DAYS = 90
"""The last days come in daily files with an arrival manifest; what is before them is history."""
FORECAST_DAYS = 10
HOUR = 3600


@dataclass(frozen=True)
class Hours:
    """Every hour that passed, in order; arrays have one row an hour.

    Args:
        day: number of the local day.
        minute: minute of the local day at which the hour begins.
        unsafe: the local time is shown twice, so faults are kept away from it.
    """

    day: Ints
    minute: Ints
    unsafe: Flags

    @property
    def hour(self) -> Ints:
        """Hour of the local day, 0 to 23."""
        return self.minute // 60

    def first_of(self) -> Ints:
        """Position of each (day, hour of the day) where it is shown first; -1: clocks skip it."""
        table = np.full((int(self.day[-1]) + 1, 24), -1)
        full = np.flatnonzero(self.minute % 60 == 0)[::-1]
        table[self.day[full], self.hour[full]] = full
        return table


@dataclass(frozen=True)
class Calendar:
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

    @cached_property
    def hours(self) -> Hours:
        """All hours of the world and of the days that its last forecast is for."""
        last = self.date_of(self.world_days + FORECAST_DAYS + 1)
        start = int(datetime.combine(self.first, time(), self.zone).timestamp())
        stop = int(datetime.combine(last, time(), self.zone).timestamp())
        instants = np.arange(start, stop, HOUR)
        local = instants + np.array([self._offset(each) for each in instants.tolist()])
        local -= int(datetime.combine(self.first, time(), UTC).timestamp())
        _, back, times = np.unique(local, return_inverse=True, return_counts=True)
        return Hours(local // (24 * HOUR), local % (24 * HOUR) // 60, times[back] > 1)

    def _offset(self, instant: int) -> int:
        offset = datetime.fromtimestamp(instant, self.zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())
