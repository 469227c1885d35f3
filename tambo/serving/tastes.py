"""Tastes: which item of a group somebody chooses, given what they chose before.

A mixed logit: the utility of an item is what it is to everybody, and its weights times what
somebody likes, which nobody knows. A sample of what people like stands for all of them; each of
the sample counts as much as the chance with which they would have chosen what was chosen. McFadden
and Train, Mixed MNL models for discrete response, Journal of Applied Econometrics 15, 2000; on
conditioning on what one person chose: Train, Discrete choice methods with simulation, 2009, 11.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_CELLS = 4_000_000
"""Utilities that are worked out at a time."""

_LEAST = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Tastes:
    """Chances of the items of each group.

    Attributes:
        draws: what people of the sample like: float32 [k, d].
        weights: utility to everybody, then the weight of each liking: float32 [n, 1 + d].
        groups: number of each item's group, from 0: int64 [n].
    """

    draws: Floats
    weights: Floats
    groups: Ints

    def log_chances(
        self, items: Ints, chosen: Ints, counts: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Logarithm of the chance of some items among all of their group: float32 [people, m].

        Args:
            items: positions.
            chosen: positions of what was chosen before, each once.
            counts: how often each of these was chosen: float64 [people, chosen].
        """
        likelihood = counts @ self._logs(chosen).T
        weight = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
        chances = (weight / weight.sum(axis=1, keepdims=True)) @ np.exp(self._logs(items))
        # Chances among 100,000 items may be smaller than the smallest number of this width.
        logs: NDArray[np.float32] = np.log(np.maximum(chances, _LEAST)).astype(np.float32)
        return logs

    def _logs(self, items: Ints) -> NDArray[np.float64]:
        """Logarithm of the chance of each item, for each of the sample: float64 [k, m]."""
        return np.asarray(self._utilities(items) - self._wholes[:, self.groups[items]])

    def _utilities(self, items: Ints) -> NDArray[np.float64]:
        weights = self.weights[items].astype(np.float64)
        return np.asarray(weights[:, 0] + self.draws.astype(np.float64) @ weights[:, 1:].T)

    @cached_property
    def _wholes(self) -> NDArray[np.float64]:
        """Logarithm of the sum over each group, for each of the sample: float64 [k, groups]."""
        order = np.argsort(self.groups, kind="stable")
        sizes = np.bincount(self.groups)
        ends = np.cumsum(sizes)
        found = np.empty((len(self.draws), len(sizes)))
        step = max(1, _CELLS // max(1, len(self.draws)))
        start = 0
        while start < len(sizes):
            # Whole groups, as many as fit.
            first = ends[start] - sizes[start]
            stop = max(start + 1, int(np.searchsorted(ends, first + step, side="right")))
            mine = self._utilities(order[first : ends[stop - 1]])
            found[:, start:stop] = log_sums(mine, ends[start:stop] - sizes[start:stop] - first)
            start = stop
        return found


def log_sums(values: NDArray[np.float64], first: Ints) -> NDArray[np.float64]:
    """Logarithm of the sum of exp over each group of columns: float64 [k, groups].

    Args:
        values: float64 [k, n], columns in order of their group.
        first: first column of each group.
    """
    highest = np.maximum.reduceat(values, first, axis=1)
    sizes = np.diff(np.append(first, values.shape[1]))
    shifted = np.exp(values - np.repeat(highest, sizes, axis=1))
    return np.asarray(highest + np.log(np.add.reduceat(shifted, first, axis=1)))
