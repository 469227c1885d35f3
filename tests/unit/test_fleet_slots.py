"""What a slot's day is worth: nothing where nobody waits, much where many do; failures cost it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fleet_standing import standing

from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.options import options
from tambo.planning.fleet.outlook import trip_revenue
from tambo.planning.fleet.policies import Threshold
from training.fleet.schedule.choosing import Validation
from training.fleet.schedule.horizon import horizon_of
from training.fleet.schedule.slots import slot_day

WORLD = declared()
RULE = Threshold(65.0)


def price(vessels: int, slots: int) -> float:
    return slot_day(Validation(WORLD, roster(vessels, 1, slots), fleets=24, days=730), RULE)


def test_a_slot_is_worth_what_those_who_wait_for_it_lose():
    scarce, plenty = price(10, 1), price(10, 10)
    assert scarce > 10_000
    assert plenty < 3_000, "but for luck"


def test_who_never_enters_a_hangar_asks_for_no_slot():
    new = replace(WORLD, upkeep=tuple(replace(one, hazard=0.0) for one in WORLD.upkeep))
    few = Validation(new, roster(4, 1, 1), fleets=2, days=20)
    assert slot_day(few, Threshold(-1.0)) == 0.0


@pytest.mark.parametrize("slot", [0.0, 20_000.0])
def test_a_failure_costs_the_trip_the_longer_stay_and_the_slot_of_others(slot):
    fleet = roster(2, 1, 1)
    free = np.zeros((1, 2), bool)
    fresh = np.full((1, 2), 0.1)
    today = standing(
        np.random.default_rng(1), fleet, failed=free, hangar=free, back_in=np.zeros((1, 2)),
        score=np.full((1, 2), 70.0), hours=fresh, days=fresh,
    )  # fmt: skip
    horizon = horizon_of(WORLD, fleet)
    (without, _), (found, _) = (
        options(today, 0, [0, 1], replace(horizon, slot_day=one)) for one in (0.0, slot)
    )
    upkeep, demand = WORLD.upkeep[0], WORLD.demand[0]
    # Of the first day, which nothing discounts: entering tomorrow, what may fail today.
    chance = float(without.chance[1])
    usual = float(without.maintenance[0])
    longer = upkeep.failed_days - upkeep.days
    least = (upkeep.failed_cost - 1) * usual + 0.5 * trip_revenue(demand) + longer * slot
    assert found.failures[1] > chance * least
    assert found.failures[1] - without.failures[1] == pytest.approx(chance * longer * slot)
