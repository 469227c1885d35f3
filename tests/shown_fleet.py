"""A small released fleet with all that the app's pages show, and its service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import released_fleet
import served_fleet
import served_schedule
from released_fleet import NOW, VESSELS
from tourism_files import RawFile

from tambo.services import announced
from tambo.settings import Settings

WORN, GRAVE, SILENT, SOUND = VESSELS[0], VESSELS[1], "YT-9", VESSELS[2]
"""One near the limit of its kind, one with a critical entry, of which nobody told where it is based,
one that never sent a reading, and one without news."""
BASE = "Callao"
PLANNED = {WORN: 9, SOUND: 12}
"""Days to the dates of today's practice; one slot is there, and a stay is longer than three days."""
FLOWN, LIMIT = 38, 40


TRIPS = (
    ("FIRST", 2, 6, 9_000),
    ("BESIDE", 2.1, 3, 4_000),
    ("FAR", 25, 4, 20_000),
    ("FARTHER", 40, 4, 5_000),
    ("STRANGE", 3, 2, 10_000, "Yacht", "Nowhere"),
    ("GONE", 4, 2, 8_000, "Private Jet", "Cusco", -1.5),
    ("ANYHOW", 5, 2, 7_000, ""),
)
"""Trips that are booked: name, days ahead, hours, revenue, kind, base, days to a cancellation."""


def booked(
    name: str,
    days: float,
    hours: float,
    revenue: float,
    kind: str = "Private Jet",
    base: str = "Cusco",
    cancelled: float | None = None,
) -> dict[str, object]:
    """A line of the booking system; the silent vessel alone could fly it."""
    at = "" if cancelled is None else NOW + timedelta(days=cancelled)
    return {
        "booking_id": name,
        "booked_at": NOW - timedelta(days=3),
        "departs_at": NOW + timedelta(days=days),
        "aircraft_type": kind,
        "origin": base,
        "destination": "Pisco",
        "hours": hours,
        "revenue": revenue,
        "cancelled_at": at,
    }


def more() -> list[RawFile]:
    """A vessel without readings, a limit, hours flown, and what was written of one vessel."""
    day = NOW - timedelta(days=3)
    register = [{"aircraft_id": SILENT, "aircraft_type": "Private Jet", "home_base": "Cusco"}]
    register += [
        {"aircraft_id": one, "aircraft_type": "Yacht", "home_base": BASE} for one in (WORN, SOUND)
    ]
    slots = [{"base": BASE, "slots": 1}, {"base": "Cusco", "slots": 2}]
    later = [
        {"aircraft_id": one, "planned_at": day, "due_at": NOW + timedelta(days=ahead)}
        for one, ahead in PLANNED.items()
    ]
    limits = [
        {"aircraft_type": "Yacht", "measure": "hours_between_overhauls", "limit": LIMIT},
        {"aircraft_type": "Yacht", "measure": "days_between_overhauls", "limit": 400},
    ]
    job = {"maintenance_id": "M-1", "aircraft_id": WORN, "kind": "scheduled", "cost": 1000}
    done = {"started_at": NOW - timedelta(days=11), "finished_at": NOW - timedelta(days=10)}
    flight = {
        "flight_id": "F-1",
        "aircraft_id": WORN,
        "departed_at": day - timedelta(hours=FLOWN),
        "arrived_at": day,
        "flight_hours": FLOWN,
        "fuel_litres": 900,
        "passengers": 2,
        "revenue": 5000,
    }
    entries = [
        {"aircraft_id": GRAVE, "logged_at": day, "author": "Rojas", "severity": "critical",
         "entry": "Rojas saw a crack"},
        {"aircraft_id": GRAVE, "logged_at": day - timedelta(days=2), "author": "Flores",
         "severity": "info", "entry": "washed"},
    ]  # fmt: skip
    found = {"aircraft_9": register, "legal_limits_0": limits, "service_logs_0": entries}
    found |= {"maintenance_0": [job | done], "flights_log_0": [flight]}
    found |= {"hangars_0": slots, "maintenance_plan_0": later}
    found |= {"bookings_1": [booked(*one) for one in TRIPS]}
    return [RawFile(f"{name}.csv", NOW - timedelta(days=1), rows) for name, rows in found.items()]


@contextmanager
def serving(home: Settings, *, schedules: bool = True) -> Iterator[str]:
    """The service of the home for the time of a block, with hazards by a known formula.

    Without schedules: as of a home whose data gave none.
    """
    models = home.home / ("formula" if schedules else "formula-alone")
    if schedules:
        booked = released_fleet.manifest(home, "maintenance_schedule_v1")
        served_schedule.write(models / "maintenance_schedule", booked, served_schedule.schedules())
    app = served_fleet.application(home, released_fleet.manifest(home), models, costs=False)
    with served_fleet.listening(app) as url, announced(home, "fleet", url):
        yield url
