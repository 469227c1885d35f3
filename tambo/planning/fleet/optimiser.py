"""The rolling-horizon optimiser as a policy: what its plan says of today is done."""

from __future__ import annotations

import numpy as np

from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.options import Horizon
from tambo.planning.fleet.parameters import Floats
from tambo.planning.fleet.policies import forced
from tambo.planning.fleet.rolling import plan_base


class Optimiser:
    """Lets those enter whom the plan of this morning lets enter today.

    Args:
        horizon: what is known of the world.
    """

    def __init__(self, horizon: Horizon) -> None:
        self.horizon = horizon

    def __call__(self, today: Standing) -> Floats:
        """See `policies.Policy`."""
        urgency = np.full(today.score.shape, np.nan)
        may_enter = today.may_enter
        for fleet, base in np.argwhere(today.slots_left > 0).tolist():
            if not may_enter[fleet, today.roster.homes[base]].any():
                continue
            plan = plan_base(today, fleet, base, self.horizon)
            urgency[fleet, plan.vessels[plan.enters == 0]] = 1.0
        return forced(today, urgency)
