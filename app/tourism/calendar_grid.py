"""Days as a calendar: a column a week, a row a weekday, a sheet a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

COUNTED, MENDED, GAP, SHUT, NOBODY = (
    "counted",
    "hours filled in or set aside",
    "hours missing",
    "announced to be shut",
    "nobody counted",
)
"""What is known of a day."""

Days = tuple[date, date]
"""First and last day."""


def grid(found: pd.DataFrame, span: Days, closures: Sequence[Days] = ()) -> pd.DataFrame:
    """Place each day of a span on the sheet of its year.

    Args:
        found: the days that are known: day, visitors, missing, mended; see `counts.days`.
        span: first and last day.
        closures: first and last day of each.

    Returns:
        One row a day: day, year, week (of the year, from 0, its first days' week), weekday (0 is
        Monday), visitors (NaN where they are not known), state.
    """
    known = {pd.Timestamp(one["day"]).date(): one for one in found.to_dict("records")}
    first, last = span
    rows = []
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        one = known.get(day)
        shut = any(start <= day <= end for start, end in closures)
        visitors = float("nan") if one is None or pd.isna(one["visitors"]) else one["visitors"]
        rows.append((day, day.year, week(day), day.weekday(), visitors, _state(one, shut)))
    return pd.DataFrame(rows, columns=["day", "year", "week", "weekday", "visitors", "state"])


def week(day: date) -> int:
    """The column of a day on the sheet of its year.

    >>> week(date(2026, 1, 1)), week(date(2026, 1, 4)), week(date(2026, 1, 5))
    (0, 0, 1)
    """
    return (day.timetuple().tm_yday - 1 + date(day.year, 1, 1).weekday()) // 7


def month_columns(year: int) -> dict[int, str]:
    """The columns in which months begin, with their names.

    >>> month_columns(2026)[0], month_columns(2026)[4]
    ('Jan', 'Feb')
    """
    return {week(date(year, month, 1)): f"{date(year, month, 1):%b}" for month in range(1, 13)}


def _state(one: Mapping[Any, Any] | None, shut: bool) -> str:
    if shut:
        return SHUT
    if one is None:
        return NOBODY
    if pd.isna(one["visitors"]):
        return GAP
    return MENDED if one["mended"] else COUNTED
