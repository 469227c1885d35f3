"""What the whole country feels: one shock and its recovery, and the exchange rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, Ints, ids
from tambo.sources.tourism.world.calendar import Calendar

SHOCK_DEPTH = 0.6
SHOCK_FALL_DAYS = 12
SHOCK_RECOVERY_DAYS = (45, 70)
SHOCK_POWER = 1.5
RATE, RATE_SPREAD, RATE_RETURN = 3.75, 0.009, 0.03
"""Soles for a dollar: its mean, the log spread of a week's step, and the pull to the mean."""


@dataclass(frozen=True)
class Factors:
    """National factors.

    Args:
        shock_day: on which the shock begins; -1: there is none.
        recovery: days after its depth at which 63 % of it is over.
        shock: factor of all demand, by day.
        rate: exchange rate by week; of the last one known for all weeks after it.
        rate_week: week of each day, as an index of `rate`.
    """

    shock_day: int
    recovery: int
    shock: Floats
    rate: Floats
    rate_week: Ints

    @classmethod
    def draw(cls, draws: Draws, calendar: Calendar) -> Factors:
        """Draw both series."""
        start = _shock_day(draws, calendar)
        recovery = int(draws.whole("recovery", ids(0), *SHOCK_RECOVERY_DAYS))
        return cls(
            start,
            recovery,
            _shock(calendar, start, recovery),
            _rate(draws, calendar),
            calendar.week,
        )

    def exchange(self) -> Floats:
        """The exchange rate against its mean, by day."""
        return np.asarray(self.rate[self.rate_week] / RATE)


def _shock_day(draws: Draws, calendar: Calendar) -> int:
    """In worlds of 2 years early in the first, in longer ones such that the last is normal."""
    if calendar.years < 2:
        return -1
    if calendar.years == 2:
        return int(draws.whole("shock", ids(0), 45, 90))
    year = int(draws.whole("shock year", ids(0), 0, calendar.years - 3))
    return 365 * year + int(draws.whole("shock", ids(0), 130, 260))


def _shock(calendar: Calendar, start: int, recovery: int) -> Floats:
    if start < 0:
        return np.ones(calendar.days)
    since = np.arange(calendar.days) - start
    falling = np.clip(since / SHOCK_FALL_DAYS, 0, 1)
    after = np.maximum(since - SHOCK_FALL_DAYS, 0) / recovery
    return np.asarray(1 - SHOCK_DEPTH * falling * np.exp(-(after**SHOCK_POWER)))


def _rate(draws: Draws, calendar: Calendar) -> Floats:
    step = RATE_SPREAD * draws.normal("exchange rate", ids(np.arange(calendar.weeks)))
    log, rate = 0.0, []
    for each in step.tolist():
        log += each - RATE_RETURN * log
        rate.append(log)
    known = int(calendar.week[calendar.world_days - 1])
    values = np.round(RATE * np.exp(np.array(rate)), 4)
    values[known:] = values[known]
    return np.asarray(values)
