"""Features of the windows that end with a vessel's newest reading: `aircraft_health`'s own.

The SQL of each is in dbt/macros/fleet/health_windows.sql.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tambo.streaming.fleet.exact import Flags, Wholes, deviation, mean, slope, within
from tambo.streaming.fleet.rows import DAY, MEASURES, MOST, NOBODY_SAYS, WEEK, WINDOW, Table

MILLION = 1_000_000
FEWEST = 8
"""Readings of a trend."""
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING: dict[str, Any] = {
    "": None,
    "_read": None,
    "_zscore": None,
    "_is_far_by_zscore": None,
    "_is_far_by_iqr": None,
    "_is_outlier": None,
    "_is_filled": False,
    "_mean_7d": None,
    "_std_7d": None,
    "_trend_28d": None,
    "_outliers_28d": None,
}
"""What is said of a measure where no reading is left."""


def features(rows: Table, newest_at: int) -> dict[str, Any]:
    """Features of a vessel.

    Args:
        rows: its readings, sorted by time.
        newest_at: end of the windows, microseconds since 1970.
    """
    first = int(np.searchsorted(rows["read_at"], newest_at - WINDOW, side="right"))
    last = int(np.searchsorted(rows["read_at"], newest_at, side="right"))
    known = rows[first:last]
    known = known[known["stands"]]
    if not len(known):
        said = {f"{m}{name}": value for m in MEASURES for name, value in NOTHING.items()}
        return {"read_at": None, **said, "readings_7d": None}
    ago = newest_at - known["read_at"]
    read_at = int(known["read_at"][-1])
    told: dict[str, Any] = {"read_at": instant(read_at - read_at % MILLION)}
    for measure in MEASURES:
        said = _measured(known[measure], ago, MOST[measure])
        told |= {f"{measure}{name}": value for name, value in said.items()}
    return {**told, "readings_7d": int(np.count_nonzero(ago < WEEK))}


def _measured(column: Any, ago: Any, most: int) -> dict[str, Any]:
    """Features of one measure, which reads `most` at most, by the end of their names."""
    newest = column[-1]
    good: Flags = column["was_read"] & ~column["is_outlier"]
    values, since = column["value"][good], ago[good]
    near = values[since <= DAY]
    week = values[since < WEEK]
    clean = int(near[-1]) / MILLION if len(near) else None
    as_read = int(newest["value"]) / MILLION if newest["was_read"] else None
    zscore = float(newest["zscore"])
    return {
        "": clean,
        "_read": as_read,
        "_zscore": None if math.isnan(zscore) else zscore,
        "_is_far_by_zscore": _flag(newest["by_zscore"]),
        "_is_far_by_iqr": _flag(newest["by_iqr"]),
        "_is_outlier": bool(newest["is_outlier"]),
        "_is_filled": clean is not None and (bool(newest["is_outlier"]) or as_read is None),
        "_mean_7d": mean(week, MILLION),
        "_std_7d": deviation(week, MILLION),
        "_trend_28d": _trend(since, values, most),
        "_outliers_28d": int(np.count_nonzero(column["is_outlier"])),
    }


def _trend(since: Wholes, values: Wholes, most: int) -> float | None:
    """Slope a day; None below eight readings, or where they are of less than a day."""
    if len(values) < FEWEST or int(since[0] - since[-1]) < DAY:
        return None
    return within(slope(since, values), most)


def _flag(value: Any) -> bool | None:
    return None if value == NOBODY_SAYS else bool(value)


def instant(microseconds: int) -> datetime:
    """A time of day, UTC with zone."""
    return BEGIN + timedelta(microseconds=microseconds)


def microseconds(time: datetime) -> int:
    """The other way; a time without a zone is UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - BEGIN) // timedelta(microseconds=1)
