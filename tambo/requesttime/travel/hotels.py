"""How a hotel fits a traveller and a request: the one place where these features are computed.

Feast's on-demand view calls `hotel_request` for training, the travel service calls it for each
hotel that it ranks. Every feature is a float. A share is of what is known at the request: a trip
that is being asked for is in none of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from tambo.requesttime.calendar import as_date, by_column, missing
from tambo.requesttime.travel.calendar import days_since, days_to

HOTEL_REQUEST_INPUTS = {
    "asked_at": "UNIX_TIMESTAMP",
    "check_in": "STRING",
    "nights_wanted": "DOUBLE",
}
"""Fields of the request with their Feast value types; the last two may be missing."""

HOTEL_REQUEST_STORED = {
    "trips_booked": "traveller_travel",
    "last_booked_at": "traveller_travel",
    "stays_booked": "traveller_stays",
    "mean_nightly_price_paid": "traveller_stays",
    "last_stay_booked_at": "traveller_stays",
    "trips_there": "traveller_places",
    "trips_from": "traveller_places",
    "last_trip_booked_at": "traveller_places",
    "stays_here": "traveller_hotels",
    "last_booked_here_at": "traveller_hotels",
    "stays": "hotel_stays",
    "stays_90d": "hotel_stays",
    "mean_nightly_price": "hotel_stays",
    "mean_nights": "hotel_stays",
    "place_stays": "place_stays",
    "place_stays_90d": "place_stays",
    "place_mean_nightly_price": "place_stays",
}
"""Stored features that the request is held against, with the view that holds each."""

HOTEL_REQUEST_FEATURES = {
    "days_to_check_in": "local days from the request to the day of check-in",
    "check_in_weekday": "day of the week of check-in, 0 for Monday",
    "check_in_month": "month of check-in, 1 to 12",
    "nights_asked": "nights asked for",
    "nights_to_usual": "logarithm of nights asked for over the hotel's mean nights",
    "trip_share_there": "share of the traveller's trips that led to the hotel's place",
    "trip_share_from": "share of the traveller's trips that left from the hotel's place",
    "days_since_trip_there": "local days since the traveller booked a trip that touches the place",
    "was_last_place": "1 if the traveller's last trip touched the place, else 0",
    "stay_share_here": "share of the traveller's stays in this hotel",
    "days_since_stay_here": "local days since the traveller booked this hotel",
    "was_last_hotel": "1 if this was the traveller's last hotel, else 0",
    "price_to_usual": "logarithm of the hotel's mean nightly price over what the traveller paid",
    "price_to_place": "logarithm of the hotel's mean nightly price over the place's",
    "share_of_place": "share of the place's stays in this hotel",
    "share_of_place_90d": "the same over the stays of the last 90 days",
}
"""Features of the on-demand view `hotel_request`, all Float64, with their descriptions."""


def share(part: float | None, whole: float | None) -> float | None:
    """Divide; None where nothing is known of the whole, 0 where the part never happened.

    >>> share(1, 4), share(None, 4), share(1, None), share(None, 0)
    (0.25, 0.0, None, None)
    """
    if whole is None or missing(whole) or not whole:
        return None
    return 0.0 if part is None or missing(part) else float(part) / float(whole)


def log_ratio(value: float | None, other: float | None) -> float | None:
    """Return ln(value / other); None where either is missing or not above zero.

    >>> log_ratio(2.0, 2.0), log_ratio(None, 2.0), log_ratio(0.0, 2.0)
    (0.0, None, None)
    """
    if value is None or other is None or missing(value) or missing(other):
        return None
    return math.log(value / other) if value > 0 and other > 0 else None


def same(instant: datetime | None, other: datetime | None) -> float | None:
    """Return 1 if two instants are one, 0 if they differ; None where the second is missing.

    Feast keeps instants online in whole seconds, so no more of them is compared.

    >>> same(None, datetime(2026, 3, 1)), same(datetime(2026, 3, 1), None)
    (0.0, None)
    """
    if other is None or missing(other):
        return None
    if instant is None or missing(instant):
        return 0.0
    return float(instant.replace(microsecond=0) == other.replace(microsecond=0))


def hotel_request(
    *,
    asked_at: datetime | None,
    check_in: object = None,
    nights_wanted: float | None = None,
    trips_booked: int | None = None,
    last_booked_at: datetime | None = None,
    stays_booked: int | None = None,
    mean_nightly_price_paid: float | None = None,
    last_stay_booked_at: datetime | None = None,
    trips_there: int | None = None,
    trips_from: int | None = None,
    last_trip_booked_at: datetime | None = None,
    stays_here: int | None = None,
    last_booked_here_at: datetime | None = None,
    stays: int | None = None,
    stays_90d: int | None = None,
    mean_nightly_price: float | None = None,
    mean_nights: float | None = None,
    place_stays: int | None = None,
    place_stays_90d: int | None = None,
    place_mean_nightly_price: float | None = None,
) -> dict[str, float | None]:
    """Compute all request-time features of one hotel for one request.

    Args:
        asked_at: when the recommendation is asked for; the entity time in training.
        check_in: day of arrival ("YYYY-MM-DD" or a date), if the request states it.
        nights_wanted: nights, if the request states them.
        trips_booked: stored, the traveller's trips.
        last_booked_at: stored, when the last of them was booked.
        stays_booked: stored, the traveller's stays.
        mean_nightly_price_paid: stored, their mean nightly price.
        last_stay_booked_at: stored, when the last of them was booked.
        trips_there: stored, the traveller's trips to the hotel's place.
        trips_from: stored, the traveller's trips from the hotel's place.
        last_trip_booked_at: stored, when the last trip that touches the place was booked.
        stays_here: stored, the traveller's stays in the hotel.
        last_booked_here_at: stored, when the last of them was booked.
        stays: stored, all stays in the hotel.
        stays_90d: stored, those of the last 90 days.
        mean_nightly_price: stored, the hotel's mean nightly price.
        mean_nights: stored, the hotel's mean nights.
        place_stays: stored, all stays in the place.
        place_stays_90d: stored, those of the last 90 days.
        place_mean_nightly_price: stored, the place's mean nightly price.

    Returns:
        Values by the names in `HOTEL_REQUEST_FEATURES`, in that order.
    """
    day = as_date(check_in)
    nights = None if nights_wanted is None or missing(nights_wanted) else float(nights_wanted)
    return {
        "days_to_check_in": days_to(asked_at, day),
        "check_in_weekday": None if day is None else float(day.weekday()),
        "check_in_month": None if day is None else float(day.month),
        "nights_asked": nights,
        "nights_to_usual": log_ratio(nights, mean_nights),
        "trip_share_there": share(trips_there, trips_booked),
        "trip_share_from": share(trips_from, trips_booked),
        "days_since_trip_there": days_since(last_trip_booked_at, asked_at),
        "was_last_place": same(last_trip_booked_at, last_booked_at),
        "stay_share_here": share(stays_here, stays_booked),
        "days_since_stay_here": days_since(last_booked_here_at, asked_at),
        "was_last_hotel": same(last_booked_here_at, last_stay_booked_at),
        "price_to_usual": log_ratio(mean_nightly_price, mean_nightly_price_paid),
        "price_to_place": log_ratio(mean_nightly_price, place_mean_nightly_price),
        "share_of_place": share(stays, place_stays),
        "share_of_place_90d": share(stays_90d, place_stays_90d),
    }


def hotel_request_columns(columns: Mapping[str, Sequence[object]]) -> dict[str, list[float]]:
    """Compute the features of many hotels, column by column: the form Feast's views want.

    >>> hotel_request_columns({"check_in": ["2026-03-02", None]})["check_in_weekday"]
    [0.0, nan]
    """
    arguments = [*HOTEL_REQUEST_INPUTS, *HOTEL_REQUEST_STORED]
    return by_column(hotel_request, arguments, HOTEL_REQUEST_FEATURES, columns)
