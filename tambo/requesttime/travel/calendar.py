"""Local days of the travel contracts.

A day is a day in America/Sao_Paulo, the zone of the travel contracts. A datetime without a zone is
UTC, as in the lake.
"""

from __future__ import annotations

from datetime import UTC, date, datetime  # noqa: F401 - UTC is for the examples below
from zoneinfo import ZoneInfo

from tambo.requesttime.calendar import as_date, date_in, missing

ZONE = ZoneInfo("America/Sao_Paulo")


def local_date(instant: datetime) -> date:
    """Return the calendar day of an instant in the zone of the travel contracts.

    >>> local_date(datetime(2026, 3, 1, 2, 59, tzinfo=UTC))
    datetime.date(2026, 2, 28)
    >>> local_date(datetime(2026, 3, 1, 3, 0))
    datetime.date(2026, 3, 1)
    """
    return date_in(instant, ZONE)


def days_to(asked_at: datetime | None, wanted: object) -> float | None:
    """Count the local days from the request to a day; negative if it has passed.

    >>> days_to(datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-08")
    7.0
    >>> days_to(None, "2026-03-08") is None
    True
    """
    day = as_date(wanted)
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
