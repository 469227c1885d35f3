"""The sample world's own figures of fleets, as a schedule that learned perfectly knew them."""

from __future__ import annotations

import numpy as np

from tambo.planning.fleet.parameters import Demand, Parameters, Roster, Upkeep
from tambo.sources.fleet.world import demand, operations, wear
from tambo.sources.fleet.world.kinds import KINDS, Kind


def declared() -> Parameters:
    """The world's own figures."""
    return Parameters(
        upkeep=tuple(map(_upkeep, KINDS)),
        demand=tuple(map(_demand, KINDS)),
        diverted=operations.DIVERTED_SHARE,
        compensation=operations.COMPENSATION_SHARE,
        grounded_day=operations.GROUNDED_DAY_COST,
        score_scale=wear.SCORE_SCALE,
        score_power=wear.SCORE_POWER,
        score_noise=1.0,
    )


def roster(vessels: int, bases: int, slots: int) -> Roster:
    """Half jets, half yachts, dealt to bases of as many slots each."""
    number = np.arange(vessels)
    return Roster(number % 2, number // 2 % bases, np.full(bases, slots))


def _upkeep(kind: Kind) -> Upkeep:
    return Upkeep(
        hours_limit=kind.hours_limit,
        days_limit=kind.days_limit,
        wear_hour=kind.wear_hour,
        wear_day=kind.wear_day,
        wear_shape=wear.WEAR_SHAPE,
        quality=0.3,
        hazard=kind.hazard,
        steepness=kind.steepness,
        left=wear.LEFT,
        days=kind.days,
        failed_days=1.9 * kind.days,
        days_spread=0.2,
        cost=kind.cost,
        failed_cost=3.0,
        cost_by_wear=0.6,
        cost_spread=0.18,
    )


def _demand(kind: Kind) -> Demand:
    week = np.array([1.0] * 4 + [kind.weekend] * 3)
    peak = 2 * np.pi * kind.peak / 365.25
    return Demand(
        trips=kind.trips,
        weekday=tuple((week / week.mean()).tolist()),
        season=(kind.amplitude * float(np.cos(peak)), kind.amplitude * float(np.sin(peak))),
        surge=demand.SURGE,
        surge_days=demand.SURGE_DAYS,
        hours=kind.trip_hours,
        hours_spread=kind.trip_spread,
        most_hours=60.0,
        day_hours=8.0,
        most_days=kind.trip_days,
        price=kind.hour_revenue,
        price_spread=0.2,
        ahead=kind.ahead,
        cancelled=demand.CANCELLED_SHARE,
    )
