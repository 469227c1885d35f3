"""A small fleet on the real road: twelve days of readings up to now, released and online."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from history_check import take_in
from tourism_files import RawFile

from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.featurestore.online import OnlineManifest, resolve
from tambo.featurestore.publish import publish
from tambo.featurestore.store import open_store
from tambo.lake import releases
from tambo.lake.build import build
from tambo.settings import Settings

VESSELS = ("OB-1", "OB-2", "YT-1")
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
DAYS = 12
SERVICE = "maintenance_due_v1"


def history() -> list[RawFile]:
    """A register, a booking, and readings of the days before now, a file a day."""
    draw, first = random.Random(5), NOW - timedelta(days=DAYS)
    register = [{"aircraft_id": one, "aircraft_type": "Yacht"} for one in VESSELS]
    booking = {
        "booking_id": "B-1",
        "booked_at": first,
        "departs_at": NOW,
        "aircraft_type": "Yacht",
        "origin": "Lima",
        "destination": "Pisco",
        "hours": 2,
        "revenue": 1000,
        "cancelled_at": "",
    }
    files = [
        RawFile("aircraft_0.csv", first, register),
        RawFile("bookings_0.csv", first, [booking]),
    ]
    for day in range(DAYS):
        lines = [
            {
                "aircraft_id": vessel,
                "read_at": first + timedelta(days=day, hours=hour),
                "engine_health_score": round(draw.gauss(80, 2), 1),
                "temperature_variance": round(draw.gauss(9, 1), 2),
            }
            for vessel in VESSELS
            for hour in (0, 6, 12, 18)
        ]
        files.append(RawFile(f"telemetry_{day:02}.csv", first + timedelta(days=day + 1), lines))
    return files


def release(settings: Settings) -> None:
    """Release what is in the lake."""
    build(settings)
    assert validate(settings).success
    releases.release(settings)


def home(folder: Path, more: list[RawFile] | None = None) -> Settings:
    """A release of a fleet alone, published; more: files beside those of `history`."""
    made = Settings(home=folder / "home", threads=1)
    take_in(made, folder / "raw", [*history(), *(more or [])])
    release(made)
    publish(made, all_objects(["fleet"]))
    return made


def manifest(settings: Settings, service: str = SERVICE) -> OnlineManifest:
    """What a bundle reads online: that of the due model, or of another feature service."""
    held = releases.get(settings)
    return resolve(open_store(settings), service, release=held.number, as_of=held.as_of)
