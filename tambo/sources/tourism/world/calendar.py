"""The world's calendar: its days, and the hours that clocks showed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property

import numpy as np

from tambo.sources.sample.days import Days
from tambo.sources.sample.draws import Flags, Ints

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
class Calendar(Days):
    """Days and hours of one world; a day is a number, 0 is the world's first day."""

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
