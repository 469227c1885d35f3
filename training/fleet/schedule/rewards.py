"""What a day of a simulated fleet is worth, without the luck that no schedule can change.

Two terms are taken out whose expectation no decision moves: what a fleet without wear would have
earned on the same trips, and the surprise of each failure, that is, whether it came less the chance
that it had, times a usual cost. Both are control variates: they make the reward less noisy and
leave the order of all policies as it was. The hidden wear serves only here, in the simulation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tambo.planning.fleet.parameters import Floats, Parameters, Roster, Upkeep
from training.fleet.schedule.fleets import Fleets, Told

UNIT = 1e5
"""USD of a reward of 1."""
USUAL_WEAR = 0.5
ENDLESS = 1e9


def usual_failure(upkeep: Upkeep, parameters: Parameters) -> float:
    """What a failure costs more than a planned maintenance, and the days it waits longer, USD."""
    cost = upkeep.cost * (1 + upkeep.cost_by_wear * USUAL_WEAR)
    days = upkeep.failed_days - upkeep.days
    return (upkeep.failed_cost - 1) * cost + days * parameters.grounded_day


class Judge:
    """Lives through the days of some fleets, and says what each was worth.

    Args:
        fleets: on their first morning.
        seed: that they were made with.
        first: likewise.
    """

    def __init__(self, fleets: Fleets, seed: int, first: tuple[int, int]) -> None:
        self.fleets = fleets
        parameters = fleets.parameters
        self._ideal = Fleets(
            without_wear(parameters), fleets.roster, fleets.fleets, fleets.days, seed, first
        )
        of_kind = [usual_failure(one, parameters) for one in parameters.upkeep]
        self._failure = np.array(of_kind)[fleets.roster.kind]

    def live(self, urgency: Floats) -> tuple[Told, Floats]:
        """Live through the day; see `Fleets.live`.

        Returns:
            What it brought, and what it was worth in `UNIT` [fleet, base].
        """
        told = self.fleets.live(urgency)
        parameters, roster = self.fleets.parameters, self.fleets.roster
        ideal = self._ideal.live(np.full(urgency.shape, np.nan))
        worth = told.earned(parameters, roster) - ideal.earned(parameters, roster)
        surprise = (told.failed - told.risk) * self._failure
        worth += np.stack([surprise[:, here].sum(axis=1) for here in roster.homes], axis=1)
        return told, worth / UNIT


def without_wear(parameters: Parameters) -> Parameters:
    """The same world where nothing fails and nothing must be maintained."""
    return replace(
        parameters,
        upkeep=tuple(
            replace(
                one,
                hazard=0.0,
                steepness=0.0,
                wear_hour=0.0,
                wear_day=0.0,
                hours_limit=ENDLESS,
                days_limit=ENDLESS,
            )
            for one in parameters.upkeep
        ),
    )


def judged(
    parameters: Parameters, roster: Roster, fleets: int, days: int, rng: np.random.Generator
) -> Judge:
    """New fleets on a drawn day of the year."""
    seed = int(rng.integers(2**31))
    first = (int(rng.integers(365)), int(rng.integers(7)))
    return Judge(Fleets(parameters, roster, fleets, days, seed, first), seed, first)
