"""The years of a world under today's practice, and what was written down of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.fleet.world.demand import Trips
from tambo.sources.fleet.world.operations import Day, Operations, earned
from tambo.sources.fleet.world.practice import Practice
from tambo.sources.fleet.world.vessels import Fleet
from tambo.sources.fleet.world.wear import Wear
from tambo.sources.sample.draws import Floats, Ints


@dataclass(frozen=True)
class Plan:
    """A maintenance as it was planned.

    Attributes:
        vessel: number.
        planned: day of planning.
        due: day on which it is to begin.
    """

    vessel: int
    planned: int
    due: int


@dataclass(frozen=True)
class History:
    """What happened, day by day.

    Attributes:
        days: each.
        plans: of maintenance, in order of planning.
        earned: of each day, USD.
    """

    days: tuple[Day, ...]
    plans: tuple[Plan, ...]
    earned: Floats

    @property
    def wear(self) -> Floats:
        """Wear of each morning [day, vessel]."""
        return np.array([day.wear for day in self.days])

    @property
    def hazard(self) -> Floats:
        """Failures an hour of use of each morning [day, vessel]."""
        return np.array([day.hazard for day in self.days])

    def maintained(self, vessel: int) -> Ints:
        """Days on which a maintenance of a vessel began."""
        return np.array([day.day for day in self.days if vessel in day.entered], np.int64)


def under_practice(fleet: Fleet, trips: Trips, wear: Wear, days: int) -> History:
    """Operate a fleet by today's practice.

    Args:
        fleet: of the world.
        trips: that are asked for.
        wear: its course.
        days: how many.
    """
    operations = Operations(fleet, trips, wear)
    practice = Practice(operations)
    told, plans, money = [], dict[tuple[int, int], Plan](), []
    for _ in range(days):
        operations.waking()
        entering = practice.enter()
        for vessel, (planned, due) in practice.planned.items():
            plans.setdefault((vessel, planned), Plan(vessel, planned, due))
        day = operations.live(entering)
        hours = np.zeros(fleet.count)
        for trip, vessel, _ in day.flown:
            hours[vessel] = trips.hours[trip]
        practice.learn(hours, day.entered)
        told.append(day)
        money.append(earned(day, trips))
    return History(tuple(told), tuple(plans.values()), np.array(money))
