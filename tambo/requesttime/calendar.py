"""What request-time features of every domain are computed with: days, cycles, what is missing.

What is missing (None, NaN or NaT) gives a missing feature (None).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=65_536)
def date_in(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of an instant in a zone; without a zone it is UTC, as in the lake.

    >>> date_in(datetime(2026, 3, 1, 2, 59), ZoneInfo("America/Lima"))
    datetime.date(2026, 2, 28)
    """
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return aware.astimezone(zone).date()


def missing(value: object) -> bool:
    """Tell whether a value is None, NaN or NaT (the last two differ from themselves).

    >>> missing(None), missing(float("nan")), missing(0), missing("")
    (True, True, False, False)
    """
    return value is None or value != value  # noqa: PLR0124 - the test for NaN and NaT


def as_date(value: object) -> date | None:
    """Read a day: text written YYYY-MM-DD, or a date; None for everything else.

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


def or_nan(value: float | None) -> float:
    """Write a missing feature as Feast's views want it: it reads the types from the values."""
    return math.nan if value is None else value


def by_column(
    compute: Callable[..., dict[str, float | None]],
    arguments: Iterable[str],
    features: Iterable[str],
    columns: Mapping[str, Sequence[object]],
) -> dict[str, list[float]]:
    """Compute the features of many requests, column by column: the form Feast's views want.

    Args:
        compute: the function of one request.
        arguments: names of its arguments.
        features: names of its features.
        columns: equally long columns by the names of the arguments; other columns are ignored,
            and a column that is not there is missing in every row.

    Returns:
        A list for each feature; NaN where it is missing, which Feast stores as null.
    """
    names = list(arguments)
    given = {name: columns[name] for name in names if name in columns}
    empty = dict.fromkeys(names)
    rows = [
        compute(**{**empty, **dict(zip(given, values, strict=True))})
        for values in zip(*given.values(), strict=True)
    ]
    return {name: [or_nan(row[name]) for row in rows] for name in features}
