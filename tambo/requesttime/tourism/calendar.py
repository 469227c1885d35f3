"""Local days of tourism, as numbers: days since 1970-01-01, as the marts hold them.

Whose days they are is stored with them (`location_flow.time_zone`), so that a release and all that
was made of it keep to one zone, whatever is set.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from tambo.requesttime.calendar import as_date, date_in

EPOCH = date(1970, 1, 1).toordinal()

Days = NDArray[np.int64]
Floats = NDArray[np.float64]


@lru_cache(maxsize=64)
def zone_named(name: object) -> ZoneInfo | None:
    """The zone of an IANA name; None where it is missing, or none.

    What is none is missing, not an error: Feast tries each on-demand view on words of its own when
    it is applied.

    >>> zone_named("Europe/Madrid"), zone_named("nowhere"), zone_named(None)
    (zoneinfo.ZoneInfo(key='Europe/Madrid'), None, None)
    """
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def local_day(instant: datetime, zone: ZoneInfo) -> int:
    """Number of the local day of an instant; without a zone it is UTC, as in the lake.

    >>> lima = ZoneInfo("America/Lima")
    >>> local_day(datetime(1970, 1, 2, 4, 59), lima), local_day(datetime(1970, 1, 2, 5, 0), lima)
    (0, 1)
    """
    return date_in(instant, zone).toordinal() - EPOCH


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
