"""The yearly season as waves, and its index by week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from tambo.planning.tourism.response import Floats

YEAR = 365.25


def waves(day_of_year: Floats, count: int) -> Floats:
    """Cosines, then sines, of so many yearly waves [day, 2 · count]."""
    angle = 2 * np.pi * day_of_year[:, None] * np.arange(1, count + 1) / YEAR
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1)


def season_index(harmonics: Floats, mondays: Sequence[date]) -> Floats:
    """Visitors of each week against those of a mean week of the year [pair, week].

    Args:
        harmonics: weights of the waves in the logarithm, cosines, then sines [pair, 2 · waves].
        mondays: first days of the weeks.
    """
    count = harmonics.shape[1] // 2
    year = np.exp(harmonics @ waves(np.arange(1.0, 366.0), count).T).mean(axis=1)
    first = np.array([day.timetuple().tm_yday for day in mondays], dtype=float)
    level = [np.exp(harmonics @ waves(first + n, count).T) for n in range(7)]
    return np.asarray(np.mean(level, axis=0) / year[:, None])
