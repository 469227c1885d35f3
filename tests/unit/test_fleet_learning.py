"""The learned schedule: its replay, its rewards, and the exact optimum that it comes near to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fleet_truth import declared, roster
from benchmarks.schedule_optimum import Exact
from tambo.planning.fleet.look import NAMES, look
from tambo.planning.fleet.policies import ENTER, STAY, Threshold, run_to_failure
from training.fleet.schedule.choosing import with_margin
from training.fleet.schedule.experience import Experience
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import standing
from training.fleet.schedule.network import build, weights
from training.fleet.schedule.one_vessel import OneVessel, simplified
from training.fleet.schedule.recipe import PLAIN
from training.fleet.schedule.replay import Replay, Rows
from training.fleet.schedule.rewards import UNIT, Judge, without_wear

WORLD = declared()
GAMMA = PLAIN.gamma


def rows(numbers: np.ndarray) -> Rows:
    """Rows that can be told apart by their reward."""
    count = len(numbers)
    flags = np.ones((count, 2), bool)
    seen = np.repeat(numbers[:, None, None], 2, axis=1).astype(np.float32)
    days, slots = np.ones(count, np.int64), np.ones(count, np.int64)
    return Rows(seen, flags, numbers.astype(float), days, seen, flags, flags, slots, flags)


@given(parts=st.lists(st.integers(1, 7), min_size=1, max_size=12))
def test_replay_keeps_the_newest_rows(parts):
    replay, told = Replay(10, prioritised=False), 0
    for part in parts:
        replay.put(rows(np.arange(told, told + part)))
        told += part
    _, drawn, weight = replay.draw(np.random.default_rng(0), 200, 0.5)
    assert set(drawn.reward) <= set(range(max(0, told - 10), told))
    assert (drawn.seen[:, 0, 0] == drawn.reward).all()
    assert (weight == 1).all()


def test_what_surprised_is_drawn_more_often_and_weighs_less():
    replay = Replay(100, prioritised=True)
    replay.put(rows(np.arange(100)))
    replay.surprised(np.arange(100), np.where(np.arange(100) == 7, 100.0, 1.0))
    _, drawn, weight = replay.draw(np.random.default_rng(0), 4000, 1.0)
    of_seven = drawn.reward == 7
    expected = 100**0.6 / (100**0.6 + 99)
    assert of_seven.mean() == pytest.approx(expected, abs=0.03)
    # With the whole correction, weight and chance cancel.
    assert weight[of_seven].max() == pytest.approx((1 / 100) ** 0.6, rel=0.01)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**31), ahead=st.integers(1, 6))
def test_rows_sum_the_rewards_of_their_days(seed, ahead):
    """What rows say was earned is what the fleets earned on those days, discounted."""
    recipe = replace(PLAIN, fleets=3, episode=40, steps_ahead=ahead, random=0.02, gamma=0.9)
    fleet = roster(7, 2, 1)
    rng = np.random.default_rng(seed)

    def value(seen):
        return np.stack([np.zeros(seen.shape[:-1]), seen[..., 0] - 0.4], axis=-1)

    experience = Experience(WORLD, fleet, recipe, value, rng)
    earned: list[np.ndarray] = []
    live = experience._judge.live

    def noted(urgency):
        told, reward = live(urgency)
        earned.append(reward)
        return told, reward

    experience._judge.live = noted
    first = look(standing(experience._judge.fleets))
    for _ in range(recipe.episode):
        told = experience.live()
        if told is None:
            continue
        assert (told.days <= ahead).all()
        assert (told.days >= 1).all()
        at = len(earned) - 1
        sums = {
            round(float(sum(0.9**n * day[f, b] for n, day in enumerate(earned[at - k : at]))), 9)
            for k in range(1, min(ahead, at) + 1)
            for f in range(3)
            for b in range(2)
        }
        assert {round(float(one), 9) for one in told.reward} <= sums
    assert first.shape == (3, 7, len(NAMES))


def test_the_luck_that_is_taken_out_moves_no_decision():
    """Without it the mean over many fleets is the same difference between two policies."""
    fleet, seeds = roster(8, 1, 1), 150

    def worth(policy):
        judge = Judge(Fleets(WORLD, fleet, seeds, 200, 3, (0, 0)), 3, (0, 0))
        plain, without = np.zeros(seeds), np.zeros(seeds)
        for _ in range(200):
            told, reward = judge.live(policy(standing(judge.fleets)))
            plain += told.earned(WORLD, fleet).sum(axis=1) / UNIT
            without += reward.sum(axis=1)
        return plain, without

    (one, own), (other, others) = worth(Threshold(60.0)), worth(run_to_failure)
    error = np.hypot((one - other).std(), (own - others).std()) / np.sqrt(seeds)
    assert abs((one - other).mean() - (own - others).mean()) < 4 * error
    assert own.std() < 0.8 * one.std()


def test_a_fleet_without_wear_needs_no_hangar():
    fleets = Fleets(without_wear(WORLD), roster(4, 1, 1), 2, 50, 1)
    for _ in range(50):
        assert not standing(fleets).must_enter.any()
        assert not fleets.live(np.full((2, 4), np.nan)).failed.any()


@pytest.mark.parametrize("duelling", [False, True])
def test_a_margin_lowers_the_gain_and_nothing_else(duelling):
    network = build(8, duelling, seed=1)
    seen = np.random.default_rng(0).random((5, len(NAMES))).astype(np.float32)
    before = np.asarray(network(seen))
    network.set_weights(with_margin(weights(network), 0.25))
    after = np.asarray(network(seen))
    gain = before[:, ENTER] - before[:, STAY]
    assert after[:, ENTER] - after[:, STAY] == pytest.approx(gain - 0.25, abs=1e-5)


def test_no_threshold_is_better_than_the_optimum():
    world, _ = simplified(WORLD, 0)
    process = OneVessel.of(world, GAMMA)
    best, enter = process.optimum()
    assert process.value(enter) == pytest.approx(best, rel=1e-3)
    for at in np.linspace(0.1, 1.9, 19):
        assert (process.value(process.wear >= at) <= best * (1 + 1e-3)).all()
    # Once worn enough to enter, more wear is no reason to stay.
    assert (np.diff(enter.astype(int)) >= 0).all()


def test_the_process_is_what_fleets_live_through():
    """The exact value of a policy is what simulated fleets earn by it, discounted."""
    world, fleet = simplified(WORLD, 0)
    process = OneVessel.of(world, GAMMA)
    fleets = Fleets(world, fleet, 300, 900, 3)
    fleets.morning.wear[:] = 0.0
    fleets.shown = np.full((300, 1), 100.0)
    total, worth = np.zeros(300), 1.0
    for _ in range(900):
        told = fleets.live(Threshold(60.0)(standing(fleets)))
        total += worth * told.earned(world, fleet).sum(axis=1)
        worth *= GAMMA
    exact = float(process.value(world.score(process.wear) < 60)[0])
    assert abs(total.mean() - exact) < 4 * total.std() / np.sqrt(300) + 0.01 * exact


@pytest.mark.slow
def test_the_network_comes_within_three_percent_of_the_optimum():
    found = Exact(kind=0).learned(seed=1)
    assert found.share >= 0.97
    # Waiting for failures alone comes within six; it must be better than that.
    assert found.gained > 0.5
