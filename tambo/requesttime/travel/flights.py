"""What a flight request itself tells: the one place where these features are computed.

Feast's on-demand view calls `flight_request` for training, the travel service calls it for an
answer, so the two cannot drift apart. Every feature is a float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tambo.requesttime.calendar import (
    as_date,
    by_column,
    day_of_year,
    days_from_easter,
    first_known,
    is_weekend,
    month_circle,
    weekday_circle,
)
from tambo.requesttime.travel.calendar import days_since, days_to

FLIGHT_CLASSES = ("economic", "premium", "firstClass")
"""Flight types from the cheapest to the dearest."""

FLIGHT_REQUEST_INPUTS = {
    "asked_at": "UNIX_TIMESTAMP",
    "travel_date": "STRING",
    "distance_km": "DOUBLE",
    "duration_hours": "DOUBLE",
}
"""Fields of the request with their Feast value types; the last two may be missing.

No field may be named like a join key: Feast takes it for the request's alone, and then finds no
stored feature under that key.
"""

FLIGHT_REQUEST_STORED = {
    "last_booked_at": "traveller_travel",
    "route_distance_km": "route_fares",
    "route_duration_hours": "route_fares",
}
"""Stored features that the request is held against, with the view that holds each."""

FLIGHT_REQUEST_FEATURES = {
    "days_to_travel": "local days from the request to the day of travel",
    "days_since_last_booking": "local days from the traveller's last booking to the request",
    "travel_day_of_year": "day of the year of travel, 1 to 366",
    "travel_days_from_easter": "days from that year's Easter Sunday to the day of travel",
    "travel_month_sin": "month of travel on a circle, sine",
    "travel_month_cos": "month of travel on a circle, cosine",
    "travel_weekday_sin": "day of the week of travel on a circle, sine",
    "travel_weekday_cos": "day of the week of travel on a circle, cosine",
    "travel_is_weekend": "1 if the day of travel is a Saturday or a Sunday, else 0",
    "flight_distance_km": "distance stated in the request, else the route's own, in km",
    "flight_duration_hours": "duration stated in the request, else the route's own, in hours",
}
"""Features of the on-demand view `flight_request`, all Float64, with their descriptions."""


def flight_request(
    *,
    asked_at: datetime | None,
    travel_date: object,
    distance_km: float | None = None,
    duration_hours: float | None = None,
    last_booked_at: datetime | None = None,
    route_distance_km: float | None = None,
    route_duration_hours: float | None = None,
) -> dict[str, float | None]:
    """Compute all request-time features of one flight request.

    Args:
        asked_at: when the price is asked for; the entity time in training.
        travel_date: day of the flight, local at its origin ("YYYY-MM-DD" or a date).
        distance_km: length of the flight in km, if the request states it.
        duration_hours: duration of the flight in hours, if the request states it.
        last_booked_at: stored, the traveller's last booking.
        route_distance_km: stored, the route's length.
        route_duration_hours: stored, the route's duration.

    Returns:
        Values by the names in `FLIGHT_REQUEST_FEATURES`, in that order.
    """
    day = as_date(travel_date)
    month_sin, month_cos = month_circle(day)
    weekday_sin, weekday_cos = weekday_circle(day)
    return {
        "days_to_travel": days_to(asked_at, day),
        "days_since_last_booking": days_since(last_booked_at, asked_at),
        "travel_day_of_year": day_of_year(day),
        "travel_days_from_easter": days_from_easter(day),
        "travel_month_sin": month_sin,
        "travel_month_cos": month_cos,
        "travel_weekday_sin": weekday_sin,
        "travel_weekday_cos": weekday_cos,
        "travel_is_weekend": is_weekend(day),
        "flight_distance_km": first_known(distance_km, route_distance_km),
        "flight_duration_hours": first_known(duration_hours, route_duration_hours),
    }


def flight_request_columns(columns: Mapping[str, Sequence[object]]) -> dict[str, list[float]]:
    """Compute the features of many requests, column by column: the form Feast's views want.

    Args:
        columns: equally long columns by the argument names of `flight_request`; other columns
            are ignored, and a column that is not there is missing in every row.

    Returns:
        A list for each name in `FLIGHT_REQUEST_FEATURES`; NaN where a feature is missing, since
        Feast reads the types from the values, and stores NaN as null.

    >>> flight_request_columns({"travel_date": ["2026-03-01", None]})["travel_is_weekend"]
    [1.0, nan]
    """
    arguments = [*FLIGHT_REQUEST_INPUTS, *FLIGHT_REQUEST_STORED]
    return by_column(flight_request, arguments, FLIGHT_REQUEST_FEATURES, columns)
