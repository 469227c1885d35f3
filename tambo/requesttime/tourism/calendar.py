"""Local days of the tourism contracts, and where a day lies among announced ones.

A day is a day in America/Lima, the zone of the tourism contracts. Days are numbers: days since
1970-01-01, as the marts hold them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tambo.requesttime.calendar import as_date, date_in

ZONE = ZoneInfo("America/Lima")
EPOCH = date(1970, 1, 1).toordinal()

Days = NDArray[np.int64]
Floats = NDArray[np.float64]


def local_day(instant: datetime) -> int:
    """Number of the local day of an instant; without a zone it is UTC, as in the lake.

    >>> local_day(datetime(1970, 1, 2, 4, 59)), local_day(datetime(1970, 1, 2, 5, 0))
    (0, 1)
    """
    return date_in(instant, ZONE).toordinal() - EPOCH


def day_number(day: object) -> int | None:
    """Number of a day written YYYY-MM-DD, or of a date; None for everything else.

    >>> day_number("1970-01-31"), day_number("31/01/1970")
    (30, None)
    """
    found = as_date(day)
    return None if found is None else found.toordinal() - EPOCH


def as_days(values: Sequence[int] | NDArray[Any] | None) -> Days:
    """A stored list of days as an array; empty where there is none."""
    return np.zeros(0, np.int64) if values is None else np.asarray(values, np.int64)


def as_floats(values: Sequence[float] | NDArray[Any] | None, length: int) -> Floats:
    """A stored list of numbers as an array; NaN throughout where there is none."""
    if values is None or len(values) == 0:
        return np.full(length, np.nan)
    return np.asarray(values, np.float64)


def within(days: Days, first: Days, last: Days) -> NDArray[np.bool_]:
    """Which days lie in which periods: [days, periods]."""
    return (days[:, None] >= first) & (days[:, None] <= last)


def days_to_next(days: Days, first: Days, last: Days) -> Floats:
    """Days from each day to the start of the next period, 0 in one; NaN where none follows."""
    ahead = np.where(last >= days[:, None], np.maximum(first - days[:, None], 0), np.inf)
    return _least(ahead, len(days))


def days_since_last(days: Days, first: Days, last: Days) -> Floats:
    """Days from the end of the last period to each day, 0 in one; NaN where none was."""
    behind = np.where(first <= days[:, None], np.maximum(days[:, None] - last, 0), np.inf)
    return _least(behind, len(days))


def _least(distances: Floats, days: int) -> Floats:
    nearest = distances.min(axis=1) if distances.shape[1] else np.full(days, np.inf)
    return np.where(np.isfinite(nearest), nearest, np.nan)
