"""The parameters of one world, all drawn from its seed, and the years that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from tambo.sources.fleet.world.demand import Trips, trips
from tambo.sources.fleet.world.history import History, under_practice
from tambo.sources.fleet.world.operations import Operations
from tambo.sources.fleet.world.vessels import Fleet
from tambo.sources.fleet.world.wear import Wear
from tambo.sources.sample.days import Days
from tambo.sources.sample.draws import Draws

ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class Truth:
    """What generates a world; models and schedules are judged by it.

    Attributes:
        draws: its random numbers.
        calendar: its days; trips are asked for on those of the year after it too.
        fleet: vessels and bases.
        trips: that are asked for.
        wear: the course of the wear.
    """

    draws: Draws
    calendar: Days
    fleet: Fleet
    trips: Trips
    wear: Wear

    @classmethod
    def draw(cls, *, aircraft: int, years: int, seed: int) -> Truth:
        """The truth of the world with this seed and size."""
        draws, calendar = Draws(seed), Days(years, ZONE)
        fleet = Fleet.draw(draws, aircraft, calendar.first)
        return cls(
            draws=draws,
            calendar=calendar,
            fleet=fleet,
            trips=trips(draws, fleet, calendar.weekday, calendar.day_of_year),
            wear=Wear(draws, fleet, calendar.days),
        )

    @cached_property
    def history(self) -> History:
        """The world's years under today's practice."""
        return under_practice(self.fleet, self.trips, self.wear, self.calendar.world_days)

    def operations(self) -> Operations:
        """The fleet on the world's first morning, to be operated in another way."""
        return Operations(self.fleet, self.trips, self.wear)
