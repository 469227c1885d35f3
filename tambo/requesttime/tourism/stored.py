"""What the views hold of a location, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tambo.requesttime.calendar import missing
from tambo.requesttime.tourism.calendar import Days, Floats, local_day, zone_named


def as_days(values: Sequence[int] | NDArray[Any] | None) -> Days:
    """A stored list of days as an array; empty where there is none."""
    return np.zeros(0, np.int64) if values is None else np.asarray(values, np.int64)


def as_floats(values: Sequence[float] | NDArray[Any] | None, length: int) -> Floats:
    """A stored list of numbers as an array; NaN throughout where there is none."""
    if values is None or len(values) == 0:
        return np.full(length, np.nan)
    return np.asarray(values, np.float64)


def as_number(flags: NDArray[np.bool_] | np.bool_) -> Floats:
    """1 where it is so, else 0."""
    return np.asarray(flags, np.float64)


def at(values: Floats, positions: Days) -> Floats:
    """Values at positions; NaN outside."""
    inside = (positions >= 0) & (positions < len(values))
    return np.where(inside, values[np.clip(positions, 0, len(values) - 1)], np.nan)


def or_else(value: Floats, other: Floats) -> Floats:
    """The value, and the other where it is missing."""
    return np.where(np.isnan(value), other, value)


def period(stored: Mapping[str, Any], kind: str) -> tuple[Days, Days]:
    """First and last days of what was announced of a kind."""
    return as_days(stored.get(f"{kind}_first_days")), as_days(stored.get(f"{kind}_last_days"))


def first_day(stored: Mapping[str, Any]) -> float:
    """Number of the first day to forecast: the one after the last whole day counted."""
    return day_of(stored, "counted_until")


def day_of(stored: Mapping[str, Any], name: str) -> float:
    """Number of the local day of a stored instant; NaN: there is none, or no zone."""
    instant, zone = stored.get(name), zone_named(stored.get("time_zone"))
    if zone is None or not isinstance(instant, datetime) or missing(instant):
        return np.nan
    return float(local_day(instant, zone))
