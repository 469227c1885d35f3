"""What is expected without a plan: visitors by pair and week, with their season and interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tambo.errors import PlanError
from tambo.planning.tourism.response import LAGS, Floats

ALL = "all"
NORMAL_90 = 1.2815515655446004
"""Ninth decile of the standard normal distribution."""

Pair = tuple[str, str]
"""Location and market."""


@dataclass(frozen=True)
class Expected:
    """Visitors expected of a location in a week, of one market or of all together.

    Attributes:
        location: its name.
        market: one of its markets; "all": all together.
        week: Monday.
        low, middle, high: tenth, fiftieth and ninetieth percentile of the week's visitors.
    """

    location: str
    market: str
    week: date
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """All pairs and weeks; arrays are [pair, week].

    Attributes:
        pairs: location and market.
        weeks: Mondays, without a gap.
        middle: visitors expected without a campaign.
        spread: log spread around them.
        season: index of the season, of mean 1 over a year.
        usual: visitors of a mean week of the year [pair].
    """

    pairs: tuple[Pair, ...]
    weeks: tuple[date, ...]
    middle: Floats
    spread: Floats
    season: Floats
    usual: Floats

    @property
    def locations(self) -> tuple[str, ...]:
        """Names of the locations, each once."""
        return tuple(dict.fromkeys(location for location, _ in self.pairs))

    def by_location(self, values: Floats) -> Floats:
        """Sum over the markets of each location [location, ...]."""
        names = [location for location, _ in self.pairs]
        return np.array([values[[n == name for n in names]].sum(axis=0) for name in self.locations])

    def with_forecast(self, forecast: Iterable[Expected]) -> Outlook:
        """The same where a forecast takes the place of the season; it may be of some weeks only.

        A forecast of all markets together is shared out as the season expects them.

        Raises:
            PlanError: it is of a location or market that is not known, or its percentiles are not
                in order.
        """
        middle, spread = self.middle.copy(), self.spread.copy()
        week_of = {week: n for n, week in enumerate(self.weeks)}
        for one in forecast:
            rows = self.rows_of(one.location, one.market)
            if not 0 <= one.low <= one.middle <= one.high < np.inf:
                raise PlanError(
                    f"The forecast of {one.location} in the week of {one.week} has percentiles "
                    f"{one.low}, {one.middle}, {one.high}.",
                    remedy="Give 0 <= low <= middle <= high.",
                )
            if (week := week_of.get(monday(one.week))) is None:
                continue
            total = float(self.middle[rows, week].sum())
            share = self.middle[rows, week] / total if total else np.full(len(rows), 1 / len(rows))
            middle[rows, week] = one.middle * share
            apart = np.log(max(one.high, 1.0)) - np.log(max(one.low, 1.0))
            spread[rows, week] = apart / (2 * NORMAL_90)
        return Outlook(self.pairs, self.weeks, middle, spread, self.season, self.usual)

    def rows_of(self, location: str, market: str) -> list[int]:
        """Positions of a location's market, or of all its markets.

        Raises:
            PlanError: there is no such location or market.
        """
        if location not in self.locations:
            raise PlanError(
                f"There is no location {location!r}.", remedy=f"one of: {', '.join(self.locations)}"
            )
        markets = [name for place, name in self.pairs if place == location]
        if market not in markets and market != ALL:
            raise PlanError(
                f"{location} has no market {market!r}.", remedy=f"one of: {', '.join(markets)}"
            )
        return [
            n
            for n, (place, name) in enumerate(self.pairs)
            if place == location and (name == market or market not in markets)
        ]


def monday(day: date) -> date:
    """First day of a day's week."""
    return day - timedelta(days=day.weekday())


def weeks_of(first: date, last: date) -> tuple[date, ...]:
    """Mondays from the week of one day to that of another; none if they are reversed."""
    start = monday(first)
    return tuple(start + timedelta(days=7 * n) for n in range((monday(last) - start).days // 7 + 1))


def with_tail(weeks: Sequence[date]) -> tuple[date, ...]:
    """The weeks and those after them in which their spending still works."""
    return (*weeks, *(weeks[-1] + timedelta(days=7 * n) for n in range(1, LAGS)))
