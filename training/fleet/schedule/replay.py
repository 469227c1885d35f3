"""Replay: what fleets lived through, drawn again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.parameters import Flags, Floats, Ints

EXPONENT = 0.6
CORRECTION = (0.4, 1.0)
"""Exponents of priority and of its correction, at the begin and the end (Schaul et al. 2016)."""
LEAST_PRIORITY = 1e-3


@dataclass
class Rows:
    """Some days of some bases; arrays begin with [row].

    Attributes:
        seen: features [row, vessel, feature].
        entered: who entered a hangar that day [row, vessel].
        reward: discounted, of the days until `later`.
        days: how many those are.
        later: features then [row, vessel, feature].
        may, must: enter a hangar then [row, vessel].
        slots: free ones then.
        real: places that hold a vessel [row, vessel].
    """

    seen: NDArray[np.float32]
    entered: Flags
    reward: Floats
    days: Ints
    later: NDArray[np.float32]
    may: Flags
    must: Flags
    slots: Ints
    real: Flags

    def fields(self) -> dict[str, NDArray[np.generic]]:
        """Arrays by name."""
        return dict(vars(self))


class Replay:
    """Keeps the newest rows.

    Args:
        capacity: how many.
        prioritised: whether rows that surprised are drawn more often.
    """

    def __init__(self, capacity: int, prioritised: bool) -> None:
        self.capacity, self.prioritised = capacity, prioritised
        self.size, self._next = 0, 0
        self._kept: dict[str, NDArray[np.generic]] = {}
        self._priority = np.zeros(capacity)

    def put(self, rows: Rows) -> None:
        """Add rows in the place of the oldest."""
        fields, number = rows.fields(), len(rows.reward)
        if not self._kept:
            self._kept = {
                name: np.zeros((self.capacity, *value.shape[1:]), value.dtype)
                for name, value in fields.items()
            }
        at = (self._next + np.arange(number)) % self.capacity
        for name, value in fields.items():
            self._kept[name][at] = value
        # What was never drawn is drawn soon.
        self._priority[at] = self._priority.max() or 1.0
        self._next = (self._next + number) % self.capacity
        self.size = min(self.capacity, self.size + number)

    def draw(
        self, rng: np.random.Generator, number: int, progress: float
    ) -> tuple[Ints, Rows, Floats]:
        """Draw rows.

        Args:
            rng: random numbers.
            number: of rows.
            progress: of the training, 0 to 1.

        Returns:
            Their places, the rows, and the weights of their errors.
        """
        weight = np.ones(number)
        if self.prioritised:
            chance = self._priority[: self.size] / self._priority[: self.size].sum()
            at = np.searchsorted(chance.cumsum(), rng.random(number)).clip(0, self.size - 1)
            power = CORRECTION[0] + (CORRECTION[1] - CORRECTION[0]) * progress
            weight = (self.size * chance[at]) ** -power
            weight /= weight.max()
        else:
            at = rng.integers(0, self.size, number)
        rows = Rows(**{name: value[at] for name, value in self._kept.items()})
        return at, rows, weight

    def surprised(self, at: Ints, errors: Floats) -> None:
        """Take note of how wrong the network was about drawn rows."""
        if self.prioritised:
            self._priority[at] = (np.abs(errors) + LEAST_PRIORITY) ** EXPONENT
