"""What is booked for the days after a request, at a vessel's base and for its kind.

The stored lists begin on the day of their row; a request of a later day leaves out the days that
are over by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tambo.requesttime.calendar import by_column
from tambo.requesttime.fleet.calendar import instant

WINDOWS = (1, 7, 14)
"""Days of the day of the request on, itself among them."""

DEMAND_REQUEST_INPUTS = {"asked_at": "UNIX_TIMESTAMP"}
"""Fields of the request with their Feast value types."""

DEMAND_REQUEST_STORED = {
    "booked_trips": "fleet_demand",
    "booked_hours": "fleet_demand",
    "booked_revenue": "fleet_demand",
    "booked_from": "fleet_demand",
}
"""Stored features that the request is held against, with the view that holds each."""

_LISTS = ("trips", "hours", "revenue")

DEMAND_REQUEST_FEATURES = {
    f"{what}_booked_{days}d": f"{what} booked for the {days} days from that of the request on"
    for what in _LISTS
    for days in WINDOWS
}
"""Features of the on-demand view `demand_request`, all Float64, with their descriptions."""


def demand_request(
    *,
    asked_at: datetime | None,
    booked_trips: Sequence[float] | None = None,
    booked_hours: Sequence[float] | None = None,
    booked_revenue: Sequence[float] | None = None,
    booked_from: datetime | None = None,
) -> dict[str, float | None]:
    """Compute what is booked for the days after one request.

    Args:
        asked_at: when it is asked; the entity time in training.
        booked_trips: stored, trips by day from `booked_from` on.
        booked_hours: stored, hours likewise.
        booked_revenue: stored, revenue likewise.
        booked_from: stored, midnight of the first day of the lists.

    Returns:
        Values by the names in `DEMAND_REQUEST_FEATURES`, in that order; None where the lists do not
        reach, or begin after the request.

    >>> found = demand_request(
    ...     asked_at=datetime(2026, 3, 2, 9),
    ...     booked_trips=[5.0, *[1.0] * 9],
    ...     booked_from=datetime(2026, 3, 1),
    ... )
    >>> found["trips_booked_1d"], found["trips_booked_7d"], found["trips_booked_14d"]
    (1.0, 7.0, None)
    """
    asked, begin = instant(asked_at), instant(booked_from)
    over = None if asked is None or begin is None else (asked.date() - begin.date()).days
    lists = dict(zip(_LISTS, (booked_trips, booked_hours, booked_revenue), strict=True))
    return {
        f"{what}_booked_{days}d": _total(lists[what], over, days)
        for what in _LISTS
        for days in WINDOWS
    }


def _total(by_day: Sequence[float] | None, over: int | None, days: int) -> float | None:
    if by_day is None or over is None or over < 0 or not hasattr(by_day, "__len__"):
        return None
    return float(sum(by_day[over : over + days])) if over + days <= len(by_day) else None


def demand_request_columns(columns: Mapping[str, Sequence[object]]) -> dict[str, list[float]]:
    """Compute the features of many requests, column by column: the form Feast's views want.

    Args:
        columns: equally long columns by the argument names of `demand_request`; other columns are
            ignored, and a column that is not there is missing in every row.

    Returns:
        A list for each name in `DEMAND_REQUEST_FEATURES`; NaN where a feature is missing.
    """
    arguments = [*DEMAND_REQUEST_INPUTS, *DEMAND_REQUEST_STORED]
    return by_column(demand_request, arguments, DEMAND_REQUEST_FEATURES, columns)
