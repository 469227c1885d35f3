"""A fleet's world is found again in its past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fleet_past import past
from benchmarks.fleet_truth import declared
from tambo.errors import TrainingError
from tambo.sources.fleet.world.truth import Truth
from training.fleet.schedule.estimate import Declared, estimate
from training.fleet.schedule.history import History
from training.fleet.schedule.stints import stints

TRUE = declared()


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth.draw(aircraft=16, years=3, seed=4)


@pytest.fixture(scope="module")
def history(truth) -> History:
    return past(truth)


@pytest.fixture(scope="module")
def found(history):
    return estimate(history, Declared(compensation=0.3, grounded_day=400.0))


def test_wear_is_found_again_in_a_unit_of_its_own(truth, found):
    """The same score after the same use, whatever wear is called."""
    for kind, upkeep in enumerate(TRUE.upkeep):
        quality = truth.fleet.own("quality")[truth.fleet.kind == kind]
        hours = np.array([100.0, 200.0, 300.0])
        days = hours / TRUE.demand[kind].trips / TRUE.demand[kind].hours
        quality = np.exp(np.log(quality).mean())
        true = TRUE.score(quality * (hours * upkeep.wear_hour + days * upkeep.wear_day))
        own = found.upkeep[kind]
        assert found.score(hours * own.wear_hour + days * own.wear_day) == pytest.approx(
            true, abs=6
        )


def test_hazards_are_found_again_where_vessels_are_worn(found):
    """At the scores at which most failures come, the hazard is within a factor of two."""
    for kind, upkeep in enumerate(TRUE.upkeep):
        score = np.array([75.0, 55.0])
        true = upkeep.hazard * np.exp(upkeep.steepness * TRUE.wear(score))
        own = found.upkeep[kind]
        told = own.hazard * np.exp(own.steepness * found.wear(score))
        assert (told / true < 2).all()
        assert (told / true > 0.5).all()


def test_stays_and_costs_are_found_again(found):
    for kind, upkeep in enumerate(TRUE.upkeep):
        own, score = found.upkeep[kind], np.array([80.0, 50.0])
        assert own.days == pytest.approx(upkeep.days, rel=0.1)
        assert own.failed_days == pytest.approx(upkeep.failed_days, rel=0.15)
        true = upkeep.cost * (1 + upkeep.cost_by_wear * TRUE.wear(score))
        assert own.cost * (1 + own.cost_by_wear * found.wear(score)) == pytest.approx(
            true, rel=0.15
        )
        assert own.failed_cost == pytest.approx(upkeep.failed_cost, rel=0.15)
    assert found.diverted == pytest.approx(TRUE.diverted, abs=0.1)


def test_demand_is_found_again(found):
    for true, own in zip(TRUE.demand, found.demand, strict=True):
        assert own.trips == pytest.approx(true.trips, rel=0.15)
        assert own.hours == pytest.approx(true.hours, rel=0.05)
        assert own.price == pytest.approx(true.price, rel=0.02)
        assert own.ahead == pytest.approx(true.ahead, rel=0.1)
        assert own.weekday == pytest.approx(true.weekday, abs=0.15)
        assert own.season == pytest.approx(true.season, abs=0.2)
        assert own.surge == pytest.approx(true.surge, abs=0.12)


def test_a_stint_lies_between_two_hangars(history):
    cut = stints(history)
    told = history.maintenances
    for number in range(cut.count):
        inside = told.vessel == cut.vessel[number]
        begins = np.floor(told.day[inside])
        assert not ((begins > cut.begin[number]) & (begins < cut.end[number])).any()
    assert (cut.hours >= 0).all()
    assert (np.diff(cut.hours)[np.diff(cut.stint) == 0] >= 0).all()


def test_too_few_failures_are_said(history):
    told = history.maintenances
    without = replace(history, maintenances=replace(told, failed=np.zeros(len(told.day), bool)))
    with pytest.raises(TrainingError, match="0 failures are known, where 5 are needed"):
        estimate(without, Declared(0.3, 400.0))


def test_what_is_not_known_at_all_is_said(history):
    without = replace(history, score=np.full(history.score.shape, np.nan))
    with pytest.raises(TrainingError, match="days of readings between two maintenances"):
        estimate(without, Declared(0.3, 400.0))
