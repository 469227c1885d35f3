"""Local times of a contract's zone as UTC: small tables of days that SQL joins to.

A naive local time has one offset from UTC all day long, except on a day on which clocks change:
there it has one before a moment and another from it on. A time that the clock shows twice is taken
as the first of the two, and one that it skips as if it had not been changed yet (PEP 495, fold 0);
`clock_changes` says which times these are, so that others can decide differently.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
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
        last: last local day, inclusive; before the first, there is no row.

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
    return _table(
        rows,
        day=pa.date32(),
        before=pa.int64(),
        after=pa.int64(),
        change=pa.timestamp("us"),
    )


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


@lru_cache(maxsize=8)
def clock_changes(zone: str, first: date, last: date) -> pa.Table:
    """Local times that a zone's clock shows twice, or never.

    Args:
        zone: IANA name.
        first: first local day.
        last: last local day, inclusive.

    Returns:
        One row for each local day that such times fall on: day; starts and ends, the local times
        from and before which they lie; twice, false where the clock skips them; shift, how much
        later than the first the second of two is, in microseconds.
    """
    info = ZoneInfo(zone)
    rows: list[tuple[Any, ...]] = []
    if last < first:
        return _changes([])
    # An offset is less than a day, so the instants of a local day are within two days of it.
    at = datetime.combine(first, time(), UTC) - 2 * DAY
    end = datetime.combine(last, time(), UTC) + 3 * DAY
    while at < end:
        before, after = _offset_at(info, at), _offset_at(info, at + DAY)
        if before != after:
            change = _instant(info, at, at + DAY).replace(tzinfo=None)
            starts, ends = sorted((change + before, change + after))
            days = (starts.date() + n * DAY for n in range((ends - starts) // DAY + 2))
            rows += [
                (day, starts, ends, after < before, (ends - starts) // MICROSECOND)
                for day in days
                if first <= day <= last and datetime.combine(day, time()) < ends
            ]
        at += DAY
    return _changes(rows)


def _changes(rows: list[tuple[Any, ...]]) -> pa.Table:
    stamp = pa.timestamp("us")
    return _table(
        rows, day=pa.date32(), starts=stamp, ends=stamp, twice=pa.bool_(), shift=pa.int64()
    )


def _table(rows: list[tuple[Any, ...]], **types: pa.DataType) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types.values(), strict=True)]
    return pa.table(arrays, names=list(types))


def _offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _instant(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """First instant with the offset of `high`, to the microsecond."""
    after = _offset_at(zone, high)
    while high - low > MICROSECOND:
        middle = low + (high - low) // 2
        if _offset_at(zone, middle) == after:
            high = middle
        else:
            low = middle
    return high


def register_table(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Make the temporary table `name` of a zone's days or changes."""
    connection.register("_zone", table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {ident(name)} AS SELECT * FROM _zone")
    connection.unregister("_zone")


def utc(local: str, days: str) -> str:
    """SQL of a local time as UTC, where `days` is the joined row of its day."""
    offset = f"CASE WHEN {local} < {days}.change OR {days}.change IS NULL THEN {days}.before ELSE {days}.after END"  # noqa: E501
    return f"({local}::TIMESTAMP - to_microseconds({offset}))"


def within(local: str, changes: str) -> str:
    """SQL of whether a local time is among those of the joined row of `clock_changes`."""
    between = f"{local} >= {changes}.starts AND {local} < {changes}.ends"
    return f"{changes}.day = {local}::DATE AND {between}"
