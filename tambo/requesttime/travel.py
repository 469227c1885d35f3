"""What a flight request itself tells: the one place where these features are computed.

Feast's on-demand view calls `flight_request` for training, the travel service calls it for an
answer, so the two cannot drift apart. A day is a day in America/Sao_Paulo, the zone of the travel
contracts. A datetime without a zone is UTC, as in the lake. What is missing (None, NaN or NaT)
gives a missing feature (None). Every feature is a float.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Sao_Paulo")

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


_BLANKS = re.compile(r"[ \t\n\r\f\v]+")


def first_name(name: str | None) -> str | None:
    r"""The first word of a name, as the mart `traveller_profile` has it; None without any.

    >>> first_name(" Zé\tda Silva"), first_name(" "), first_name(None)
    ('Zé', None, None)
    """
    words = _BLANKS.split((name or "").strip(" \t\n\r\f\v"))
    return words[0] or None


def missing(value: object) -> bool:
    """Tell whether a value is None, NaN or NaT (the last two differ from themselves).

    >>> missing(None), missing(float("nan")), missing(0), missing("")
    (True, True, False, False)
    """
    return value is None or value != value  # noqa: PLR0124 - the test for NaN and NaT


def local_date(instant: datetime) -> date:
    """Return the calendar day of an instant in the zone of the travel contracts.

    >>> local_date(datetime(2026, 3, 1, 2, 59, tzinfo=UTC))
    datetime.date(2026, 2, 28)
    >>> local_date(datetime(2026, 3, 1, 3, 0))
    datetime.date(2026, 3, 1)
    """
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return aware.astimezone(ZONE).date()


def as_date(value: object) -> date | None:
    """Read a day of travel: text written YYYY-MM-DD, or a date; None for everything else.

    Text that is not a date is missing, not an error: Feast tries each on-demand view on words of
    its own when it is applied. The service refuses such a request before it comes here.

    >>> as_date("2026-03-01"), as_date(date(2026, 3, 1))
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1))
    >>> as_date(None), as_date("03/01/2026"), as_date("2026-02-30")
    (None, None, None)
    """
    if missing(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def days_to_travel(asked_at: datetime | None, travel_date: object) -> float | None:
    """Count the local days from the request to the day of travel; negative if it has passed.

    >>> days_to_travel(datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-08")
    7.0
    >>> days_to_travel(None, "2026-03-08") is None
    True
    """
    day = as_date(travel_date)
    if day is None or asked_at is None or missing(asked_at):
        return None
    return float((day - local_date(asked_at)).days)


def days_since(stored: datetime | None, asked_at: datetime | None) -> float | None:
    """Count the local days from a stored instant to the request.

    >>> days_since(datetime(2026, 2, 27, 12, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC))
    2.0
    """
    if stored is None or asked_at is None or missing(stored) or missing(asked_at):
        return None
    return float((local_date(asked_at) - local_date(stored)).days)


def circle(position: int, length: int) -> tuple[float, float]:
    """Place a position of a cycle on the unit circle, as (sine, cosine).

    The end of the cycle then lies beside its beginning: December beside January.

    >>> circle(0, 12)
    (0.0, 1.0)
    """
    angle = 2.0 * math.pi * position / length
    return math.sin(angle), math.cos(angle)


def day_of_year(travel_date: object) -> float | None:
    """Return the day of the year, 1 to 366: seasons, and holidays that keep their date.

    >>> day_of_year("2026-01-01"), day_of_year("2026-12-25")
    (1.0, 359.0)
    """
    day = as_date(travel_date)
    return None if day is None else float(day.timetuple().tm_yday)


def easter(year: int) -> date:
    """Return Easter Sunday of a year in the Gregorian calendar.

    J. Meeus, Astronomical Algorithms, 1991, chapter 8 (the rule of Butcher's Almanac, 1876).

    >>> easter(2024), easter(2025)
    (datetime.date(2024, 3, 31), datetime.date(2025, 4, 20))
    """
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - moon + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, before = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, before + 1)


def days_from_easter(travel_date: object) -> float | None:
    """Count the days from Easter Sunday of the same year: holidays that move with it.

    Carnival Tuesday is 47 days before it, Corpus Christi 60 days after it.

    >>> days_from_easter("2025-03-04"), days_from_easter("2025-04-20")
    (-47.0, 0.0)
    """
    day = as_date(travel_date)
    return None if day is None else float((day - easter(day.year)).days)


def month_circle(travel_date: object) -> tuple[float, float] | tuple[None, None]:
    """Place the month on a circle of twelve, January first.

    >>> month_circle("2026-01-31")
    (0.0, 1.0)
    """
    day = as_date(travel_date)
    return (None, None) if day is None else circle(day.month - 1, 12)


def weekday_circle(travel_date: object) -> tuple[float, float] | tuple[None, None]:
    """Place the day of the week on a circle of seven, Monday first.

    >>> weekday_circle("2026-03-02")
    (0.0, 1.0)
    """
    day = as_date(travel_date)
    return (None, None) if day is None else circle(day.weekday(), 7)


def is_weekend(travel_date: object) -> float | None:
    """Return 1 for a Saturday or a Sunday, else 0.

    >>> is_weekend("2026-03-01"), is_weekend("2026-03-02")
    (1.0, 0.0)
    """
    day = as_date(travel_date)
    return None if day is None else float(day.weekday() >= 5)


def first_known(*values: float | None) -> float | None:
    """Return the first value that is not missing.

    >>> first_known(None, float("nan"), 3, 4)
    3.0
    """
    for value in values:
        if value is not None and not missing(value):
            return float(value)
    return None


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
        "days_to_travel": days_to_travel(asked_at, day),
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
    names = [*FLIGHT_REQUEST_INPUTS, *FLIGHT_REQUEST_STORED]
    given = {name: columns[name] for name in names if name in columns}
    empty = dict.fromkeys(names)
    rows = [
        flight_request(**{**empty, **dict(zip(given, values, strict=True))})
        for values in zip(*given.values(), strict=True)
    ]
    return {name: [_or_nan(row[name]) for row in rows] for name in FLIGHT_REQUEST_FEATURES}


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


ON_DEMAND: dict[str, Callable[..., dict[str, float | None]]] = {"flight_request": flight_request}
"""Functions by the name of the on-demand view that they stand behind."""
