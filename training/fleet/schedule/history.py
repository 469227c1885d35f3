"""What a fleet's past says, as arrays: as known at an instant, read at a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tambo.errors import FewLabelsError
from tambo.planning.fleet.demand import ANY
from tambo.planning.fleet.parameters import Flags, Floats, Ints, Roster

if TYPE_CHECKING:
    import duckdb

HOUR, CENT_PART, SCORE = 1e6, 1e4, 1e6
"""Of what the lake keeps as whole numbers: parts of an hour, of a dollar, of a point of health."""
UNNAMED = -1
"""Number of the kind of a booking that names none."""

VESSELS = """
    select aircraft_id, aircraft_type, home_base, hangar_slots,
        hours_between_overhauls, days_between_overhauls
    from {known} where home_base is not null and aircraft_type is not null order by aircraft_id
"""
DAILY_SCORES = """
    select aircraft_id, local_day - date '1970-01-01' as day, median(engine_health_score)
    from {known}
    where not engine_health_score_is_outlier and engine_health_score is not null
    group by all order by all
"""
FLIGHTS = """
    select known.aircraft_id, epoch(lines.departed_at) / 86400,
        epoch(known.event_timestamp) / 86400, known.hours, known.revenue, lines.status = 'diverted'
    from {known} as known
    inner join (
        select flight_id, arg_max(departed_at, told) as departed_at, arg_max(status, told) as status
        from (
            select *, (known_at, batch_id, row_number) as told from staging.stg_flights_log
            where known_at <= $known_by
        )
        group by flight_id
    ) as lines on known.flight_id = lines.flight_id
    where known.hours > 0
    order by known.aircraft_id, known.event_timestamp, known.flight_id
"""
MAINTENANCES = """
    select aircraft_id, epoch(event_timestamp) / 86400, epoch(finished_at) / 86400, job_cost,
        kind = 'unscheduled'
    from {known} order by aircraft_id, event_timestamp, maintenance_id
"""
BOOKINGS = """
    select base, vessel_type, epoch(event_timestamp) / 86400, epoch(departs_at) / 86400,
        epoch(cancelled_at) / 86400, hours, revenue
    from {known} order by departs_at, booking_id
