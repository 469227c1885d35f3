"""Days between what is stored of a vessel and a request; a time without a zone is UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tambo.requesttime.calendar import missing

SECONDS = 86_400.0


def days_between(first: object, later: object) -> float | None:
    """Count the days from one instant to another, with their fraction; a date is its midnight.

    >>> days_between(datetime(2026, 1, 1), datetime(2026, 1, 3, 12))
    2.5
    >>> days_between(datetime(2026, 1, 3), date(2026, 1, 1)), days_between(None, date(2026, 1, 1))
    (-2.0, None)
    """
    begin, end = instant(first), instant(later)
    return None if begin is None or end is None else (end - begin).total_seconds() / SECONDS


def instant(value: object) -> datetime | None:
    """Read an instant or a date as an instant in UTC; None for everything else.

    >>> instant(date(2026, 1, 1))
    datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    >>> instant("2026-01-01") is None
    True
    """
    if missing(value):
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None
