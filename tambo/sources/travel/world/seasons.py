"""The world's calendar: months, days as text, and demand by place and travel date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tambo.sources.sample.draws import Floats, Ints
from tambo.sources.travel.world.places import PLACES

ZONE = ZoneInfo("America/Sao_Paulo")
LAST_DAY = date(2025, 12, 31)
"""Last day of every world: fixed, so that a world never depends on the clock."""
HORIZON_DAYS = 240
"""Days kept after the last one: trips booked in December fly in the next year."""

LEISURE, BUSINESS = 0, 1
# Monday to Sunday: leisure leaves before the weekend, business after it.
LEISURE_WEEK = (0.75, 0.7, 0.8, 1.1, 1.45, 1.3, 0.9)
BUSINESS_WEEK = (1.5, 1.4, 1.3, 1.0, 0.6, 0.3, 0.9)
BUSINESS_ON_HOLIDAY = 0.35
"""Business demand falls by this share of the holiday lift."""


def easter(year: int) -> date:
    """Easter Sunday (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def holidays(year: int) -> list[tuple[str, date, date, float]]:
    """Holidays of one year: name, first and last day, lift of leisure demand."""
    sunday = easter(year)
    single = [("Tiradentes", 4, 21), ("Labour Day", 5, 1), ("Independence", 9, 7),
              ("Aparecida", 10, 12), ("All Souls", 11, 2), ("Republic", 11, 15)]  # fmt: skip
    one = timedelta(days=1)
    return [
        ("Carnival", sunday - 51 * one, sunday - 46 * one, 0.9),
        ("Easter", sunday - 3 * one, sunday, 0.5),
        ("School holidays", date(year, 7, 5), date(year, 7, 28), 0.35),
        ("Christmas and New Year", date(year, 12, 20), date(year, 12, 31), 0.8),
        ("New Year", date(year, 1, 1), date(year, 1, 5), 0.8),
        *((name, date(year, m, d) - one, date(year, m, d) + one, 0.4) for name, m, d in single),
    ]


@dataclass(frozen=True)
class Calendar:
    """Days and months of one world; a day is a number, 0 is the world's first day."""

    years: int

    @property
    def first(self) -> date:
        """First day of the first month."""
        return date(LAST_DAY.year - self.years + 1, 1, 1)

    @property
    def months(self) -> int:
        """Months in which bookings are made."""
        return 12 * self.years

    @property
    def days(self) -> int:
        """Days of the calendar, the horizon included."""
        return self.number(LAST_DAY) + 1 + HORIZON_DAYS

    def number(self, day: date) -> int:
        """Number of a day."""
        return (day - self.first).days

    def month(self, index: int) -> date:
        """First day of a month, counted from the world's first."""
        return date(self.first.year + index // 12, index % 12 + 1, 1)

    def month_days(self, index: int) -> tuple[int, int]:
        """Number of the month's first day, and of the first one after it."""
        return self.number(self.month(index)), self.number(self.month(index + 1))

    def dates(self) -> list[date]:
        """All days."""
        return [self.first + timedelta(days=day) for day in range(self.days)]

    def text(self, pattern: str) -> list[str]:
        """All days in a strftime pattern."""
        return [day.strftime(pattern) for day in self.dates()]

    def weekdays(self) -> Ints:
        """Monday = 0, for all days."""
        return (np.arange(self.days) + self.first.weekday()) % 7

    def holiday_lift(self) -> Floats:
        """Lift of leisure demand for all days; 0 on ordinary days."""
        lift = np.zeros(self.days)
        for year in range(self.first.year, LAST_DAY.year + 2):
            for _, start, end, height in holidays(year):
                span = slice(max(self.number(start), 0), max(self.number(end) + 1, 0))
                lift[span] = np.maximum(lift[span], height)
        return lift


@dataclass(frozen=True)
class Seasons:
    """Demand by travel date.

    Args:
        level: leisure demand [place, day]: yearly wave times holidays, mean 1 over the world.
        demand: demand with its weekday shape [purpose, place, day]; what travellers follow.
    """

    level: Floats
    demand: Floats

    @classmethod
    def of(cls, calendar: Calendar) -> Seasons:
        """Compute both tables from the constants of the places."""
        day_of_year = np.array([day.timetuple().tm_yday for day in calendar.dates()])
        lift, weekday = calendar.holiday_lift(), calendar.weekdays()
        rows = []
        for place in PLACES:
            wave = np.cos(2 * np.pi * (day_of_year - place.peak) / 365.25)
            rows.append((1 + place.amplitude * wave) * (1 + place.holiday_pull * lift))
        level = np.stack(rows)
        level /= level[:, : calendar.days - HORIZON_DAYS].mean(axis=1, keepdims=True)
        business = 1 - BUSINESS_ON_HOLIDAY * lift / lift.max()
        demand = np.stack(
            [
                level * np.array(LEISURE_WEEK)[weekday],
                np.broadcast_to(business * np.array(BUSINESS_WEEK)[weekday], level.shape),
            ]
        )
        return cls(level, demand)
