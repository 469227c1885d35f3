"""What spending does to visitors: the learned response, as draws that say how sure it is.

Extra visitors of a pair of location and market in a Monday week are

    visitors · room · beta · (1 - exp(-S / scale))
    S    = sum over k of carry^k · spend k weeks before, USD
    room = exp(-power · (season - 1)), season being the index of the week, of mean 1 over a year
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LAGS = 4
"""Weeks in which a week's spend works: its own and those after it."""


@dataclass(frozen=True)
class Draws:
    """Draws of what is not known for sure; equally likely.

    Attributes:
        beta: most that campaigns can add, as a share of the visitors [draw, pair].
        scale: USD a week at which 63 % of that is reached [draw, pair].
        carry: share of a week's spend that still works a week later [draw].
        room: power of the season [draw].
    """

    beta: Floats
    scale: Floats
    carry: Floats
    room: Floats

    def take(self, pairs: list[int]) -> Draws:
        """The draws of some pairs."""
        return Draws(self.beta[:, pairs], self.scale[:, pairs], self.carry, self.room)

    def top(self, season: Floats) -> Floats:
        """Most that can be added, as a share of the visitors [draw, pair, week].

        Args:
            season: index of the season [pair, week].
        """
        return np.asarray(
            self.beta[:, :, None] * np.exp(-self.room[:, None, None] * (season - 1.0)[None])
        )

    def weights(self) -> Floats:
        """Weight of a week's spend in that week and the weeks after it [draw, lag]."""
        return np.asarray(self.carry[:, None] ** np.arange(LAGS))


def carried(spend: Floats, weights: Floats) -> Floats:
    """Spend that works in each week [draw, pair, week].

    Args:
        spend: USD by week [pair, LAGS - 1 + week]: the first LAGS - 1 weeks only carry over.
        weights: see `Draws.weights` [draw, lag].
    """
    weeks = spend.shape[1] - (LAGS - 1)
    lagged = np.stack([spend[:, LAGS - 1 - k : LAGS - 1 - k + weeks] for k in range(LAGS)])
    return np.asarray(np.einsum("dk,kpw->dpw", weights, lagged))


def share_added(draws: Draws, spend: Floats, season: Floats) -> Floats:
    """Visitors added, as a share of those who come anyway [draw, pair, week].

    Args:
        draws: the learned response.
        spend: USD by week, the LAGS - 1 weeks before the first included [pair, LAGS - 1 + week].
        season: index of the season [pair, week].
    """
    ratio = carried(spend, draws.weights()) / draws.scale[:, :, None]
    return np.asarray(draws.top(season) * -np.expm1(-ratio))
