"""What the rolling-horizon optimiser runs on, from an estimated world."""

from __future__ import annotations

import numpy as np

from tambo.planning.fleet.options import Horizon, day_worth
from tambo.planning.fleet.parameters import Parameters, Roster
from training.fleet.schedule.one_vessel import OneVessel, simplified


def horizon_of(
    parameters: Parameters, roster: Roster, slot_day: float = 0.0, gamma: float = 0.995
) -> Horizon:
    """What the optimiser runs on: beyond its horizon each vessel is worth what one alone is.

    Args:
        parameters: of the world.
        roster: whose vessels stand in for each other.
        slot_day: see `slots.slot_day`; 0 where nobody ever waits for a slot.
        gamma: of the discount, a day.
    """
    values, grid = [], np.zeros(0)
    for kind in range(len(parameters.upkeep)):
        world, _ = simplified(parameters, kind)
        bases = roster.base[roster.kind == kind]
        lost = [day_worth(parameters, roster, int(base), kind) for base in np.unique(bases)]
        day = float(np.mean(lost)) + slot_day if lost else None
        process = OneVessel.of(world, gamma, day_worth=day)
        grid = process.wear
        values.append(process.optimum()[0])
    return Horizon(parameters, grid, np.stack(values), slot_day, gamma=gamma)
