"""Random raw files of tourism, with the instants at which they arrive."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST = date(2024, 3, 22)
LEFT_OUT = "2024-03-31 02:00:00"
"""In Madrid, clocks go forward then."""
DAYS = 14
LOCATIONS = ("Huaca", "Playa")
OPENED = {"Huaca": FIRST, "Playa": FIRST + timedelta(days=9)}
HOURS = range(9, 14)


@dataclass(frozen=True)
class RawFile:
    """One file: its name, when it arrived (UTC), and its lines."""

    name: str
    arrived_at: datetime
    lines: list[dict[str, Any]]

    def write(self, folder: Path) -> None:
        """Write it, and note its arrival."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / self.name).open("w", newline="") as out:
            names = dict.fromkeys(name for line in self.lines for name in line)
            writer = csv.DictWriter(out, list(names))
            writer.writeheader()
            writer.writerows(self.lines)
        manifest = folder / "_arrivals.csv"
        head = "" if manifest.exists() else "file,arrived_at\n"
        with manifest.open("a") as out:
            out.write(f"{head}{self.name},{self.arrived_at}\n")


def random_history(draw: random.Random) -> list[RawFile]:
    """Two weeks of counts, weather, forecasts and announcements, with all that goes wrong."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    files = [_flow(draw, day) for day in days] + [_weather(draw, day) for day in days[::2]]
    files += [_forecast(draw, day) for day in days[::3]]
    files += _announcements(draw)
    files += [_again(draw, file, n) for n, file in enumerate(draw.sample(files, 6))]
    return files


def _arrival(draw: random.Random, day: date, most_days: int = 6) -> datetime:
    """The night after a day; one file in three is late."""
    late = draw.randrange(1, most_days) if draw.random() < 1 / 3 else 0
    after = timedelta(days=1 + late, hours=5 + draw.randrange(6), minutes=draw.randrange(60))
    return datetime(day.year, day.month, day.day) + after


def _flow(draw: random.Random, day: date) -> RawFile:
    lines = [
        {
            "timestamp": f"{day} {hour:02}:00:00",
            "location": place,
            "tourist_count": draw.randrange(80, 120),
            "market": market,
        }
        for place in LOCATIONS
        for hour in HOURS
        for market in ("domestic", "Chile")
        if draw.random() < 0.93 and day >= OPENED[place]
    ]
    return RawFile(f"tourist_flow_{day}.csv", _arrival(draw, day), lines)


def _weather(draw: random.Random, day: date) -> RawFile:
    lines = [
        {
            "timestamp": f"{day} {hour:02}:00:00",
            "location": place,
            "temperature": round(draw.uniform(10, 25), 1) if draw.random() < 0.9 else "",
            "precipitation": round(draw.uniform(0, 2), 1),
            "humidity": draw.randrange(30, 90),
        }
        for place in LOCATIONS
        for hour in range(24)
        if draw.random() < 0.9 and f"{day} {hour:02}:00:00" != LEFT_OUT
    ]
    return RawFile(f"weather_{day}.csv", _arrival(draw, day), lines)


def _forecast(draw: random.Random, day: date) -> RawFile:
    lines = [
        {
            "issued_at": f"{day} 06:00:00",
            "valid_at": f"{day + timedelta(days=ahead)} {hour:02}:00:00",
            "location": place,
            "temperature": draw.randrange(10, 25),
            "precipitation": draw.randrange(3),
            "humidity": draw.randrange(30, 90),
        }
        for place in LOCATIONS
        for ahead in range(3)
        for hour in (6, 12, 18)
    ]
    return RawFile(f"weather_forecast_{day}.csv", _arrival(draw, day), lines)


def _announcements(draw: random.Random) -> list[RawFile]:
    def some_day() -> date:
        return FIRST + timedelta(days=draw.randrange(-5, 40))

    def place() -> str:
        return draw.choice([*LOCATIONS, "national"])

    holidays = [
        {"holiday_type": "public", "holiday_date": some_day(), "name": n, "location": "national"}
        for n in range(4)
    ]
    events = [
        {"event_type": "concert", "event_date": some_day(), "name": n, "location": place()}
        for n in range(5)
    ]
    campaigns = [
        {
            "campaign_id": n,
            "announced_at": f"{FIRST} 10:00",
            "location": place(),
            "start_date": FIRST + timedelta(days=10),
            "end_date": FIRST + timedelta(days=10 + n),
            "spend": 100 * (n + 1),
        }
        for n in range(3)
    ]
    factors = [
        {
            "name": draw.choice(["closure", "exchange_rate"]),
            "published_at": f"{FIRST + timedelta(days=n)} 09:00",
            "period": FIRST + timedelta(days=n),
            "location": place(),
            "value": draw.randrange(1, 4),
        }
        for n in range(5)
    ]
    tables = {"holidays": holidays, "events": events, "campaigns": campaigns}
    tables["external_factors"] = factors
    return [
        RawFile(f"{table}_{n}.csv", _arrival(draw, FIRST + timedelta(days=3 * n)), part)
        for table, lines in tables.items()
        for n, part in enumerate((lines[:2], lines[2:]))
    ]


def _again(draw: random.Random, file: RawFile, number: int) -> RawFile:
    """A later file with some of the lines of one: corrected, or taken back."""
    lines = []
    for line in draw.sample(file.lines, max(1, len(file.lines) // 4)):
        again: dict[str, Any] = {**line, "withdrawn": draw.random() < 0.4}
        for name in ("tourist_count", "humidity", "spend"):
            if name in again:
                again[name] = int(again[name]) + 1
        lines.append(again)
    later = file.arrived_at + timedelta(days=draw.randrange(0, 5), minutes=draw.randrange(0, 90))
    name = file.name.removesuffix(".csv")
    return RawFile(f"{name}_again_{number}.csv", later, lines)
