"""Lines of trips: bookings with their cancellations, and what was flown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tambo.sources.fleet.world.demand import PLACES
from tambo.sources.fleet.world.kinds import KINDS
from tambo.sources.fleet.world.operations import DIVERTED_SHARE
from tambo.sources.fleet.world.times import at, day_of, text
from tambo.sources.fleet.world.truth import Truth
from tambo.sources.sample.draws import ids
from tambo.sources.sample.lines import Line

OFFICE = (9 * 60, 18 * 60)
WEAR_THIRST, THIRST_NOISE = 0.12, 0.05
"""More fuel by wear, and spread of its logarithm."""


def booking_lines(truth: Truth) -> Iterator[Line]:
    """One line a trip when it is booked, and one when guests or the operator cancel it."""
    calendar, trips = truth.calendar, truth.trips
    lost = {trip: day.day for day in truth.history.days for trip in day.lost}
    minute = truth.draws.whole("booking/minute", ids(trips.number), *OFFICE)
    for trip in range(len(trips.number)):
        booked, leaves = int(trips.booked[trip]), int(trips.day[trip])
        departs = at(calendar, leaves, int(trips.minute[trip]))
        said = min(at(calendar, booked, int(minute[trip])), departs)
        gone = int(trips.cancelled[trip])
        if gone < 0:
            gone = lost.get(trip, -1)
        cancelled = None
        if gone >= 0:
            cancelled = min(max(at(calendar, gone, 5 * 60), said), departs)
        fields = (
            f"B{trip:06}", KINDS[int(trips.kind[trip])].name,
            truth.fleet.bases[int(trips.base[trip])].name, PLACES[int(trips.destination[trip])],
            trips.hours[trip], f"{trips.revenue[trip]:.2f}",
        )  # fmt: skip
        first = None if cancelled is None else booked
        yield Line(booked, text(fields[0], said, departs, *fields[1:], None), follows=first)
        if cancelled is not None:
            line = text(fields[0], said, departs, *fields[1:], cancelled)
            yield Line(day_of(calendar, cancelled), line, again=True, follows=booked)


def flight_lines(truth: Truth) -> Iterator[Line]:
    """One line a flight, on the day on which it arrives."""
    calendar, trips, draws = truth.calendar, truth.trips, truth.draws
    for day in truth.history.days:
        for trip, number, failed in day.flown:
            vessel, of = truth.fleet.vessels[number], ids(trip)
            departs = at(calendar, day.day, int(trips.minute[trip]))
            hours = float(trips.hours[trip])
            # A yacht rests at night: what takes days takes them whole.
            away = timedelta(hours=hours) + timedelta(hours=14) * (int(trips.days[trip]) - 1)
            arrives = departs + timedelta(seconds=round(away.total_seconds()))
            rough = THIRST_NOISE * float(draws.normal("fuel", of))
            more = 1 + WEAR_THIRST * float(day.wear[number]) + rough
            fuel = vessel.of_kind.litres * vessel.thirst * hours * more
            revenue = float(trips.revenue[trip]) * (DIVERTED_SHARE if failed else 1.0)
            bases = truth.fleet.bases
            end = vessel.base if failed else None
            yield Line(
                day_of(calendar, arrives),
                text(
                    f"F{trip:06}", vessel.name, bases[vessel.base].name,
                    bases[end].name if end is not None else PLACES[int(trips.destination[trip])],
                    departs, arrives, hours, f"{fuel:.0f}",
                    int(draws.whole("passengers", of, 1, vessel.of_kind.seats)),
                    "diverted" if failed else "completed", f"{revenue:.2f}",
                ),
            )  # fmt: skip
