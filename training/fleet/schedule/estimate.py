"""A fleet's world, estimated from what was known of it at an instant.

What no table tells is declared: what is paid for a trip without a vessel, and for a day on which a
failed one waits (`tambo.settings`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.errors import FewLabelsError
from tambo.planning.fleet.parameters import Parameters, Upkeep
from training.fleet.schedule.asked import estimate_demand
from training.fleet.schedule.failures import Failing, estimate_failing, uses
from training.fleet.schedule.hangars import Stays, estimate_stays
from training.fleet.schedule.history import History
from training.fleet.schedule.stints import stints
from training.fleet.schedule.wear import Wearing, estimate_wear


@dataclass(frozen=True)
class Declared:
    """What is not estimated.

    Attributes:
        compensation: share of a lost trip's revenue that is paid.
        grounded_day: USD of a day on which a failed vessel waits for a slot.
    """

    compensation: float
    grounded_day: float


def estimate(history: History, declared: Declared) -> Parameters:
    """Estimate what a simulated fleet runs on.

    Raises:
        FewLabelsError: something cannot be told from what is known; it says what.
    """
    cut = stints(history)
    wearing = estimate_wear(cut, len(history.kinds))
    used = uses(history, cut, wearing)
    failing = estimate_failing(history, cut, used)
    stays = estimate_stays(history, cut, wearing, used)
    if np.isnan(stays.cost).any():
        raise FewLabelsError(
            "No maintenance is known with its cost and the wear before it.",
            remedy="load costs of maintenance: tambo ingest <folder>",
        )
    return Parameters(
        upkeep=tuple(
            _upkeep(history, kind, wearing, failing, stays) for kind in range(len(history.kinds))
        ),
        demand=estimate_demand(history),
        diverted=_diverted(history),
        compensation=declared.compensation,
        grounded_day=declared.grounded_day,
        score_scale=1.0,
        score_power=wearing.power,
        score_noise=wearing.noise,
    )


def _upkeep(
    history: History, kind: int, wearing: Wearing, failing: Failing, stays: Stays
) -> Upkeep:
    return Upkeep(
        hours_limit=float(history.limits[kind, 0]),
        days_limit=float(history.limits[kind, 1]),
        wear_hour=float(wearing.hour[kind]),
        wear_day=float(wearing.day[kind]),
        wear_shape=wearing.shape,
        quality=wearing.quality,
        hazard=float(failing.hazard[kind]),
        steepness=failing.steepness,
        left=stays.left,
        days=float(stays.days[kind]),
        failed_days=float(stays.failed_days[kind]),
        days_spread=stays.days_spread,
        cost=float(stays.cost[kind]),
        failed_cost=stays.failed_cost,
        cost_by_wear=stays.cost_by_wear,
        cost_spread=stays.cost_spread,
    )


def _diverted(history: History) -> float:
    """Share of the usual revenue an hour that is earned on a trip on which a vessel fails."""
    flights = history.flights
    rate = flights.revenue / flights.hours
    shares = []
    for kind in range(len(history.kinds)):
        of = history.roster.kind[flights.vessel] == kind
        failed, whole = of & flights.diverted, of & ~flights.diverted
        if failed.any() and whole.any():
            shares += (rate[failed] / rate[whole].mean()).tolist()
    return float(np.clip(np.mean(shares), 0.0, 1.0)) if shares else 1.0
