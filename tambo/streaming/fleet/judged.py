"""Judges a reading by those of the week before it, as dbt/macros/fleet/judged.sql does."""

from __future__ import annotations

from typing import Any

import numpy as np

from tambo.streaming.fleet.exact import Wholes, deviation, mean, within
from tambo.streaming.fleet.rows import MEASURES, WEEK, Table

FEWEST = 8
FAR, FARTHEST = 4, 1000
"""Standard deviations: what is far, and how far is told at most."""


def judge(rows: Table, place: int) -> None:
    """Judge one row of a vessel, sorted by time, by those before it that are known with it."""
    row = rows[place]
    first = int(np.searchsorted(rows["read_at"], row["read_at"] - WEEK))
    before = rows[first:place]
    before = before[before["stands"] & (before["known_at"] <= row["known_at"])]
    for measure in MEASURES:
        if row[measure]["was_read"]:
            values = before[measure]["value"][before[measure]["was_read"]]
            _judge(row[measure], values)


def _judge(found: Any, before: Wholes) -> None:
    """Write down what the values before a reading, in the order of their time, say of it."""
    if len(before) < FEWEST:
        return
    value = int(found["value"])
    usual, spread = mean(before, 1), deviation(before, 1)
    low, high = _quartiles(before)
    by_iqr = not 4 * low - 3 * high <= value <= 4 * high - 3 * low
    found["by_iqr"] = by_iqr
    if usual is None or not spread:
        return
    zscore = (float(value) - usual) / spread
    by_zscore = abs(zscore) > FAR
    found["zscore"], found["by_zscore"] = within(zscore, FARTHEST), by_zscore
    found["is_outlier"] = by_zscore and by_iqr and abs(value - int(before[-1])) > FAR * spread


def _quartiles(values: Wholes) -> tuple[int, int]:
    """The values that a quarter and three quarters of all do not exceed."""
    places = [-(-len(values) // 4) - 1, -(-3 * len(values) // 4) - 1]
    low, high = np.partition(values, places)[places]
    return int(low), int(high)
