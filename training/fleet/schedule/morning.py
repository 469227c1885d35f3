"""Simulated fleets as a schedule finds them: what `tambo.planning.fleet` is told of any fleet."""

from __future__ import annotations

import numpy as np

from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.parameters import Floats
from tambo.planning.fleet.policies import Policy
from training.fleet.schedule.fleets import Fleets


def standing(fleets: Fleets) -> Standing:
    """Where some fleets stand this morning; their wear stays hidden."""
    morning, day = fleets.morning, fleets.day
    return Standing(
        roster=fleets.roster,
        score=fleets.shown,
        hours=morning.hours / fleets.of("hours_limit"),
        days=morning.days / fleets.of("days_limit"),
        failed=morning.failed,
        hangar=morning.hangar,
        back_in=np.maximum(morning.back - day, 0).astype(float),
        booked=np.stack([trips.booked_ahead[:, day] for trips in fleets.trips], axis=1),
        season=np.array([trips.usual_ahead[day] for trips in fleets.trips]),
        weekday=int(fleets.weekday[day]),
    )


def play(policy: Policy, fleets: Fleets) -> Floats:
    """Live through all days by a policy.

    Returns:
        What each fleet earned less what it paid, USD [fleet].
    """
    earned = np.zeros(fleets.fleets)
    for _ in range(fleets.days):
        told = fleets.live(policy(standing(fleets)))
        earned += told.earned(fleets.parameters, fleets.roster).sum(axis=1)
    return earned
