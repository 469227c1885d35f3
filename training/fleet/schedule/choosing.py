"""Which of the networks of one training serves, and at what gain it lets a vessel enter.

Between two looks a network's decisions swing although its errors hardly do: most days, entering
today or tomorrow is worth nearly the same. So networks are compared by what fleets earn by them, on
fleets that serve nothing else. The same fleets tune the margin, as they tune thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tambo.planning.fleet.parameters import Parameters, Roster
from tambo.planning.fleet.policies import ENTER, Policy
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import play
from training.fleet.schedule.network import weights

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

MARGINS = (-0.3, -0.1, 0.0, 0.1, 0.3)
"""Of the gain, in units of the reward."""
YEARS = 3 * 365
"""Days over which schedules are compared. Within one year it pays to run vessels down, since nobody
asks in what state they end."""
LOOKED_AT = 3
"""Networks whose margin is tuned: the best ones without any."""


@dataclass(frozen=True)
class Validation:
    """Fleets that policies of one world are chosen by.

    Attributes:
        parameters, roster: of the world.
        fleets, days: how many.
        seed: other than those of training and test.
    """

    parameters: Parameters
    roster: Roster
    fleets: int = 32
    days: int = YEARS
    seed: int = 10_007

    def earned(self, policy: Policy) -> float:
        """Mean of what fleets earn in a year by a policy, USD."""
        return float(play(policy, self._first.again()).mean()) * 365 / self.days

    @cached_property
    def _first(self) -> Fleets:
        """They on their first morning; their trips take as long to draw as to live through."""
        return Fleets(self.parameters, self.roster, self.fleets, self.days, self.seed)


class Chosen:
    """Keeps the networks of one training, and what fleets earned by them.

    Args:
        validation: the fleets.
    """

    def __init__(self, validation: Validation) -> None:
        self._validation = validation
        self._kept: list[tuple[float, list[NDArray[np.float32]]]] = []

    def look(self, policy: Policy, network: keras.Model) -> float:
        """Judge a network as it is now; returns what fleets earn by it."""
        earned = self._validation.earned(policy)
        self._kept.append((earned, weights(network)))
        self._kept.sort(key=lambda one: -one[0])
        del self._kept[LOOKED_AT:]
        return earned

    def settle(self, policy: Policy, network: keras.Model) -> float:
        """Give a network the weights and the margin by which fleets earn most.

        Returns:
            What they earn, USD.
        """
        best: tuple[float, list[NDArray[np.float32]]] | None = None
        for _, kept in self._kept:
            for margin in MARGINS:
                moved = with_margin(kept, margin)
                network.set_weights(moved)
                earned = self._validation.earned(policy)
                if best is None or earned > best[0]:
                    best = (earned, moved)
        if best is None:
            raise ValueError("no network was looked at")
        network.set_weights(best[1])
        return best[0]


def with_margin(kept: Sequence[NDArray[np.float32]], margin: float) -> list[NDArray[np.float32]]:
    """Weights whose gain of entering is lower by a margin: it is in the last layer's bias."""
    moved = [one.copy() for one in kept]
    moved[-1][ENTER] -= margin
    return moved
