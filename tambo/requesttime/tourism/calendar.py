"""Local days of the tourism contracts.

A day is a day in America/Lima, the zone of the tourism contracts. Days are numbers: days since
1970-01-01, as the marts hold them.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tambo.requesttime.calendar import as_date, date_in

ZONE = ZoneInfo("America/Lima")
EPOCH = date(1970, 1, 1).toordinal()

Days = NDArray[np.int64]
Floats = NDArray[np.float64]


def local_day(instant: datetime) -> int:
    """Number of the local day of an instant; without a zone it is UTC, as in the lake.

    >>> local_day(datetime(1970, 1, 2, 4, 59)), local_day(datetime(1970, 1, 2, 5, 0))
    (0, 1)
    """
    return date_in(instant, ZONE).toordinal() - EPOCH


def day_number(day: object) -> int | None:
    """Number of a day written YYYY-MM-DD, or of a date; None for everything else.

    >>> day_number("1970-01-31"), day_number("31/01/1970")
    (30, None)
    """
    found = as_date(day)
    return None if found is None else found.toordinal() - EPOCH


def day_of_year(days: Days) -> Days:
    """Days since the first of January."""
    years = days.astype("datetime64[D]").astype("datetime64[Y]")
    return days - years.astype("datetime64[D]").astype(np.int64)
