"""Exact Shapley values: how much each of a few players adds to what a coalition is worth.

A player's value is what it adds to a coalition, averaged over all orders in which the players can
join. The values sum to what all are worth together less what nobody is worth, a player that never
adds anything has none, and players that add the same have the same. Shapley, A value for n-person
games, 1953; as an explanation of a model's answer, with groups of inputs as the players: Lundberg
and Lee, A unified approach to interpreting model predictions, 2017. With few players all coalitions
can be asked for, so nothing is drawn at random.
"""

from __future__ import annotations

from functools import cache
from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Members = NDArray[np.bool_]


@cache
def coalitions(players: int) -> Members:
    """All coalitions: bool [2 ** players, players]; nobody is the first, everybody the last.

    >>> coalitions(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    found: Members = (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1
    # It is kept and handed out again.
    found.flags.writeable = False
    return found


@cache
def _weights(players: int) -> Floats:
    """What the worth of each coalition counts for each player: [players, 2 ** players]."""
    members = coalitions(players)
    others = members.sum(axis=1)[:, None] - members
    orders = [factorial(n) * factorial(players - n - 1) for n in range(players)]
    share = np.array(orders, np.float64)[others] / factorial(players)
    found: Floats = np.where(members, share, -share).T
    return found


def shapley_values(worth: Floats) -> Floats:
    """Share out what all players are worth together.

    Args:
        worth: of all `coalitions` of some players, in that order: float64 [2 ** players, steps].

    Returns:
        float64 [players, steps].

    >>> shapley_values(np.array([[0.0], [10.0], [20.0], [50.0]]))[:, 0].tolist()
    [20.0, 30.0]
    """
    players = len(worth).bit_length() - 1
    if not players:
        return np.zeros((0, *worth.shape[1:]))
    return _weights(players) @ worth
