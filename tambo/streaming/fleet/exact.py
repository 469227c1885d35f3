"""Sums of whole numbers without a rounding, and what dbt/macros/exact.sql makes of them.

Each line here has its twin there; doubles are rounded as DuckDB rounds them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Wholes = NDArray[np.int64]
Flags = NDArray[np.bool_]

HALF_BITS = 21
"""Numbers below 2^42 are multiplied in halves, whose products of 2^21 numbers fit 63 bits."""
MOST = 1 << HALF_BITS
"""Numbers that are summed at most."""


def total(numbers: Wholes) -> int:
    """Their sum; each is below 2^42."""
    return int(numbers.sum())


def product(left: Wholes, right: Wholes) -> int:
    """Sum of the products of whole numbers from 0 to 2^42, at most 2^21 of them."""
    mask = MOST - 1
    high, low = left >> HALF_BITS, left & mask
    other_high, other_low = right >> HALF_BITS, right & mask
    mixed = int(high @ other_low) + int(low @ other_high)
    outer, inner = int(high @ other_high), int(low @ other_low)
    return (outer << (2 * HALF_BITS)) + (mixed << HALF_BITS) + inner


def double(whole: int) -> float:
    """A whole number as DuckDB makes a double of a hugeint: each half of 64 bits for itself."""
    high, low = whole >> 64, whole & (2**64 - 1)
    if high == -1:
        return -float(2**64 - 1 - low) - 1.0
    return float(low) + float(high) * 2.0**64


def millionths(value: float | None) -> int | None:
    """A measure in whole millionths; halves are rounded away from zero."""
    if value is None:
        return None
    scaled = value * 1000000
    whole = math.floor(abs(scaled))
    whole += abs(scaled) - whole >= 0.5
    return whole if scaled >= 0 else -whole


def mean(numbers: Wholes, units: int) -> float | None:
    """Mean in a measure's own unit; None of no number."""
    return double(total(numbers)) / (float(len(numbers)) * units) if len(numbers) else None


def deviation(numbers: Wholes, units: int) -> float | None:
    """Sample standard deviation in a measure's own unit; None below two numbers."""
    count = len(numbers)
    if count < 2:
        return None
    spread = count * product(numbers, numbers) - total(numbers) ** 2
    return math.sqrt(double(spread) / (float(count) * (count - 1))) / units


def within(number: float, most: float) -> float:
    """A number, or the bound that it lies beyond: not below minus `most` nor above it."""
    return min(max(number, -float(most)), float(most))


def slope(ago: Wholes, numbers: Wholes) -> float:
    """Slope a day of millionths, `ago` microseconds back; not all at once."""
    count = len(numbers)
    below = double(count * product(ago, ago) - total(ago) ** 2)
    above = double(count * product(numbers, ago) - total(ago) * total(numbers))
    return -above / below * 86400.0
