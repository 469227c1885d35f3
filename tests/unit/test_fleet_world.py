"""The sample world of a fleet: same bytes, laws that nobody breaks, sensors that follow the wear."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from tambo.errors import TamboError
from tambo.sources.fleet.world import Truth, WorldSummary, generate, read_truth
from tambo.sources.fleet.world.columns import COLUMNS
from tambo.sources.fleet.world.operations import Operations
from tambo.sources.fleet.world.practice import Practice
from tambo.sources.fleet.world.sensors import readings
from tambo.sources.fleet.world.wear import score

DAYS = 730


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    out = tmp_path_factory.mktemp("fleet") / "world"
    return generate(out, aircraft=10, years=2, seed=4, dirty_share=0.0)


@pytest.fixture(scope="module")
def truth(made: WorldSummary) -> Truth:
    return read_truth(made.out)


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    """All lines of a table."""
    found = []
    for path in sorted(folder.glob(f"{table}*.csv")):
        # Plans of maintenance are another table.
        if max((one for one in COLUMNS if path.name.startswith(one)), key=len) == table:
            with path.open() as file:
                found += list(csv.DictReader(file))
    return found


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_same_parameters_same_bytes_and_another_seed_others(tmp_path):
    size = {"aircraft": 4, "years": 1}
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate(tmp_path / name, seed=seed, **size)
    first, again, other = (contents(tmp_path / name) for name in "abc")
    assert first == again
    assert first["telemetry.csv"] != other["telemetry.csv"]


def test_too_small_a_fleet_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(TamboError, match="aircraft = 1"):
        generate(tmp_path / "world", aircraft=1, years=1, seed=1)


def test_whatever_is_decided_the_law_and_the_slots_are_kept(truth):
    random = np.random.default_rng(1)
    operations = truth.operations()
    fleet, trips = truth.fleet, truth.trips
    limit, failed = fleet.of("hours_limit"), set()
    for _ in range(DAYS):
        state = operations.waking()
        before = state.hours.copy()
        day = operations.live(random.permutation(fleet.count).tolist()[: random.integers(0, 4)])
        used = np.bincount(fleet.base[state.hangar], minlength=len(fleet.bases))
        assert (used <= fleet.slots).all()
        failed -= set(day.entered)
        for trip, vessel, fails in day.flown:
            assert vessel not in failed
            assert vessel not in day.entered
            assert before[vessel] + trips.hours[trip] <= limit[vessel] or vessel in day.entered
            assert fleet.vessels[vessel].base == trips.base[trip]
            if fails:
                failed.add(vessel)
        assert max(Counter(vessel for _, vessel, _ in day.flown).values(), default=1) == 1


def test_worn_vessels_fail_and_maintained_ones_do_not(truth):
    def failures(share: float) -> int:
        operations = Operations(truth.fleet, truth.trips, truth.wear)
        practice, found = Practice(operations, share), 0
        for _ in range(DAYS):
            operations.waking()
            day = operations.live(practice.enter())
            hours = np.zeros(truth.fleet.count)
            for trip, vessel, fails in day.flown:
                hours[vessel] = truth.trips.hours[trip]
                found += fails
            practice.learn(hours, day.entered)
        return found

    assert failures(0.5) < failures(1.6)


def test_the_score_follows_the_wear_but_for_drift_and_faults(truth):
    wear = truth.history.wear[:, 0]
    found = readings(truth.draws, truth.fleet, 0, wear, truth.history.maintained(0))
    day = np.arange(len(found.score)) // 4
    spiked = {fault.reading for fault in found.faults if fault.kind == "spike"}
    plain = found.sent & ~np.isnan(found.score)
    plain[list(spiked)] = False
    error = found.score - score(wear)[day] - found.drift
    assert np.abs(error[plain]).mean() == pytest.approx(2 * np.sqrt(2 / np.pi), rel=0.15)


def test_each_flight_was_booked_and_each_lost_trip_cancelled(made, truth):
    booked: dict[str, dict[str, str]] = {}
    for row in rows(made.out, "bookings"):
        booked[row["booking_id"][1:]] = row
    flown = {row["flight_id"][1:] for row in rows(made.out, "flights_log")}
    assert len(flown) > 1_000
    for number in flown:
        assert booked[number]["cancelled_at"] == ""
    lost = {f"{trip:06}" for day in truth.history.days for trip in day.lost}
    assert lost
    assert all(booked[number]["cancelled_at"] for number in lost)


def test_a_maintenance_is_told_when_it_begins_and_when_it_ends(made):
    told = defaultdict(list)
    for row in rows(made.out, "maintenance"):
        told[row["maintenance_id"]].append(row)
    over = [found for found in told.values() if any(row["finished_at"] for row in found)]
    assert len(over) > 20
    for found in over:
        (end,) = {row["finished_at"] for row in found if row["finished_at"]}
        (start,) = {row["started_at"] for row in found}
        assert datetime.fromisoformat(start) < datetime.fromisoformat(end)


def test_the_truth_stands_beside_the_files(made, truth):
    content = json.loads((made.out / "_truth.json").read_text())
    assert len(content["vessels"]) == truth.fleet.count == 10
    assert content["earned"] == pytest.approx(truth.history.earned.sum())
    with (made.out / "_truth_days.csv").open() as file:
        days = list(csv.DictReader(file))
    assert len(days) == 10 * len(truth.history.days)
    assert all(float(row["hazard"]) > 0 for row in days[:100])
