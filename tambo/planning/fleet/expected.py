"""What a dated plan of a fleet is expected to cost, whoever made it.

The figures are those that the optimiser chooses by, so that plans of all schedules can be held
against each other. Each day ahead counts a little less, as it does there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.options import Horizon, options
from tambo.planning.fleet.outlook import expected_trips, losses, trip_revenue
from tambo.planning.fleet.parameters import Flags, Ints

PARTS = ("maintenance", "failures", "waiting", "worth")


@dataclass(frozen=True)
class Expected:
    """What is expected of a plan over its horizon, USD where nothing else is said.

    Attributes:
        maintenance: that the maintenances of the plan cost.
        failures: that failures before them cost more than they do, and others who wait for a slot.
        absence: lost and paid as compensation for trips without a vessel, and for waiting.
        worth: of the vessels at the end, by how worn they are then.
        downtime: days on which vessels are absent, those that failures are expected to add too.
        asked: revenue of the trips that are expected to be asked for.
    """

    maintenance: float
    failures: float
    absence: float
    worth: float
    downtime: float
    asked: float

    @property
    def cost(self) -> float:
        """All that differs between plans: the less the better."""
        return self.maintenance + self.failures + self.absence - self.worth

    @property
    def earned(self) -> float:
        """Revenue less all that is lost and paid; what vessels are worth then is left out."""
        return self.asked - self.maintenance - self.failures - self.absence

    def less(self, other: Self) -> Expected:
        """How much more each figure is than another's."""
        return Expected(*(getattr(self, name) - getattr(other, name) for name in vars(self)))


class Expectation:
    """Says what plans of one fleet are expected to cost.

    Args:
        standing: this morning.
        horizon: what is known of the world, and the days that plans are judged over.
        fleet: which of them.
    """

    def __init__(self, standing: Standing, horizon: Horizon, fleet: int = 0) -> None:
        self._standing, self._days = standing, horizon.days
        self.options = options(standing, fleet, range(standing.roster.count), horizon)
        # By part, vessel and day.
        self._parts = np.array(
            [[getattr(one, part) for one in self.options] for part in PARTS]
        ).reshape(len(PARTS), len(self.options), horizon.days + 1)
        self._failed_days = np.array([one.failed_days for one in self.options])
        discount = horizon.gamma ** np.arange(horizon.days)
        asked = expected_trips(standing, horizon.parameters, fleet, horizon.days)
        self._lost, self._asked = [], 0.0
        for (_, kind, here), trips in zip(standing.roster.cells, asked, strict=True):
            demand = horizon.parameters.demand[kind]
            lost = losses(trips, demand, len(here), horizon.parameters.compensation)
            self._lost.append(lost * discount[:, None])
            self._asked += float((discount * trips).sum()) * trip_revenue(demand)

    def of(self, enters: Ints) -> Expected:
        """What is expected of a plan.

        Args:
            enters: days from today on which each vessel enters; -1: not within the horizon.
        """
        vessels = np.arange(len(self.options))
        at = np.where(enters < 0, self._days, enters)
        maintenance, failures, waiting, worth = self._parts[:, vessels, at].sum(axis=1).tolist()
        absent = self.absent(enters)
        return Expected(
            maintenance=maintenance,
            failures=failures,
            absence=waiting + self._losses(absent),
            worth=worth,
            downtime=float(absent.sum() + self._failed_days[vessels, at].sum()),
            asked=self._asked,
        )

    def moved(self, enters: Ints, vessel: int, day: int) -> Expected:
        """How much more each figure is if one vessel enters on another day; -1: not at all."""
        other = enters.copy()
        other[vessel] = day
        return self.of(other).less(self.of(enters))

    def inside(self, enters: Ints) -> Flags:
        """Days on which vessels are in a hangar [vessel, day]."""
        day, enter = np.arange(self._days), enters[:, None]
        stays = (enter >= 0) & (day >= enter) & (day < enter + self._of("stay"))
        return np.asarray((day < self._of("until")) | stays)

    def absent(self, enters: Ints) -> Flags:
        """Days on which vessels cannot be used: in a hangar, or of no use yet [vessel, day]."""
        day, enter = np.arange(self._days), enters[:, None]
        waits = (day >= self._of("still")) & ((enter < 0) | (day < enter))
        return np.asarray(self.inside(enters) | waits)

    def _of(self, name: str) -> Ints:
        return np.array([int(getattr(one, name)) for one in self.options])[:, None]

    def _losses(self, absent: Flags) -> float:
        days = np.arange(self._days)
        cells = self._standing.roster.cells
        return sum(
            float(lost[days, absent[here].sum(axis=0)].sum())
            for (_, _, here), lost in zip(cells, self._lost, strict=True)
        )
