"""Writes the truth beside the raw files: `_truth.json` and tables with a leading underscore."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from tambo.sources.fleet.world.columns import COLUMNS
from tambo.sources.fleet.world.kinds import KINDS
from tambo.sources.fleet.world.sensors import HOURS, Readings
from tambo.sources.fleet.world.times import at
from tambo.sources.fleet.world.truth import Truth
from tambo.sources.sample.columns import csv_lines, texts
from tambo.sources.sample.days import LAST_DAY
from tambo.sources.sample.folder import Folder

DAYS_FILE = "_truth_days.csv"
DAYS_COLUMNS = ("aircraft_id", "day", "wear", "hazard", "drift")
FAULTS_FILE, FAULTS_COLUMNS = "_faults.csv", ("aircraft_id", "kind", "from", "readings")
TABLES = {
    DAYS_FILE: "by vessel and morning: wear, failures an hour of use, drift of the health score",
    FAULTS_FILE: "faults of the sensors: first reading (UTC), and how many readings",
    "_dirty.csv": "each broken line: file, physical line (the header is 1), kind, column concerned,"
    " and the file that brings the clean line later (empty: none does)",
    "_arrivals.csv": "when each file arrived, UTC; what is not there is history",
}
DECIMALS = 6


class TruthWriter:
    """Writes the truth of one world, vessel by vessel."""

    def __init__(self, folder: Folder, truth: Truth) -> None:
        self.folder, self.truth = folder, truth
        days = range(truth.calendar.world_days)
        self._dates = texts([truth.calendar.date_of(day).isoformat() for day in days])
        folder.begin(DAYS_FILE, DAYS_COLUMNS)
        folder.begin(FAULTS_FILE, FAULTS_COLUMNS)

    def vessel(self, number: int, found: Readings) -> None:
        """Write the days of a vessel, and what was wrong with its sensors."""
        name, history = self.truth.fleet.vessels[number].name, self.truth.history
        wear, hazard = history.wear[:, number], history.hazard[:, number]
        columns = [
            texts([name] * len(wear)),
            self._dates,
            np.round(wear, DECIMALS),
            np.round(hazard, DECIMALS),
            np.round(found.drift[:: len(HOURS)], DECIMALS),
        ]
        self.folder.append(DAYS_FILE, DAYS_COLUMNS, csv_lines(columns))
        lines = []
        for one in found.faults:
            day, hour = one.reading // len(HOURS), HOURS[one.reading % len(HOURS)]
            since = at(self.truth.calendar, day, 60 * hour)
            lines.append(f"{name},{one.kind},{since},{one.readings}".encode())
        self.folder.append(FAULTS_FILE, FAULTS_COLUMNS, lines)

    def parameters(self) -> None:
        """Write `_truth.json`."""
        truth, days = self.truth, self.truth.calendar
        content = {
            "equations": "see the docstring of tambo.sources.fleet.world",
            "tables": TABLES,
            "raw": {table: list(columns) for table, columns in COLUMNS.items()},
            "first_day": days.first.isoformat(),
            "last_day": LAST_DAY.isoformat(),
            "first_live_day": days.date_of(days.cut).isoformat(),
            "zone": days.zone.key,
            "currency": "USD",
            "kinds": [asdict(kind) for kind in KINDS],
            "bases": [asdict(base) for base in truth.fleet.bases],
            "vessels": [
                asdict(one) | {"since": one.since.isoformat()} for one in truth.fleet.vessels
            ],
            "earned": round(float(truth.history.earned.sum()), 2),
        }
        text = json.dumps(content, indent=1, ensure_ascii=False)
        self.folder.text("_truth.json", text + "\n")
