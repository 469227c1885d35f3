"""Random raw files of a fleet, with the instants at which they arrive."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tourism_files import RawFile

FIRST = datetime(2024, 2, 10)
DAYS = 40
VESSELS = {"OB-1": "Private Jet", "OB-2": "Private Jet", "YT-1": "Yacht"}
STILL, STEEP = "YT-2", "YT-3"
"""Vessels of `odd_sensors`."""
BASES = ("Lima", "Cusco")
Line = dict[str, Any]


def random_history(draw: random.Random) -> list[RawFile]:
    """Forty days of a fleet of three, with all that goes wrong; the register comes first."""
    files = _register(draw)
    for first in range(0, DAYS, 5):
        days = [FIRST + timedelta(days=first + n) for n in range(5)]
        for table, lines in (
            ("flights_log", _flights(draw, days)),
            ("telemetry", _readings(draw, days)),
            ("service_logs", _entries(draw, days)),
            ("bookings", _bookings(draw, days)),
        ):
            if lines:
                arrived = _arrival(draw, days[-1])
                files.append(RawFile(f"{table}_{first:02}.csv", arrived, lines))
    files += _hangar_files(draw)
    files += _calendars(draw)
    files += _predictions(draw)
    return files + [_again(draw, file, n) for n, file in enumerate(draw.sample(files[1:], 8))]


def _arrival(draw: random.Random, day: datetime) -> datetime:
    """The night after a day; one file in three is late."""
    late = draw.randrange(1, 9) if draw.random() < 1 / 3 else 0
    return day + timedelta(days=1 + late, minutes=draw.randrange(600), seconds=draw.randrange(60))


def _at(draw: random.Random, day: datetime) -> datetime:
    return day + timedelta(minutes=draw.randrange(1440))


def _register(draw: random.Random) -> list[RawFile]:
    register = [
        {
            "aircraft_id": one,
            "aircraft_type": kind,
            "home_base": draw.choice(BASES),
            "in_service_since": "2019-05-01",
        }
        for one, kind in VESSELS.items()
    ]
    moved = [{**register[0], "home_base": "Cusco", "model": "X"}]
    limits = [
        {"aircraft_type": kind, "measure": f"{what}_between_overhauls", "limit": most}
        for kind in ("Private Jet", "Yacht")
        for what, most in (("hours", 40), ("days", 30))
    ]
    hangars = [{"base": base, "slots": 2} for base in BASES]
    later = FIRST + timedelta(days=draw.randrange(10, 20))
    return [
        RawFile("aircraft_0.csv", FIRST - timedelta(days=1), register),
        RawFile("aircraft_1.csv", _arrival(draw, later), moved),
        RawFile("legal_limits_0.csv", _arrival(draw, FIRST + timedelta(days=3)), limits),
        RawFile("legal_limits_1.csv", _arrival(draw, later), [{**limits[0], "limit": 50}]),
        RawFile("hangars_0.csv", _arrival(draw, FIRST), hangars),
        RawFile("hangars_1.csv", _arrival(draw, later), [{**hangars[0], "slots": 3}]),
    ]


def _flights(draw: random.Random, days: list[datetime]) -> list[Line]:
    lines = []
    for day in days:
        for vessel in VESSELS:
            if draw.random() < 0.7:
                departed, hours = _at(draw, day), draw.randrange(5, 60) / 10
                lines.append(
                    {
                        "flight_id": f"{vessel}/{departed:%d%H%M}/{departed:%m}",
                        "aircraft_id": vessel,
                        "departed_at": departed,
                        "arrived_at": departed + timedelta(hours=hours),
                        "flight_hours": hours,
                        "fuel_litres": draw.choice(["", draw.randrange(500, 5000)]),
                        "passengers": 2,
                        "revenue": draw.choice(["", draw.randrange(1000, 9000)]),
                    }
                )
    return lines


def _readings(draw: random.Random, days: list[datetime]) -> list[Line]:
    """Readings around 80, some spiked, some of one sensor alone."""
    lines = []
    for day in days:
        for vessel in VESSELS:
            for hour in (0, 6, 12, 18):
                if draw.random() < 0.85:
                    score = 5.0 if draw.random() < 0.05 else round(draw.gauss(80, 2), 1)
                    odd = draw.random() < 0.05
                    shaken = draw.choice((0.0, 90.0)) if odd else round(draw.gauss(9, 1), 2)
                    lines.append(
                        {
                            "aircraft_id": vessel,
                            "read_at": day + timedelta(hours=hour),
                            "engine_health_score": score if draw.random() < 0.95 else "",
                            "temperature_variance": shaken if draw.random() < 0.95 else "",
                        }
                    )
    return lines


def odd_sensors() -> list[RawFile]:
    """Two more vessels whose sensors say what they may, and hardly ever do.

    STILL stands still but for the last digit, and is dead at last: 0 of both. STEEP fell through
    the whole range in nine seconds, and goes on as usual.
    """
    hours = [FIRST + timedelta(hours=n) for n in range(61)]
    last = hours[-1]
    still = [
        _reading(STILL, at, *((0.0, 0.0) if at == last else (80 + n % 2 / 1e6, 9 + n % 2 / 1e6)))
        for n, at in enumerate(hours)
    ]
    falls = [(100 - 100 / 9 * n, 10000 - 10000 / 9 * n) for n in range(10)]
    steep = [
        _reading(STEEP, last + timedelta(seconds=n), round(score, 6), round(variance, 6))
        for n, (score, variance) in enumerate(falls)
    ]
    register = [{"aircraft_id": one, "aircraft_type": "Yacht"} for one in (STILL, STEEP)]
    return [
        RawFile("aircraft_odd.csv", FIRST - timedelta(days=1), register),
        RawFile("telemetry_odd.csv", last + timedelta(minutes=5), still + steep),
    ]


def _reading(vessel: str, at: datetime, score: float, variance: float) -> Line:
    return {
        "aircraft_id": vessel,
        "read_at": at,
        "engine_health_score": score,
        "temperature_variance": variance,
    }


def _entries(draw: random.Random, days: list[datetime]) -> list[Line]:
    return [
        {
            "aircraft_id": vessel,
            "logged_at": _at(draw, day),
            "author": draw.choice(["Rojas", "Flores"]),
            "severity": draw.choice(["info", "minor", "major", "critical"]),
        }
        for day in days
        for vessel in VESSELS
        if draw.random() < 0.3
    ]


def _bookings(draw: random.Random, days: list[datetime]) -> list[Line]:
    lines = []
    for day in days:
        for number in range(draw.randrange(3)):
            booked = _at(draw, day)
            line = {
                "booking_id": f"{booked:%m%d%H%M}-{number}",
                "booked_at": booked,
                "departs_at": booked + timedelta(hours=draw.randrange(1, 900)),
                "aircraft_type": draw.choice(["Private Jet", "Yacht", ""]),
                "origin": draw.choice(BASES),
                "destination": "Pisco",
                "hours": draw.randrange(5, 60) / 10,
                "revenue": draw.randrange(1000, 9000),
                "cancelled_at": "",
            }
            if draw.random() < 0.2:
                line["cancelled_at"] = booked + timedelta(minutes=draw.randrange(6000))
            lines.append(line)
    return lines


def _hangar_files(draw: random.Random) -> list[RawFile]:
    """Plans, maintenances and downtimes: begun in one file, ended in another, or never."""
    files = []
    for number in range(9):
        vessel = draw.choice(list(VESSELS))
        start = _at(draw, FIRST + timedelta(days=draw.randrange(DAYS - 3)))
        end = start + timedelta(hours=draw.randrange(10, 120))
        job = {
            "maintenance_id": f"M{number}",
            "aircraft_id": vessel,
            "kind": draw.choice(["scheduled", "unscheduled"]),
            "started_at": start,
        }
        down = {"aircraft_id": vessel, "started_at": start, "reason": "other"}
        planned = start - timedelta(days=draw.randrange(-3, 12), minutes=7)
        plan = {"aircraft_id": vessel, "planned_at": planned}
        plan["due_at"] = planned + timedelta(days=draw.randrange(20))
        cost = draw.choice(["", draw.randrange(5000, 90000)])
        for table, when, line in (
            ("maintenance_plan", planned, plan),
            ("maintenance", start, {**job, "finished_at": "", "cost": ""}),
            ("maintenance", end, {**job, "finished_at": end, "cost": cost}),
            ("downtime", start, {**down, "ended_at": ""}),
            ("downtime", end, {**down, "ended_at": end}),
        ):
            if draw.random() < 0.85:
                name = f"{table}_{number}_{len(files):03}.csv"
                files.append(RawFile(name, _arrival(draw, when), [line]))
    return files


def _calendars(draw: random.Random) -> list[RawFile]:
    """Plans made together for months ahead, a week to a quarter apart."""
    files = []
    for vessel in VESSELS:
        planned = _at(draw, FIRST + timedelta(days=draw.randrange(12)))
        apart = draw.choice([7, 14, 30, 90])
        lines = [
            {
                "aircraft_id": vessel,
                "planned_at": planned,
                "due_at": planned + timedelta(days=5 + number * apart),
            }
            for number in range(5)
        ]
        files.append(RawFile(f"maintenance_plan_{vessel}.csv", _arrival(draw, planned), lines))
    return files


def _predictions(draw: random.Random) -> list[RawFile]:
    """What maintenance will cost, each file an origin; one in three came late."""
    files = []
    for day in range(4, DAYS, 12):
        origin = FIRST + timedelta(days=day)
        lines = [
            {
                "aircraft_id": vessel,
                "predicted_at": origin,
                "predicted_maintenance_cost": draw.randrange(5000, 90000) / 4,
                "estimator": draw.choice(["fleet_mean", "xgboost"]),
                "release": 1,
            }
            for vessel in VESSELS
        ]
        late = draw.random() < 1 / 3
        arrived = _arrival(draw, origin + timedelta(days=11)) if late else origin
        files.append(RawFile(f"cost_predictions_{day:02}.csv", arrived, lines))
    return files


def _again(draw: random.Random, file: RawFile, number: int) -> RawFile:
    """A later file with some of the lines of one: corrected, or taken back."""
    keeps = file.name.startswith("aircraft")
    lines = []
    for line in draw.sample(file.lines, max(1, len(file.lines) // 3)):
        again: Line = {**line, "withdrawn": not keeps and draw.random() < 0.4}
        for name in (
            "flight_hours",
            "fuel_litres",
            "engine_health_score",
            "hours",
            "cost",
            "predicted_maintenance_cost",
        ):
            if again.get(name):
                again[name] += 1
        if "severity" in again:
            again["severity"] = "critical"
        lines.append(again)
    later = file.arrived_at + timedelta(days=draw.randrange(6), minutes=draw.randrange(1, 90))
    return RawFile(f"{file.name.removesuffix('.csv')}_again_{number}.csv", later, lines)
