"""Times of the raw files: days by number and minutes, as UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

from tambo.sources.sample.days import Days


def at(calendar: Days, day: int, minute: int = 0) -> datetime:
    """Time of a minute of a day; the minute may lie beyond its end."""
    midnight = datetime.combine(calendar.date_of(day), datetime.min.time())
    return midnight + timedelta(minutes=minute)


def day_of(calendar: Days, time: datetime) -> int:
    """Number of the day that a time is of."""
    return calendar.number(time.date())


def text(*fields: object) -> bytes:
    """A line of fields; None is empty."""
    return ",".join("" if one is None else str(one) for one in fields).encode()
