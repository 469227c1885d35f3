"""What a day of a hangar's slot is worth to the vessels that wait for one.

A vessel that fails stays longer than one that is maintained in time, and others wait meanwhile:
they are grounded, or wear on and fail too. Where slots are scarce that is most of what a failure
costs. No formula of one vessel tells it, so fleets that live by a rule are asked: they live twice,
with the same luck, once with shorter stays and once with longer ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tambo.planning.fleet.options import day_worth
from tambo.planning.fleet.parameters import Floats, Parameters
from tambo.planning.fleet.policies import Policy
from training.fleet.schedule.choosing import Validation
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import standing

SHARE = 0.1
"""By which stays are shorter and longer: enough to be seen, and little enough to be a slope."""


def slot_day(validation: Validation, policy: Policy) -> float:
    """USD that a fleet loses for each day that a slot is taken longer, absence left out.

    Args:
        validation: the world, and how many fleets live in it for how long.
        policy: that they live by.
    """
    parameters, roster = validation.parameters, validation.roster
    more, shorter = _lived(validation, _stretched(parameters, 1 - SHARE), policy)
    less, longer = _lived(validation, _stretched(parameters, 1 + SHARE), policy)
    taken = (longer - shorter).sum(axis=0)
    lost = [
        day_worth(parameters, roster, int(base), int(kind))
        for base, kind in zip(roster.base, roster.kind, strict=True)
    ]
    days = float(taken.sum())
    return max(0.0, float((more - less).sum() - taken @ lost) / days) if days > 0 else 0.0


def _stretched(parameters: Parameters, factor: float) -> Parameters:
    return replace(
        parameters,
        upkeep=tuple(
            replace(one, days=factor * one.days, failed_days=factor * one.failed_days)
            for one in parameters.upkeep
        ),
    )


def _lived(validation: Validation, parameters: Parameters, policy: Policy) -> tuple[Floats, Floats]:
    """What each fleet earned, and days that each vessel was in a hangar [fleet, vessel]."""
    fleets = Fleets(
        parameters, validation.roster, validation.fleets, validation.days, validation.seed
    )
    earned, taken = np.zeros(fleets.fleets), np.zeros((fleets.fleets, fleets.roster.count))
    for _ in range(fleets.days):
        told = fleets.live(policy(standing(fleets)))
        earned += told.earned(parameters, fleets.roster).sum(axis=1)
        taken += fleets.morning.hangar
    return earned, taken
