"""Local times of a contract's zone as UTC: a small table of days that SQL joins to.

A naive local time has one offset from UTC all day long, except on a day on which clocks change:
there it has one before a moment and another from it on. A time that occurs twice is taken as the
first of the two, a time that is skipped as if clocks had not changed yet (PEP 495, fold 0).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from tambo.lake.sql import ident

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=8)
def zone_days(zone: str, first: date, last: date) -> pa.Table:
    """Offsets from UTC by local day.

    Args:
        zone: IANA name.
        first: first local day.
        last: last local day, inclusive.

    Returns:
        One row a day: day; before and after, the offset from UTC in microseconds; change, the
        local time from which `after` holds, or null.
    """
    info = ZoneInfo(zone)
    rows: list[tuple[date, int, int, datetime | None]] = []
    day = first
    while day <= last:
        start = datetime.combine(day, time())
        end = start + DAY - MICROSECOND
        before, after = _offset(info, start), _offset(info, end)
        change = None if before == after else _change(info, start, end, before)
        rows.append((day, before // MICROSECOND, after // MICROSECOND, change))
        day += DAY
    columns = list(zip(*rows, strict=True))
    types = (pa.date32(), pa.int64(), pa.int64(), pa.timestamp("us"))
    names = ("day", "before", "after", "change")
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.table(arrays, names=names)


def _offset(zone: ZoneInfo, local: datetime) -> timedelta:
    offset = local.replace(tzinfo=zone).utcoffset()
    return offset if offset is not None else timedelta()


def _change(zone: ZoneInfo, low: datetime, high: datetime, before: timedelta) -> datetime:
    """First local time of the day with the other offset, to the microsecond."""
    while high - low > MICROSECOND:
        middle = low + (high - low) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def register_days(
    connection: duckdb.DuckDBPyConnection, name: str, zone: str, first: date, last: date
) -> None:
    """Make the temporary table `name` of a zone's days."""
    days = zone_days(zone, first, last)
    connection.register("_days", days)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {ident(name)} AS SELECT * FROM _days")
    connection.unregister("_days")


def utc(local: str, days: str) -> str:
    """SQL of a local time as UTC, where `days` is the joined row of its day."""
    offset = f"CASE WHEN {local} < {days}.change OR {days}.change IS NULL THEN {days}.before ELSE {days}.after END"  # noqa: E501
    return f"({local}::TIMESTAMP - to_microseconds({offset}))"
