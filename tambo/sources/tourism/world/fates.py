"""What happens to a row of the flow: on time, late, wrong at first and corrected, or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Flags, Ids, Ints, ids
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.closures import staying

LATE_DAYS = (1, 6)
CORRECTED_SHARE, WITHDRAWN_SHARE, DELAY_DAYS = 0.005, 0.001, (1, 10)
OLD_DAYS, OLD_SHARE = 60, 0.002
"""Rows of the last days of the history of which some are corrected by the daily files."""
WRONG = (0.4, 1.9)


@dataclass(frozen=True)
class Fates:
    """What happens to the rows of one location.

    Args:
        first: day whose file brings a row for the first time.
        second: day whose file corrects or withdraws it; -1: none.
        withdrawn: that file withdraws it.
        told: the count as first told.
    """

    first: Ints
    second: Ints
    withdrawn: Flags
    told: Ints

    @property
    def plain(self) -> Flags:
        """Rows that are sent once."""
        return np.asarray(self.second < 0)


def late_gate(draws: Draws, count: int) -> int:
    """The location that reports late in the last days; neither the new one nor the gone one."""
    return int(draws.whole("late gate", ids(0), 0, staying(count) - 1))


def fates(
    draws: Draws, calendar: Calendar, of: Ids, day: Ints, count: Ints, *, late: bool, safe: Flags
) -> Fates:
    """Draw what happens to each row.

    Args:
        draws: the world's random numbers.
        calendar: its calendar.
        of: id of each row.
        day: number of its day.
        count: as it is in truth.
        late: the location reports late.
        safe: rows whose local time is shown once; the others are left alone.
    """
    cut, last = calendar.cut, calendar.world_days - 1
    live, old = day >= cut, (day < cut) & (day >= cut - OLD_DAYS)
    delay = draws.whole("late", ids(day), *LATE_DAYS) if late else np.zeros_like(day)
    first = day + np.where(live, delay, 0)
    drawn, wait = draws.uniform("fate", of), draws.whole("delay", of, *DELAY_DAYS)
    again = np.where(live, first + wait, cut + 3 * wait - 3)
    corrected = (live & (drawn < CORRECTED_SHARE)) | (old & (drawn < OLD_SHARE))
    withdrawn = live & (drawn >= CORRECTED_SHARE) & (drawn < CORRECTED_SHARE + WITHDRAWN_SHARE)
    chosen = (corrected | withdrawn) & safe & (again <= last)
    low, high = WRONG
    wrong = np.rint(count * (low + (high - low) * draws.uniform("wrong", of))).astype(np.int64)
    wrong += wrong == count
    return Fates(
        first=first,
        second=np.where(chosen, again, -1),
        withdrawn=withdrawn & chosen,
        told=np.where(chosen & corrected, wrong, count),
    )
