"""What the instant of a request tells of a vessel's maintenance, held against stored dates.

Feast's on-demand view calls `maintenance_request` for training, the fleet service calls it for an
answer, so the two cannot drift apart. Every feature is a float; days have fractions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tambo.requesttime.calendar import by_column, circle, missing
from tambo.requesttime.fleet.calendar import days_between, instant

MAINTENANCE_REQUEST_INPUTS = {"asked_at": "UNIX_TIMESTAMP"}
"""Fields of the request with their Feast value types."""

MAINTENANCE_REQUEST_STORED = {
    "in_service_since": "aircraft_profile",
    "days_between_overhauls": "aircraft_profile",
    "last_maintenance_date": "aircraft_maintenance",
    "next_maintenance_date": "aircraft_maintenance",
    "last_fault_at": "aircraft_maintenance",
    "last_flight_at": "aircraft_operations",
    "last_grave_entry_at": "aircraft_service_logs",
    "read_at": "aircraft_health",
}
"""Stored features that the request is held against, with the view that holds each."""

MAINTENANCE_REQUEST_FEATURES = {
    "days_since_last_maintenance": "days from the end of the last maintenance to the request",
    "scaled_days": "the same over the days that its kind may go between two overhauls",
    "days_to_overhaul_limit": "days from the request until these are over; negative if they are",
    "days_to_planned_maintenance": "days from the request to the maintenance that is planned next; "
    "negative if it is overdue",
    "days_since_last_fault": "days from the begin of the last unscheduled maintenance",
    "days_since_last_flight": "days from the arrival of the last flight",
    "days_since_last_grave_entry": "days from the last major or critical entry in the service log",
    "days_since_reading": "days from the newest reading of its sensors",
    "years_in_service": "years of 365.25 days from its first day in service",
    "season_sin": "day of the year of the request on a circle, sine",
    "season_cos": "day of the year of the request on a circle, cosine",
}
"""Features of the on-demand view `maintenance_request`, all Float64, with their descriptions."""


def maintenance_request(
    *,
    asked_at: datetime | None,
    in_service_since: datetime | None = None,
    days_between_overhauls: float | None = None,
    last_maintenance_date: datetime | None = None,
    next_maintenance_date: datetime | None = None,
    last_fault_at: datetime | None = None,
    last_flight_at: datetime | None = None,
    last_grave_entry_at: datetime | None = None,
    read_at: datetime | None = None,
) -> dict[str, float | None]:
    """Compute all request-time features of one vessel.

    Args:
        asked_at: when it is asked; the entity time in training.
        in_service_since: stored, first day in service.
        days_between_overhauls: stored, days that its kind may go between two overhauls.
        last_maintenance_date: stored, end of the last maintenance.
        next_maintenance_date: stored, begin of the next one that is planned.
        last_fault_at: stored, begin of the last unscheduled maintenance.
        last_flight_at: stored, arrival of the last flight.
        last_grave_entry_at: stored, last major or critical entry in the service log.
        read_at: stored, newest reading of its sensors.

    Returns:
        Values by the names in `MAINTENANCE_REQUEST_FEATURES`, in that order; None: missing.

    >>> asked = maintenance_request(
    ...     asked_at=datetime(2026, 3, 1),
    ...     last_maintenance_date=datetime(2026, 2, 9),
    ...     days_between_overhauls=40.0,
    ... )
    >>> asked["days_since_last_maintenance"], asked["scaled_days"], asked["days_to_overhaul_limit"]
    (20.0, 0.5, 20.0)
    """
    since = days_between(last_maintenance_date, asked_at)
    share, left = _of_limit(since, days_between_overhauls)
    served = days_between(in_service_since, asked_at)
    sine, cosine = _season(asked_at)
    return {
        "days_since_last_maintenance": since,
        "scaled_days": share,
        "days_to_overhaul_limit": left,
        "days_to_planned_maintenance": days_between(asked_at, next_maintenance_date),
        "days_since_last_fault": days_between(last_fault_at, asked_at),
        "days_since_last_flight": days_between(last_flight_at, asked_at),
        "days_since_last_grave_entry": days_between(last_grave_entry_at, asked_at),
        "days_since_reading": days_between(read_at, asked_at),
        "years_in_service": None if served is None else served / 365.25,
        "season_sin": sine,
        "season_cos": cosine,
    }


def _of_limit(since: float | None, allowed: float | None) -> tuple[float | None, float | None]:
    """Share of the allowed days that is over, and days that are left."""
    if since is None or allowed is None or missing(allowed) or allowed <= 0:
        return None, None
    return since / allowed, allowed - since


def _season(asked_at: datetime | None) -> tuple[float | None, float | None]:
    asked = instant(asked_at)
    return (None, None) if asked is None else circle(asked.timetuple().tm_yday - 1, 366)


def maintenance_request_columns(columns: Mapping[str, Sequence[object]]) -> dict[str, list[float]]:
    """Compute the features of many requests, column by column: the form Feast's views want.

    Args:
        columns: equally long columns by the argument names of `maintenance_request`; other columns
            are ignored, and a column that is not there is missing in every row.

    Returns:
        A list for each name in `MAINTENANCE_REQUEST_FEATURES`; NaN where a feature is missing.
    """
    arguments = [*MAINTENANCE_REQUEST_INPUTS, *MAINTENANCE_REQUEST_STORED]
    return by_column(maintenance_request, arguments, MAINTENANCE_REQUEST_FEATURES, columns)
