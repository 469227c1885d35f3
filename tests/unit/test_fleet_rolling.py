"""The rolling-horizon optimiser: slots and closed days are kept, and its plans are the best."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from fleet_standing import standing
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.look import AHEAD
from tambo.planning.fleet.outlook import expected_trips, losses
from tambo.planning.fleet.rolling import plan_base
from training.fleet.schedule.horizon import horizon_of

WORLD = declared()
HORIZON = replace(horizon_of(WORLD, roster(6, 1, 1)), days=10)


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 2**31), slots=st.integers(0, 2))
def test_slots_closed_days_and_absence_are_kept(seed, slots):
    rng = np.random.default_rng(seed)
    today = standing(rng, roster(6, 1, slots))
    allowed = rng.random(HORIZON.days) < 0.7
    plan = plan_base(today, 0, 0, HORIZON, allowed)
    inside = np.zeros(HORIZON.days, int)
    for vessel, day in zip(plan.vessels, plan.enters, strict=True):
        if day < 0:
            continue
        assert allowed[day]
        assert day >= today.back_in[0, vessel]
        assert not today.hangar[0, vessel]
        upkeep = WORLD.upkeep[int(today.roster.kind[vessel])]
        stay = upkeep.failed_days if today.failed[0, vessel] else upkeep.days
        inside[day : day + round(stay)] += 1
    back = np.where(today.hangar[0], today.back_in[0], 0)
    taken = np.array([(back > day).sum() for day in range(HORIZON.days)])
    assert ((inside == 0) | (inside + taken <= slots)).all()


def test_without_a_slot_nobody_enters():
    today = standing(np.random.default_rng(1), roster(6, 1, 0))
    assert (plan_base(today, 0, 0, HORIZON).enters == -1).all()


def test_what_cannot_be_used_enters_first():
    """A vessel that failed, in a fleet that is else as new, and a free slot: today."""
    fleet = roster(6, 1, 1)
    none = np.zeros((1, 6), bool)
    failed = none.copy()
    failed[0, 2] = True
    today = standing(
        np.random.default_rng(2),
        fleet,
        failed=failed,
        hangar=none,
        back_in=np.zeros((1, 6)),
        score=np.full((1, 6), 95.0),
        hours=np.full((1, 6), 0.1),
        days=np.full((1, 6), 0.1),
    )
    enters = plan_base(today, 0, 0, HORIZON).enters
    assert enters[2] == 0
    assert (np.delete(enters, 2) == -1).all()


@pytest.mark.parametrize("seed", range(3))
def test_no_other_plan_is_better(seed):
    """Two vessels and six days: all plans are tried, each with the others forbidden."""
    horizon = replace(HORIZON, days=6)
    today = standing(np.random.default_rng(seed), roster(2, 1, 1))
    best = plan_base(today, 0, 0, horizon)
    assert best.proven
    costs = {}
    for days in product(range(-1, 6), repeat=2):
        plan = plan_base(today, 0, 0, horizon, fixed=np.array(days))
        if plan.proven:
            costs[days] = plan.cost
    assert best.cost == pytest.approx(min(costs.values()))
    assert costs[tuple(best.enters.tolist())] == pytest.approx(best.cost)


def test_losses_grow_with_each_vessel_that_is_absent():
    lost = losses(np.array([0.5, 3.0]), WORLD.demand[0], 6, 0.3)
    assert (np.diff(lost, axis=1) >= 0).all()
    assert (np.diff(lost, n=2, axis=1) >= -1e-6).all()
    assert (lost[1] > lost[0]).all()


def test_more_is_expected_where_more_is_booked():
    fleet = roster(4, 1, 1)
    rng = np.random.default_rng(0)
    quiet = standing(rng, fleet, booked=np.full((1, 2, 3), 0.2), season=np.ones(2))
    busy = replace(quiet, booked=np.full((1, 2, 3), 2.0))
    few, many = (expected_trips(one, WORLD, 0, 20) for one in (quiet, busy))
    for one, other in zip(few, many, strict=True):
        assert (other[: AHEAD[-1][1]] > one[: AHEAD[-1][1]]).all()


def test_a_plan_does_no_harm_to_its_process():
    """TensorFlow was loaded before it: bound to its libraries, it crashes. Ctrl-C stays Python's."""
    code = (
        "import tensorflow, os, signal\n"
        "import numpy as np, test_fleet_rolling as own\n"
        "today = own.standing(np.random.default_rng(1), own.roster(6, 1, 1))\n"
        "print(own.plan_base(today, 0, 0, own.HORIZON).proven)\n"
        "try: os.kill(os.getpid(), signal.SIGINT); signal.pause()\n"
        "except KeyboardInterrupt: print('told')\n"
    )
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["True", "told"]), done.stderr
