"""Broken lines of the kinds that fit the tables of tourism."""

from __future__ import annotations

from tambo.sources.sample.dirt import DUPLICATE, Fields, Kinds, extra_field, missing_field
from tambo.sources.tourism.world.columns import (
    CAMPAIGNS,
    COLUMNS,
    EVENTS,
    EXTERNAL,
    FLOW,
    FORECAST,
    HOLIDAYS,
    WEATHER,
)

EVERY = tuple(COLUMNS)
SERIES, PLANS = (FLOW, WEATHER, FORECAST), (EVENTS, HOLIDAYS, CAMPAIGNS, EXTERNAL)
BAD_NUMBERS = (b"n/a", b"12.3.4", b"1O9", b"~20")
BAD_TIMES = (b"2024-02-30 10:00:00", b"31/12/2024 10:00", b"2024-13-01 00:00:00", b"24h")
BAD_DATES = (b"2024-02-30", b"31/12/2024", b"2024-13-01", b"soon")
LONG_AGO = b"1960-01-01"

NUMBER = {FLOW: "tourist_count", WEATHER: "humidity", FORECAST: "humidity", CAMPAIGNS: "spend",
          EXTERNAL: "value"}  # fmt: skip
TIME = {FLOW: "timestamp", WEATHER: "timestamp", FORECAST: "valid_at"}
DATE = {EVENTS: "event_date", HOLIDAYS: "holiday_date", CAMPAIGNS: "start_date",
        EXTERNAL: "period"}  # fmt: skip
END = {EVENTS: "event_end", HOLIDAYS: "holiday_end", CAMPAIGNS: "end_date", EXTERNAL: "period_end"}
KEY = {FLOW: "location", WEATHER: "location", FORECAST: "location", EVENTS: "event_date",
       HOLIDAYS: "holiday_date", CAMPAIGNS: "campaign_id", EXTERNAL: "name"}  # fmt: skip
CATEGORY = {EVENTS: "event_type", HOLIDAYS: "holiday_type"}


def _set(table: str, fields: Fields, column: str, value: bytes) -> tuple[Fields, str]:
    changed = list(fields)
    changed[COLUMNS[table].index(column)] = value
    return changed, column


def _bad_number(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, NUMBER[table], BAD_NUMBERS[pick % len(BAD_NUMBERS)])


def _bad_time(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, TIME[table], BAD_TIMES[pick % len(BAD_TIMES)])


def _bad_date(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, DATE[table], BAD_DATES[pick % len(BAD_DATES)])


def _open_quote(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    location = fields[COLUMNS[table].index("location")]
    return _set(table, fields, "location", b'"' + location)


def _bad_category(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, CATEGORY[table], b"party?")


def _no_key(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, KEY[table], b"")


def _negative(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, NUMBER[table], b"-%d" % (1 + pick))


def _ends_too_early(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, END[table], LONG_AGO)


def _issued_too_late(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, "valid_at", LONG_AGO + b" 00:00:00")


def _other_content(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    if table in (EVENTS, HOLIDAYS):
        return _set(table, fields, "announced_at", b"1990-01-01 08:00:00")
    value = fields[COLUMNS[table].index(NUMBER[table])]
    other = b"%d" % (50 + pick % 50)
    return _set(table, fields, NUMBER[table], other if other != value else b"1")


KINDS: Kinds = {
    "bad_number": (_bad_number, tuple(NUMBER)),
    "bad_time": (_bad_time, SERIES),
    "bad_date": (_bad_date, PLANS),
    "missing_field": (missing_field, EVERY),
    "extra_field": (extra_field, EVERY),
    "open_quote": (_open_quote, EVERY),
    "bad_category": (_bad_category, tuple(CATEGORY)),
    "missing_key": (_no_key, EVERY),
    "negative_number": (_negative, (*SERIES, CAMPAIGNS)),
    "ends_too_early": (_ends_too_early, PLANS),
    "issued_too_late": (_issued_too_late, (FORECAST,)),
    DUPLICATE: (_other_content, EVERY),
}
"""What can be wrong, how it is done, and in which tables."""
