"""The rolling-horizon optimiser as a policy for simulated fleets."""

from __future__ import annotations

import numpy as np

from tambo.planning.fleet.parameters import Floats, Parameters, Roster
from tambo.planning.fleet.rolling import Horizon, day_worth, plan_base
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.look import Look, standing
from training.fleet.schedule.one_vessel import OneVessel, simplified
from training.fleet.schedule.policies import forced


def horizon_of(parameters: Parameters, roster: Roster, gamma: float = 0.995) -> Horizon:
    """What the optimiser runs on: beyond its horizon each vessel is worth what one alone is."""
    values, grid = [], np.zeros(0)
    for kind in range(len(parameters.upkeep)):
        world, _ = simplified(parameters, kind)
        bases = roster.base[roster.kind == kind]
        lost = [day_worth(parameters, roster, int(base), kind) for base in np.unique(bases)]
        process = OneVessel.of(world, gamma, day_worth=float(np.mean(lost)) if lost else None)
        grid = process.wear
        values.append(process.optimum()[0])
    return Horizon(parameters, grid, np.stack(values), gamma=gamma)


class Optimiser:
    """Lets those enter whom the plan of this morning lets enter today.

    Args:
        horizon: what is known of the world.
    """

    def __init__(self, horizon: Horizon) -> None:
        self.horizon = horizon

    def __call__(self, fleets: Fleets, seen: Look) -> Floats:
        """See `policies.Policy`."""
        urgency = np.full(seen.may_enter.shape, np.nan)
        today = standing(fleets)
        for fleet, base in np.argwhere(seen.slots > 0).tolist():
            here = fleets.roster.homes[base]
            if not seen.may_enter[fleet, here].any():
                continue
            plan = plan_base(today, fleet, base, self.horizon)
            urgency[fleet, plan.vessels[plan.enters == 0]] = 1.0
        return forced(fleets, seen, urgency)
