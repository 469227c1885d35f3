"""The forecast for everybody: every location, the next days, in plain words and as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from app.tourism import forecasts

WEEKS = 8
"""Weeks of counts that a day is compared with."""

BUSIER, QUIETER = 1.15, 0.85
"""Shares of the visitors of the same weekday lately beyond which a day is busy, or quiet."""

SAME, BUSY, QUIET = "as lately", "busier than lately", "quieter than lately"
UNKNOWN, CLOSED = "not known", "closed"

_COLUMNS = ["location", "day", "expected", "from", "to", "against_lately", "says"]


def table(
    answers: Mapping[str, Mapping[str, Any]], lately: Mapping[tuple[str, int], float]
) -> pd.DataFrame:
    """One row a location and day.

    Args:
        answers: the service's answer by location.
        lately: visitors of a mean weekday, by location and weekday (1 is Monday).

    Returns:
        location, day, expected, from and to (whole visitors), against_lately (visitors more than
        on the same weekday lately, as a share of those; NaN if that is not known), says.
    """
    rows = [
        _row(location, one, lately)
        for location, answer in answers.items()
        for one in forecasts.steps(answer).to_dict("records")
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _row(
    location: str, step: Mapping[Any, Any], lately: Mapping[tuple[str, int], float]
) -> tuple[object, ...]:
    mean = lately.get((location, step["day"].isoweekday()), 0.0)
    share = step["middle"] / mean if mean > 0 and not step["closed"] else float("nan")
    ends = (round(step[name]) for name in ("middle", "low", "high"))
    return location, step["day"], *ends, share - 1, says(share, step["closed"])


def says(share: float, closed: bool) -> str:
    """How busy a day is, in a word.

    >>> says(1.3, False), says(0.5, False), says(1.0, False), says(float("nan"), False)
    ('busier than lately', 'quieter than lately', 'as lately', 'not known')
    >>> says(float("nan"), True)
    'closed'
    """
    if closed:
        return CLOSED
    if share != share:  # noqa: PLR0124 - not a number
        return UNKNOWN
    if share > BUSIER:
        return BUSY
    return QUIET if share < QUIETER else SAME


def compared_days(today: date) -> tuple[date, date]:
    """First and last of the days that a weekday is compared with."""
    return today - timedelta(days=7 * WEEKS), today - timedelta(days=1)
