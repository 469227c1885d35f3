"""Share a model's answer out among groups of its inputs, against the answer to an ordinary row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.serving.shapley import Floats, coalitions, shapley_values

Matrix = NDArray[np.float32]
Numbers = NDArray[np.int64]

NONE = -1
"""In place of a player that a column does not have."""


@dataclass(frozen=True)
class Variants:
    """One row of a model's matrix as it is, as it is ordinarily, and two ways between.

    Players have two sides, and no column is of two players of the same side: so the columns of any
    coalition are those of one of four rows.

    Attributes:
        rows: float32 [4, width]: nobody there, the first side alone, the second alone, everybody.
        first: player of the first side that each column is of, or `NONE`: int64 [width].
        second: likewise of the second side.
        players: how many there are.
    """

    rows: Matrix
    first: Numbers
    second: Numbers
    players: int

    def active(self) -> list[int]:
        """Players without whom some column would be another; all others have no value."""
        same = (self.rows == self.rows[3]) | (np.isnan(self.rows) & np.isnan(self.rows[3]))
        moved = ~same.all(axis=0)
        found = set(self.first[moved].tolist()) | set(self.second[moved].tolist())
        return sorted(found - {NONE})

    def of_coalitions(self, active: Sequence[int]) -> Matrix:
        """Rows of all coalitions of some players: float32 [2 ** len(active), width]."""
        members = coalitions(len(active))
        there = np.ones((len(members), self.players + 1), bool)
        there[:, list(active)] = members
        # A column of one player alone is that of a row in which both sides are like it.
        first = np.where(self.first == NONE, self.second, self.first)
        second = np.where(self.second == NONE, self.first, self.second)
        chosen = there[:, first] + 2 * there[:, second]
        found: Matrix = self.rows[chosen, np.arange(self.rows.shape[1])]
        return found


@dataclass(frozen=True)
class Attribution:
    """What an answer is made of.

    Attributes:
        ordinary: the answer to the ordinary row: float64 [steps].
        values: what each player adds: float64 [players, steps]; with `ordinary` they sum to the
            answer.
        answer: float64 [steps].
    """

    ordinary: Floats
    values: Floats
    answer: Floats


def attribute(variants: Variants, predict: Callable[[Matrix], Floats]) -> Attribution:
    """Find the exact Shapley values of all players with one call of the model.

    Args:
        variants: the row in question.
        predict: answers rows of the matrix: float64 [n, steps].
    """
    active = variants.active()
    worth = predict(variants.of_coalitions(active))
    values = np.zeros((variants.players, worth.shape[1]))
    values[active] = shapley_values(worth)
    return Attribution(worth[0], values, worth[-1])
