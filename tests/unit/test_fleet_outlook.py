"""What is expected to be asked for, booked and used is what simulated fleets see on average."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.look import AHEAD
from tambo.planning.fleet.options import usual_use
from tambo.planning.fleet.outlook import (
    absence,
    expected_bookings,
    expected_trips,
    usual_bookings,
)
from tambo.planning.fleet.policies import Threshold
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import play, standing
from training.fleet.schedule.rewards import without_wear

WORLD = declared()
FEW, MANY = 14, 24
"""Days ahead, and simulated fleets."""
MORNINGS = range(0, 350, 9)


@pytest.fixture(scope="module")
def lived() -> Fleets:
    return Fleets(WORLD, roster(6, 1, 1), MANY, 365, seed=3)


def mornings(fleets: Fleets):
    """Fleets on mornings of their year: trips hang on no schedule."""
    for fleets.day in MORNINGS:
        yield fleets.day, standing(fleets)
    fleets.day = 0


def test_as_many_trips_are_expected_as_are_asked_for(lived):
    expected, real = np.zeros(2), np.zeros(2)
    for day, today in mornings(lived):
        for fleet in range(MANY):
            found = expected_trips(today, WORLD, fleet, FEW)
            expected += [one.sum() for one in found]
        asked = [trips.revenue[:, day + 1 : day + 1 + FEW] > 0 for trips in lived.trips]
        real += [one.sum() for one in asked]
    assert expected == pytest.approx(real, rel=0.03)


def test_as_much_is_expected_to_be_seen_booked_as_is(lived):
    expected, real = np.zeros((2, len(AHEAD))), np.zeros((2, len(AHEAD)))
    for day, today in mornings(lived):
        later = np.stack([trips.booked_ahead[:, day + 5] for trips in lived.trips], axis=1)
        real += later.sum(axis=0)
        for fleet in range(MANY):
            expected += expected_bookings(today, WORLD, fleet, 6)[5]
    assert expected == pytest.approx(real, rel=0.06)


def test_what_is_usually_booked_is_the_mean_of_a_year(lived):
    for (_, kind, _), trips in zip(lived.roster.cells, lived.trips, strict=True):
        mean = trips.booked_ahead.mean(axis=(0, 1))
        assert usual_bookings(WORLD.demand[kind]) == pytest.approx(mean, rel=0.06)


@pytest.mark.parametrize("vessels", [2, 6, 20])
def test_the_usual_use_is_that_of_a_fleet_that_is_looked_after(vessels):
    fleets = Fleets(WORLD, roster(vessels, 1, vessels), MANY, 365, seed=4)
    there, used = np.zeros(vessels), np.zeros(vessels)
    for _ in range(fleets.days):
        before = fleets.morning.hours.copy()
        chosen = fleets.chosen(Threshold(70.0)(standing(fleets)))
        usable = ~chosen & ~fleets.morning.hangar & ~fleets.morning.failed & fleets.legal()
        fleets.live(np.where(chosen, 1.0, np.nan))
        there += usable.sum(axis=0)
        used += np.where(usable, fleets.morning.hours - before, 0.0).sum(axis=0)
    for _, _, here in fleets.roster.cells:
        assert usual_use(WORLD, fleets.roster)[here[0]] == pytest.approx(
            used[here].sum() / there[here].sum(), rel=0.15
        )


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize(("vessels", "others_are_away"), [(2, 0.0), (6, 0.0), (4, 1.0), (20, 0.0)])
def test_a_day_of_absence_loses_what_it_does_in_fleets_that_live(vessels, others_are_away, kind):
    """The same trips with one vessel less. The dearest are flown first: of many, few are lost."""
    fleet, demand = roster(vessels, 1, vessels), WORLD.demand[kind]
    cell = fleet.cells[kind][2]
    away = round(others_are_away * (len(cell) - 1))
    earned = []
    for absent in (cell[:away], cell[: away + 1]):
        fleets = Fleets(without_wear(WORLD), fleet, MANY, 2 * 364, seed=5)
        fleets.morning.hangar[:, absent] = True
        fleets.morning.back[:, absent] = fleets.days + 1
        earned.append(play(lambda today: np.full(today.score.shape, np.nan), fleets).mean())
    lost = (earned[0] - earned[1]) / fleets.days
    expected = absence(demand, len(cell), WORLD.compensation, others_are_away)
    assert expected == pytest.approx(lost, rel=0.4 if len(cell) > 3 else 0.25)
