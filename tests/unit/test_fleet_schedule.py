"""Simulated fleets: the law and the slots hold whatever is decided, and the world agrees."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.seeding import np_random
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.look import NAMES, look
from tambo.planning.fleet.parameters import Roster
from tambo.planning.fleet.policies import Hours, Interval, Threshold, run_to_failure
from tambo.sources.fleet.world.operations import Operations, earned
from tambo.sources.fleet.world.practice import Practice
from tambo.sources.fleet.world.truth import Truth
from training.fleet.schedule.environment import UNIT, MaintenanceSchedule
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import play, standing

WORLD = declared()


@given(seed=st.integers(0, 2**31), share=st.floats(0, 1))
def test_whatever_is_decided_the_law_and_the_slots_are_kept(seed, share):
    rng = np.random.default_rng(seed)
    fleets = Fleets(WORLD, roster(9, 2, 1), 3, 60, seed)
    limit, slots = fleets.of("hours_limit"), fleets.roster.slots
    # As on the morning of a fleet that nobody cared for.
    fleets.morning.hours = rng.uniform(0, 1.2, fleets.morning.hours.shape) * limit
    for _ in range(fleets.days):
        before, legal = fleets.morning.hours.copy(), fleets.legal()
        urgency = np.where(rng.random(before.shape) < share, rng.random(before.shape), np.nan)
        told = fleets.live(urgency)
        flew = told.flown > 0
        assert not (flew & ~legal).any()
        assert (fleets.morning.hours[flew] <= np.broadcast_to(limit, flew.shape)[flew]).all()
        assert not (told.entered & np.isnan(urgency)).any()
        for base in range(len(slots)):
            in_hangar = fleets.morning.hangar[:, fleets.roster.base == base]
            assert (in_hangar.sum(axis=1) <= slots[base]).all()


def test_what_a_day_earns_is_what_was_flown_less_what_was_paid():
    fleets = Fleets(WORLD, roster(8, 1, 2), 5, 200, 1)
    asked = sum(trips.revenue[:, :200].sum(axis=(1, 2)) for trips in fleets.trips)
    flown, lost = np.zeros(5), np.zeros(5)
    failures = 0
    for _ in range(fleets.days):
        told = fleets.live(Threshold(70.0)(standing(fleets)))
        flown += told.flown.sum(axis=1)
        lost += told.lost.sum(axis=1)
        failures += int(told.unscheduled.sum())
    assert failures
    # What is asked for is flown, lost, or half lost on a trip on which the vessel failed.
    assert (flown + lost <= asked + 1e-6).all()
    assert flown + lost == pytest.approx(asked, rel=0.03)


@pytest.mark.slow
def test_simulated_fleets_fare_as_the_world_does():
    """Under one practice the same figures come out of two programs that share no code."""
    days, world = 700, []
    for seed in range(8):
        truth = Truth.draw(aircraft=8, years=2, seed=seed)
        operations = Operations(truth.fleet, truth.trips, truth.wear)
        practice, counts = Practice(operations), np.zeros(3)
        for _ in range(days):
            operations.waking()
            day = operations.live(practice.enter())
            hours = np.zeros(8)
            for trip, vessel, _ in day.flown:
                hours[vessel] = truth.trips.hours[trip]
            practice.learn(hours, day.entered)
            counts += (len(day.entered), sum(day.unscheduled), earned(day, truth.trips) / 1e6)
        world.append(counts)
    kind, base = truth.fleet.kind, truth.fleet.base
    fleets = Fleets(WORLD, Roster(kind, base, truth.fleet.slots), 40, days, 3)
    of = Interval(*(np.array([250 / 400, 310 / 500])[kind], np.array([270 / 365, 300 / 400])[kind]))
    simulated = np.zeros((40, 3))
    for _ in range(days):
        told = fleets.live(of(standing(fleets)))
        simulated[:, 0] += told.entered.sum(axis=1)
        simulated[:, 1] += told.unscheduled.sum(axis=1)
        simulated[:, 2] += told.earned(WORLD, fleets.roster).sum(axis=1) / 1e6
    error = np.hypot(
        np.std(world, axis=0) / np.sqrt(len(world)), simulated.std(axis=0) / np.sqrt(40)
    )
    apart = np.abs(np.mean(world, axis=0) - simulated.mean(axis=0))
    assert (apart < 4 * error).all(), (np.mean(world, axis=0), simulated.mean(axis=0), error)


def test_each_policy_is_better_than_waiting_for_failures():
    def earns(policy) -> float:
        return float(play(policy, Fleets(WORLD, roster(20, 1, 2), 12, 400, 5)).mean())

    worst = earns(run_to_failure)
    assert earns(Threshold(70.0)) > worst
    assert earns(Hours(0.4)) > worst
    assert earns(Interval(0.4, 0.7)) > worst


@pytest.mark.filterwarnings("ignore:.*(raw environment|unwrapped version|infinity)")
def test_the_environment_is_what_gymnasium_asks_for():
    environment = MaintenanceSchedule(WORLD, roster(6, 2, 1), days=30)
    check_env(_unmasked(environment), skip_render_check=True)
    seen, info = environment.reset(seed=3)
    assert seen.shape == (6, len(NAMES))
    total, over, days = 0.0, False, 0
    rng = np.random.default_rng(0)
    while not over:
        action = rng.choice(np.flatnonzero(info["action_mask"]))
        seen, reward, _, over, info = environment.step(action)
        days += action == 0
        total += reward
    assert days == 30
    assert np.isfinite(total)


def same_luck(environment: MaintenanceSchedule, seed: int) -> Fleets:
    """What the environment draws of a seed, as learning lives through it."""
    draws, _ = np_random(seed)
    first = (int(draws.integers(365)), int(draws.integers(7)))
    world = environment.parameters, environment.roster
    return Fleets(*world, 1, environment.days, int(draws.integers(2**31)), first)


@pytest.mark.parametrize("policy", [Threshold(70.0), Interval(0.4, 0.7), run_to_failure])
def test_the_environment_and_the_fleets_of_learning_are_the_same_world(policy):
    """Step by step by the mask, or all vessels of a day at once: the same is seen and earned."""
    environment = MaintenanceSchedule(WORLD, roster(8, 2, 1), days=150)
    seen, info = environment.reset(seed=11)
    fleets, entered = same_luck(environment, 11), 0
    for _ in range(fleets.days):
        today = standing(fleets)
        assert (seen == look(today)[0]).all()
        urgency = policy(today)
        order = np.argsort(-urgency[0])[: int(np.isfinite(urgency).sum())]
        for vessel in order:
            if info["action_mask"][vessel + 1]:
                seen, reward, _, _, info = environment.step(np.int64(vessel + 1))
                assert reward == 0
        seen, reward, _, over, info = environment.step(np.int64(0))
        told = fleets.live(urgency)
        assert reward * UNIT == pytest.approx(told.earned(WORLD, fleets.roster).sum())
        entered += int(told.entered.sum())
    assert over
    assert entered


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**31), choices=st.lists(st.integers(0, 10**6), min_size=40))
def test_no_sequence_of_actions_breaks_the_law_or_waits_while_one_must_enter(seed, choices):
    environment = MaintenanceSchedule(WORLD, roster(6, 2, 1), days=40)
    _, info = environment.reset(seed=seed)
    fleets = environment._fleets
    limit = fleets.of("hours_limit")
    # As on the morning of a fleet that nobody cared for.
    fleets.morning.hours *= 2.5
    fleets.morning.days *= 2.5
    info = environment._info()
    for choice in choices:
        today, mask = standing(fleets), info["action_mask"].astype(bool)
        waits = environment.roster.base[environment._chosen]
        left = today.slots_left[0] - np.bincount(waits, minlength=2)
        may = today.may_enter[0] & (left > 0)[environment.roster.base]
        may[environment._chosen] = False
        assert mask[0] == (not (may & today.must_enter[0]).any())
        assert not (mask[1:] & ~may).any()
        assert mask.any()
        action = choice % len(mask)
        hours, legal = fleets.morning.hours.copy(), fleets.legal()
        if not mask[action]:
            with pytest.raises(ValueError, match="masked out"):
                environment.step(np.int64(action))
            assert (fleets.morning.hours == hours).all()
            action = int(np.flatnonzero(mask)[0])
        _, _, _, over, info = environment.step(np.int64(action))
        used = fleets.morning.hours > hours
        assert not (used & ~legal).any()
        assert (fleets.morning.hours[used] <= np.broadcast_to(limit, used.shape)[used]).all()
        if over:
            break


def test_a_masked_action_is_refused():
    environment = MaintenanceSchedule(WORLD, roster(6, 1, 1), days=30)
    _, info = environment.reset(seed=3)
    first = int(np.flatnonzero(info["action_mask"][1:])[0]) + 1
    environment.step(np.int64(first))
    with pytest.raises(ValueError, match="masked out"):
        environment.step(np.int64(first))


def _unmasked(environment):
    """The same with masked actions taken for "none" where it may be, for a checker without masks."""

    class Unmasked(gymnasium.Wrapper):
        def reset(self, *, seed=None, options=None):
            seen, info = super().reset(seed=seed, options=options)
            self._mask = info["action_mask"]
            return seen, info

        def step(self, action):
            if not self._mask[action]:
                action = np.int64(np.flatnonzero(self._mask)[0])
            found = super().step(action)
            self._mask = found[-1]["action_mask"]
            return found

    return Unmasked(environment)
