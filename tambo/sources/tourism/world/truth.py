"""The parameters of one world, all drawn from its seed, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from tambo.errors import TamboError
from tambo.sources.sample.draws import Draws, Floats, Ints
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.campaigns import CARRY, Campaign, all_campaigns, spend_of
from tambo.sources.tourism.world.counts import hour_share
from tambo.sources.tourism.world.demand import Demand, demand
from tambo.sources.tourism.world.events import Event, all_events
from tambo.sources.tourism.world.factors import Factors
from tambo.sources.tourism.world.feasts import Feasts
from tambo.sources.tourism.world.places import Place, places

PlanRow = tuple[str, str, date, float]
"""Location, market, any day of the Monday week, USD spent in that week."""
Week = tuple[str, str, date]
"""Location, market, Monday."""


@dataclass(frozen=True)
class Truth:
    """What generates a world; tests and plans are judged by it.

    Days reach from the first of the world to HORIZON_DAYS after its last.
    """

    draws: Draws
    calendar: Calendar
    places: tuple[Place, ...]
    feasts: Feasts
    events: tuple[Event, ...]
    factors: Factors
    campaigns: tuple[Campaign, ...]
    _demands: dict[int, Demand] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def draw(cls, *, locations: int, years: int, seed: int, zone: str) -> Truth:
        """The truth of the world with this seed and size."""
        draws, calendar = Draws(seed), Calendar(years, ZoneInfo(zone))
        all_places = places(draws, calendar, locations)
        return cls(
            draws=draws,
            calendar=calendar,
            places=all_places,
            feasts=Feasts.draw(draws, calendar),
            events=all_events(draws, calendar, all_places),
            factors=Factors.draw(draws, calendar),
            campaigns=all_campaigns(draws, calendar, all_places),
        )

    @property
    def locations(self) -> dict[str, tuple[str, ...]]:
        """Markets of each location, by name."""
        return {place.name: place.markets for place in self.places}

    def place(self, location: str) -> Place:
        """A location by its name.

        Raises:
            TamboError: there is none.
        """
        for each in self.places:
            if each.name == location:
                return each
        raise TamboError(
            f"The sample world has no location {location!r}.",
            remedy=f"one of: {', '.join(sorted(self.locations))}",
        )

    def new_demand(self, place: Place) -> Demand:
        """Demand of a location, computed now and not kept."""
        return demand(self.calendar, place, self.feasts, self.events, self.factors)

    def demand(self, location: str) -> Demand:
        """Demand of a location, kept once computed."""
        place = self.place(location)
        if place.number not in self._demands:
            self._demands[place.number] = self.new_demand(place)
        return self._demands[place.number]

    def expected(
        self, location: str, market: str | None, days: Sequence[date], *, campaigns: bool = True
    ) -> Floats:
        """Expected visitors of some days in the usual weather, without any new campaign.

        Args:
            location: its name.
            market: one of the location's; None: all together.
            days: of the world or the following year.
            campaigns: with what the world's own campaigns add.

        Raises:
            TamboError: no such location, market or day.
        """
        found, place = self.demand(location), self.place(location)
        visitors = found.expected
        if campaigns:
            spend = spend_of(self.campaigns, self.calendar, place)
            visitors = visitors + found.added(spend)
        number = np.array([self._day(day) for day in days], dtype=np.int64)
        chosen = slice(None) if market is None else self._market(place, market)
        return np.asarray(visitors[chosen, :][..., number].reshape(-1, len(number)).sum(axis=0))

    def noise(self, location: str, market: str, days: Sequence[date]) -> Floats:
        """Relative standard deviation of a day's count around its true mean.

        What the day's own random effect and the counting leave; no forecast made long before does
        better. Weather comes on top. Not a number where nobody is expected.

        Raises:
            TamboError: no such location, market or day.
        """
        place = self.place(location)
        mean = self.expected(location, market, days)
        number = np.array([self._day(day) for day in days], dtype=np.int64)
        weekend = (self.calendar.weekday[number] >= 5).astype(np.int64)
        together = (place.hours**2).sum(axis=1)[weekend]
        square = np.exp(place.spread**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = square - 1 + square * together / place.shape + 1 / mean
        return np.asarray(np.where(mean > 0, np.sqrt(variance), np.nan))

    def hour_shares(self, location: str) -> Floats:
        """Share of each hour of `calendar.hours` in the visitors of its day."""
        return hour_share(self.calendar, self.place(location))

    def extra_visitors(self, plan: Iterable[PlanRow]) -> dict[Week, float]:
        """Expected visitors that a campaign plan adds, by location, market and week.

        The world's own campaigns before the plan's first week carry over into it; from that week on
        there is nothing but the plan. Sum the values for the whole plan.

        Args:
            plan: rows of location, market, week (any day of it), and USD spent in that week; rows
                of the same week add up.

        Returns:
            The visitors of every week in which the plan works, those that it carries over to
            among them.

        Raises:
            TamboError: no such location, market or week, or less than nothing is spent.
        """
        spend: dict[int, Floats] = {}
        for location, market, week, amount in plan:
            if not 0 <= amount < np.inf:
                raise TamboError(
                    f"A plan cannot spend {amount} USD on {location} in the week of {week}.",
                    remedy="Give an amount of 0 or more.",
                )
            place = self.place(location)
            table = spend.setdefault(
                place.number, np.zeros((len(place.markets), self.calendar.weeks))
            )
            number = self.calendar.week[self._day(week)]
            table[self._market(place, market), number] += amount
        if not spend:
            return {}
        first = min(int(np.flatnonzero(each.any(axis=0))[0]) if each.any() else
                    self.calendar.weeks for each in spend.values())  # fmt: skip
        result: dict[Week, float] = {}
        for number, planned in sorted(spend.items()):
            result |= self._extra(self.places[number], planned, first)
        return result

    def _extra(self, place: Place, planned: Floats, first: int) -> dict[Week, float]:
        before = spend_of(self.campaigns, self.calendar, place)
        before[:, first:] = 0.0
        found = self.demand(place.name)
        added = found.added(before + planned) - found.added(before)
        weeks = np.zeros((len(place.markets), self.calendar.weeks))
        for market in range(len(place.markets)):
            weeks[market] = np.bincount(self.calendar.week, added[market], self.calendar.weeks)
        return {
            (place.name, name, self.calendar.monday(week)): float(weeks[market, week])
            for market, name in enumerate(place.markets)
            for week in _working(planned[market])
        }

    def _market(self, place: Place, market: str) -> int:
        if market not in place.markets:
            raise TamboError(
                f"{place.name} has no market {market!r}.",
                remedy=f"one of: {', '.join(place.markets)}",
            )
        return place.markets.index(market)

    def _day(self, day: date) -> int:
        number = self.calendar.number(day)
        if not 0 <= number < self.calendar.days:
            last = self.calendar.date_of(self.calendar.days - 1)
            raise TamboError(
                f"The sample world does not know {day}.",
                remedy=f"Choose a day from {self.calendar.first} to {last}.",
            )
        return number


def _working(planned: Floats) -> Ints:
    """Weeks in which spending works: its own and those that it carries over to."""
    spent = np.flatnonzero(planned)
    weeks = np.unique(spent[:, None] + np.arange(len(CARRY)))
    return np.asarray(weeks[weeks < len(planned)])
