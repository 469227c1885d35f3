"""Broken lines of the kinds that fit the tables of a fleet."""

from __future__ import annotations

from tambo.sources.fleet.world.columns import (
    BOOKINGS,
    COLUMNS,
    DOWNTIME,
    FLIGHTS,
    LOGS,
    MAINTENANCE,
    TELEMETRY,
)
from tambo.sources.sample.dirt import DUPLICATE, Fields, Kinds, extra_field, missing_field

EVERY = (FLIGHTS, BOOKINGS, TELEMETRY, MAINTENANCE, DOWNTIME, LOGS)
"""Tables whose lines are broken; the few lines of the others are left alone."""
BAD_NUMBERS = (b"n/a", b"12.3.4", b"1O9", b"~20")
BAD_TIMES = (b"2024-02-30 10:00:00", b"31/12/2024 10:00", b"2024-13-01 00:00:00", b"24h")
LONG_AGO = b"1960-01-01 00:00:00"

NUMBER = {FLIGHTS: "fuel_litres", BOOKINGS: "hours", TELEMETRY: "engine_health_score"}
TIME = {FLIGHTS: "departed_at", BOOKINGS: "departs_at", TELEMETRY: "read_at",
        MAINTENANCE: "started_at", DOWNTIME: "started_at", LOGS: "logged_at"}  # fmt: skip
END = {FLIGHTS: "arrived_at", BOOKINGS: "departs_at"}
KEY = {FLIGHTS: "flight_id", BOOKINGS: "booking_id", TELEMETRY: "aircraft_id",
       MAINTENANCE: "maintenance_id", DOWNTIME: "aircraft_id", LOGS: "aircraft_id"}  # fmt: skip
CATEGORY = {MAINTENANCE: "kind", LOGS: "severity"}
UNKNOWN = (FLIGHTS, TELEMETRY, LOGS)
NOBODY = b"XX-0000"


def _set(table: str, fields: Fields, column: str, value: bytes) -> tuple[Fields, str]:
    changed = list(fields)
    changed[COLUMNS[table].index(column)] = value
    return changed, column


def _bad_number(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, NUMBER[table], BAD_NUMBERS[pick % len(BAD_NUMBERS)])


def _bad_time(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, TIME[table], BAD_TIMES[pick % len(BAD_TIMES)])


def _open_quote(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, KEY[table], b'"' + fields[COLUMNS[table].index(KEY[table])])


def _bad_category(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, CATEGORY[table], b"party?")


def _no_key(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, KEY[table], b"")


def _negative(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, NUMBER[table], b"-%d" % (1 + pick))


def _out_of_range(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, "engine_health_score", b"%d" % (101 + pick))


def _too_early(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, END[table], LONG_AGO)


def _unknown_aircraft(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, "aircraft_id", NOBODY)


def _other_content(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    if table not in NUMBER:
        return _set(table, fields, COLUMNS[table][-1], b"")
    value = fields[COLUMNS[table].index(NUMBER[table])]
    other = b"%d" % (1 + pick % 50)
    return _set(table, fields, NUMBER[table], other if other != value else b"60")


KINDS: Kinds = {
    "bad_number": (_bad_number, tuple(NUMBER)),
    "bad_time": (_bad_time, tuple(TIME)),
    "missing_field": (missing_field, EVERY),
    "extra_field": (extra_field, EVERY),
    "open_quote": (_open_quote, EVERY),
    "bad_category": (_bad_category, tuple(CATEGORY)),
    "missing_key": (_no_key, EVERY),
    "negative_number": (_negative, tuple(NUMBER)),
    "out_of_range": (_out_of_range, (TELEMETRY,)),
    "ends_too_early": (_too_early, tuple(END)),
    "unknown_aircraft": (_unknown_aircraft, UNKNOWN),
    DUPLICATE: (_other_content, (FLIGHTS, BOOKINGS, TELEMETRY, LOGS)),
}
"""What can be wrong, how it is done, and in which tables."""
