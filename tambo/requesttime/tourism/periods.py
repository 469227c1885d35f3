"""Where days lie among announced periods, each given by its first and its last day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tambo.requesttime.tourism.calendar import Days, Floats
from tambo.requesttime.tourism.stored import as_number

REMEMBERED_DAYS = 60
"""What was over for longer is forgotten, as the marts leave it out when they are written anew."""


def within(days: Days, first: Days, last: Days) -> NDArray[np.bool_]:
    """Which days lie in which periods: [days, periods]."""
    return (days[:, None] >= first) & (days[:, None] <= last)


def in_any(days: Days, first: Days, last: Days) -> Floats:
    """1 for each day that lies in a period, else 0."""
    return as_number(within(days, first, last).any(axis=1))


def days_to_next(days: Days, first: Days, last: Days) -> Floats:
    """Days from each day to the start of the next period, 0 in one; NaN where none follows."""
    ahead = np.where(last >= days[:, None], np.maximum(first - days[:, None], 0), np.inf)
    return _least(ahead, len(days))


def days_since_last(days: Days, first: Days, last: Days) -> Floats:
    """Days from the end of the last period to each day, 0 in one; NaN where none is remembered."""
    behind = np.where(first <= days[:, None], np.maximum(days[:, None] - last, 0), np.inf)
    return _least(np.where(behind <= REMEMBERED_DAYS, behind, np.inf), len(days))


def _least(distances: Floats, days: int) -> Floats:
    nearest = distances.min(axis=1) if distances.shape[1] else np.full(days, np.inf)
    return np.where(np.isfinite(nearest), nearest, np.nan)
