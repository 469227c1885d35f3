"""A small released fleet with all that the app's pages show, and its service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import released_fleet
import served_fleet
from released_fleet import NOW, VESSELS
from tourism_files import RawFile

from tambo.services import announced
from tambo.settings import Settings

WORN, GRAVE, SILENT = VESSELS[0], VESSELS[1], "YT-9"
"""One near the limit of its kind, one with a critical entry, one that never sent a reading."""
FLOWN, LIMIT = 38, 40


TRIPS = (
    ("FIRST", 2, 6, 9_000),
    ("BESIDE", 2.1, 3, 4_000),
    ("FAR", 25, 4, 20_000),
    ("FARTHER", 40, 4, 5_000),
    ("STRANGE", 3, 2, 10_000, "Yacht", "Nowhere"),
    ("GONE", 4, 2, 8_000, "Private Jet", "Cusco", -0.5),
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
    found |= {"bookings_1": [booked(*one) for one in TRIPS]}
    return [RawFile(f"{name}.csv", NOW - timedelta(days=1), rows) for name, rows in found.items()]


@contextmanager
def serving(home: Settings) -> Iterator[str]:
    """The service of the home for the time of a block, with hazards by a known formula."""
    app = served_fleet.application(
        home, released_fleet.manifest(home), home.home / "formula", costs=False
    )
    with served_fleet.listening(app) as url, announced(home, "fleet", url):
        yield url
