"""Schedules by simple rules, and what any schedule is: who is to enter a hangar today.

The same rules decide for fleets that are simulated and for one that the feature service tells of.
Failed vessels, and those at a legal limit, come first in all of them: they can do nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import Standing, look
from tambo.planning.fleet.parameters import Floats

Policy = Callable[[Standing], Floats]
"""A morning to the urgency of each vessel to enter a hangar today; not a number: it is not to
[fleet, vessel]."""
ACTIONS = ("stay", "enter")
STAY, ENTER = range(2)
"""Columns of what a network answers."""
FIRST, SECOND = 2e3, 1e3
"""Urgency of failed vessels, and of those at a legal limit; above any other."""


def forced(today: Standing, urgency: Floats) -> Floats:
    """Let those come first that can do nothing else."""
    urgency = np.where(today.must_enter, SECOND, urgency)
    return np.where(today.failed, FIRST, urgency)


def run_to_failure(today: Standing) -> Floats:
    """Maintain what has failed, and what may not be used any more."""
    return forced(today, np.full(today.score.shape, np.nan))


@dataclass(frozen=True)
class Interval:
    """Maintain after a share of the legal hours or days, whichever comes first."""

    hours: float
    days: float

    def __call__(self, today: Standing) -> Floats:
        """See `Policy`."""
        used = np.maximum(today.hours / self.hours, today.days / self.days)
        return forced(today, np.where(used >= 1, used, np.nan))


@dataclass(frozen=True)
class Hours:
    """Maintain after a share of the legal hours, whatever the calendar says."""

    share: float

    def __call__(self, today: Standing) -> Floats:
        """See `Policy`."""
        used = today.hours / self.share
        return forced(today, np.where(used >= 1, used, np.nan))


@dataclass(frozen=True)
class Threshold:
    """Maintain where the health score has fallen below a threshold, the lowest first."""

    score: float

    def __call__(self, today: Standing) -> Floats:
        """See `Policy`."""
        low = np.where(today.score < self.score, self.score - today.score, np.nan)
        return forced(today, low)


@dataclass(frozen=True)
class Valued:
    """Let those enter for whom a network says that it is worth more than to stay, by how much.

    Attributes:
        value: features of vessels [..., feature] to the worth of staying and entering [..., 2].
    """

    value: Callable[[NDArray[np.float32]], Floats]

    def gain(self, today: Standing) -> Floats:
        """How much more entering is worth [fleet, vessel]."""
        worth = self.value(look(today))
        return np.asarray(worth[..., ENTER] - worth[..., STAY])

    def __call__(self, today: Standing) -> Floats:
        """See `Policy`."""
        gain = self.gain(today)
        return forced(today, np.where(gain > 0, gain, np.nan))
