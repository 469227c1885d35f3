"""Schedules without learning, that a learned one is held against.

A policy gives each vessel an urgency to enter a hangar today, or not a number: it is not to. Failed
vessels, and those at a legal limit, come first in all of them: they can do nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tambo.planning.fleet.parameters import Floats
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.look import Look, look

Policy = Callable[[Fleets, Look], Floats]
"""Fleets and what is seen of them to urgency [fleet, vessel]."""
FIRST, SECOND = 2e3, 1e3
"""Urgency of failed vessels, and of those at a legal limit; above any other."""


def forced(fleets: Fleets, seen: Look, urgency: Floats) -> Floats:
    """Let those come first that can do nothing else."""
    urgency = np.where(seen.must_enter, SECOND, urgency)
    return np.where(fleets.morning.failed, FIRST, urgency)


def run_to_failure(fleets: Fleets, seen: Look) -> Floats:
    """Maintain what has failed, and what may not be used any more."""
    return forced(fleets, seen, np.full(seen.may_enter.shape, np.nan))


@dataclass(frozen=True)
class Interval:
    """Maintain after a share of the legal hours or days, whichever comes first."""

    hours: float
    days: float

    def __call__(self, fleets: Fleets, seen: Look) -> Floats:
        """See `Policy`."""
        morning = fleets.morning
        used = np.maximum(
            morning.hours / fleets.of("hours_limit") / self.hours,
            morning.days / fleets.of("days_limit") / self.days,
        )
        return forced(fleets, seen, np.where(used >= 1, used, np.nan))


@dataclass(frozen=True)
class Hours:
    """Maintain after a share of the legal hours, whatever the calendar says."""

    share: float

    def __call__(self, fleets: Fleets, seen: Look) -> Floats:
        """See `Policy`."""
        used = fleets.morning.hours / fleets.of("hours_limit") / self.share
        return forced(fleets, seen, np.where(used >= 1, used, np.nan))


@dataclass(frozen=True)
class Threshold:
    """Maintain where the health score has fallen below a threshold, the lowest first."""

    score: float

    def __call__(self, fleets: Fleets, seen: Look) -> Floats:
        """See `Policy`."""
        low = np.where(fleets.shown < self.score, self.score - fleets.shown, np.nan)
        return forced(fleets, seen, low)


def play(policy: Policy, fleets: Fleets) -> Floats:
    """Live through all days by a policy.

    Returns:
        What each fleet earned less what it paid, USD [fleet].
    """
    earned = np.zeros(fleets.fleets)
    for _ in range(fleets.days):
        told = fleets.live(policy(fleets, look(fleets)))
        earned += told.earned(fleets.parameters, fleets.roster).sum(axis=1)
    return earned