"""


@dataclass(frozen=True)
class Flights:
    """Trips that were flown; `day` is their arrival, in days since 1970 as all instants here."""

    vessel: Ints
    departed: Floats
    day: Floats
    hours: Floats
    revenue: Floats
    diverted: Flags


@dataclass(frozen=True)
class Maintenances:
    """Stays in a hangar; `finished` and `cost` are not numbers until they are known."""

    vessel: Ints
    day: Floats
    finished: Floats
    cost: Floats
    failed: Flags


@dataclass(frozen=True)
class Bookings:
    """Trips that were asked for; `cancelled` is not a number where they were not."""

    base: Ints
    kind: Ints
    booked: Floats
    departs: Floats
    cancelled: Floats
    hours: Floats
    revenue: Floats


@dataclass(frozen=True)
class History:
    """All that is known of a fleet.

    Attributes:
        vessels: their names, in order.
        kinds, bases: names, by the numbers that `roster` has.
        roster: kind and base of each, slots of each base.
        limits: hours and days between overhauls, of each kind [kind, 2].
        first, last: whole days since 1970, from the first reading to the end of what is known.
        score: median health of each day without outliers, not a number where none came
            [vessel, day].
        flights, maintenances, bookings: see there.
    """

    vessels: tuple[str, ...]
    kinds: tuple[str, ...]
    bases: tuple[str, ...]
    roster: Roster
    limits: Floats
    first: int
    last: int
    score: Floats
    flights: Flights
    maintenances: Maintenances
    bookings: Bookings

    @property
    def days(self) -> int:
        """How many days it has."""
        return self.last - self.first

    def hours(self) -> Floats:
        """Hours of use of each day, that of arrival [vessel, day]."""
        found = np.zeros((len(self.vessels), self.days))
        day = np.floor(self.flights.day).astype(np.int64) - self.first
        inside = (day >= 0) & (day < self.days)
        np.add.at(found, (self.flights.vessel[inside], day[inside]), self.flights.hours[inside])
        return found


def read_history(connection: duckdb.DuckDBPyConnection, known_by: datetime) -> History:
    """Read what was known of a fleet at an instant.

    Args:
        connection: to the lake, at a release.
        known_by: the instant; naive, UTC.

    Raises:
        FewLabelsError: there are no vessels with a base, or no readings of them.
    """
    vessels = _rows(connection, "int_vessels", VESSELS, known_by)
    if not vessels:
        raise FewLabelsError(
            "No vessel of a known type and base was known by then: there is no fleet to schedule.",
            remedy="load the fleet's register: tambo ingest <folder>",
        )
    names = tuple(str(row[0]) for row in vessels)
    kinds, bases = (tuple(sorted({str(row[n]) for row in vessels})) for n in (1, 2))
    of_vessel = {name: number for number, name in enumerate(names)}
    scores = [
        row
        for row in _rows(connection, "int_readings", DAILY_SCORES, known_by)
        if row[0] in of_vessel
    ]
    if not scores:
        raise FewLabelsError(
            "No readings of health were known by then: wear cannot be told.",
            remedy="load telemetry: tambo ingest <folder>, or tambo listen",
        )
    first = min(int(row[1]) for row in scores)
    last = max(int((known_by - datetime(1970, 1, 1)).days), first + 1)
    score = np.full((len(names), last - first), np.nan)
    for name, day, value in scores:
        if day < last:
            score[of_vessel[name], int(day) - first] = value / SCORE
    roster = _roster(vessels, kinds, bases)
    booked = _rows(connection, "int_bookings", BOOKINGS, known_by)
    return History(
        vessels=names,
        kinds=kinds,
        bases=bases,
        roster=roster,
        limits=_limits(vessels, kinds),
        first=first,
        last=last,
        score=score,
        flights=_flights(_rows(connection, "int_flights", FLIGHTS, known_by), of_vessel),
        maintenances=_maintenances(
            _rows(connection, "int_maintenances", MAINTENANCES, known_by), of_vessel
        ),
        bookings=_bookings(booked, bases, kinds, roster),
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str, query: str, known_by: datetime
) -> list[tuple[Any, ...]]:
    """Rows of a query over the versions that stood at an instant."""
    known = (
        f"(select * from intermediate.{table} where created_timestamp <= $known_by"
        " and (ended_timestamp is null or ended_timestamp > $known_by))"
    )
    return connection.execute(query.format(known=known), {"known_by": known_by}).fetchall()


def _roster(vessels: list[tuple[Any, ...]], kinds: Sequence[str], bases: Sequence[str]) -> Roster:
    slots = np.zeros(len(bases), np.int64)
    for row in vessels:
        slots[bases.index(row[2])] = row[3] or 0
    return Roster(
        kind=np.array([kinds.index(row[1]) for row in vessels]),
        base=np.array([bases.index(row[2]) for row in vessels]),
        slots=slots,
    )


def _limits(vessels: list[tuple[Any, ...]], kinds: Sequence[str]) -> Floats:
    """What the law allows; a kind of which nothing is known has none."""
    found = np.full((len(kinds), 2), np.inf)
    for row in vessels:
        told = [np.inf if value is None else float(value) for value in row[4:]]
        found[kinds.index(row[1])] = np.minimum(found[kinds.index(row[1])], told)
    return found


def named(base: Ints, kind: Ints, roster: Roster) -> Ints:
    """Kinds of trips, where those that name none go to the kinds of their base in turn.

    Each kind gets as many as it has vessels there, by d'Hondt's method of highest averages: the
    same share that an answer counts of what is booked ahead.

    Args:
        base: of each trip, in the order of departure.
        kind: of each, `UNNAMED` where it names none.
        roster: of the fleet; each base has a vessel.
    """
    found = kind.copy()
    owned = np.zeros((len(roster.slots), int(roster.kind.max()) + 1))
    np.add.at(owned, (roster.base, roster.kind), 1.0)
    given = np.zeros_like(owned)
    for trip in np.flatnonzero(kind == UNNAMED):
        at = base[trip]
        found[trip] = np.argmax(owned[at] / (given[at] + 1))
        given[at, found[trip]] += 1
    return found


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[Floats]:
    """Columns as numbers, not a number where nothing is known."""
    if not rows:
        return [np.zeros(0) for _ in range(width)]
    return [
        np.array([np.nan if value is None else float(value) for value in column])
        for column in zip(*rows, strict=True)
    ]


def _flights(rows: list[tuple[Any, ...]], of_vessel: dict[str, int]) -> Flights:
    kept = [(of_vessel[row[0]], *row[1:]) for row in rows if row[0] in of_vessel]
    vessel, departed, day, hours, revenue, diverted = _columns(kept, 6)
    return Flights(
        vessel=vessel.astype(np.int64),
        departed=departed,
        day=day,
        hours=hours / HOUR,
        revenue=revenue / CENT_PART,
        diverted=diverted == 1,
    )


def _maintenances(rows: list[tuple[Any, ...]], of_vessel: dict[str, int]) -> Maintenances:
    kept = [(of_vessel[row[0]], *row[1:]) for row in rows if row[0] in of_vessel]
    vessel, day, finished, cost, failed = _columns(kept, 5)
    return Maintenances(vessel.astype(np.int64), day, finished, cost / CENT_PART, failed == 1)


def _bookings(
    rows: list[tuple[Any, ...]], bases: Sequence[str], kinds: Sequence[str], roster: Roster
) -> Bookings:
    numbers = {name: number for number, name in enumerate(kinds)} | {ANY: UNNAMED}
    kept = [
        (bases.index(row[0]), numbers[row[1]], *row[2:])
        for row in rows
        if row[0] in bases and row[1] in numbers
    ]
    base, kind, booked, departs, cancelled, hours, revenue = _columns(kept, 7)
    at = base.astype(np.int64)
    return Bookings(
        base=at,
        kind=named(at, kind.astype(np.int64), roster),
        booked=booked,
        departs=departs,
        cancelled=cancelled,
        hours=hours / HOUR,
        revenue=revenue / CENT_PART,
    )
