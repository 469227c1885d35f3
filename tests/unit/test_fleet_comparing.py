"""Schedules side by side: the same luck for all, and intervals that say how sure it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from benchmarks.fleet_truth import declared, roster
from benchmarks.schedule import against_best_rule
from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.policies import Threshold, run_to_failure
from tambo.planning.fleet.schedules import HOURS, NETWORK, OPTIMISER, THRESHOLD
from training.fleet.schedule.choosing import Validation
from training.fleet.schedule.comparing import (
    SCORES,
    Gain,
    Judged,
    Judging,
    best_of,
    carried,
    earned,
    gain,
    tuned,
)
from training.fleet.schedule.distil import Mornings, distil, mornings
from training.fleet.schedule.fitted import Few
from training.fleet.schedule.gate import faulty, judge
from training.fleet.schedule.legend import FEATURES, legend
from training.fleet.schedule.tree import Split, Tree, read, splits
from training.onnx_export import Parity

WORLD = declared()
FLEET = roster(6, 1, 1)


def judged(earned) -> Judged:
    """What was earned, and nothing else."""
    values = np.asarray(earned, float)
    return Judged(values, np.zeros(len(values)), np.zeros(len(values)), 0.0)


def test_the_same_policy_earns_the_same_on_each_seed():
    tests = Judging(WORLD, FLEET, seeds=range(3), fleets=3, days=60)
    one, other = (tests.judge(lambda seed: Threshold(60.0)) for _ in range(2))
    assert (one.earned == other.earned).all()
    assert len(set(one.earned)) == 3
    assert gain(one, other).mean == 0


def test_a_schedule_is_learned_for_each_seed():
    asked = []

    def of(seed):
        asked.append(seed)
        return run_to_failure

    Judging(WORLD, FLEET, seeds=(4, 7), fleets=1, days=5).judge(of)
    assert asked == [4, 7]


def test_thresholds_are_tuned_on_the_validation_fleets():
    validation = Validation(WORLD, FLEET, fleets=4, days=60)
    best = tuned(validation).threshold
    earned = [validation.earned(Threshold(score)) for score in SCORES]
    assert validation.earned(best) == max(earned)


@given(
    base=st.lists(st.floats(1e6, 5e6), min_size=5, max_size=12),
    more=st.floats(-0.2, 0.2),
)
def test_a_gain_that_is_the_same_on_all_seeds_is_sure(base, more):
    other = judged(base)
    one = judged(other.earned + more * other.earned.mean())
    found = gain(one, other)
    assert found.mean == pytest.approx(more, abs=1e-9)
    assert found.high - found.low == pytest.approx(0.0, abs=1e-6)


def test_the_interval_is_students():
    found = gain(judged([110.0, 100.0, 120.0, 90.0]), judged([100.0] * 4))
    assert found.mean == pytest.approx(0.05)
    # t of 3 degrees of freedom at 97.5 % is 3.182; the differences spread by 12.91 %.
    assert found.high - found.mean == pytest.approx(3.182 * 0.1291 / 2, rel=1e-3)


def test_the_network_is_held_against_the_rule_that_turned_out_best():
    told = {
        THRESHOLD: judged([100.0] * 4),
        HOURS: judged([110.0] * 4),
        OPTIMISER: judged([130.0] * 4),
        NETWORK: judged([121.0] * 4),
    }
    line = against_best_rule(told)
    assert "Against hours" in line
    assert "+10.0 % (+10.0 to +10.0)" in line


def test_the_best_earns_most():
    assert best_of({"one": judged([1.0, 2.0]), "other": judged([2.0, 2.0])}) == "other"


class Rule:
    """Stands where a network does: enters below a score, or where little is booked."""

    def value(self, seen):
        worn = seen[..., NAMES.index("health")] - 0.5
        quiet = 0.8 - seen[..., NAMES.index("booked_1_3")]
        return np.stack([np.zeros_like(worn), np.minimum(worn, 3 * quiet)], axis=-1)


def test_a_tree_tells_what_a_rule_does():
    validation = Validation(WORLD, FLEET, fleets=8, days=200)
    parts = [mornings(Rule(), WORLD, FLEET, 24, 300, seed) for seed in (1, 2)]
    found = distil(*parts, validation.earned)
    assert found.tree.levels <= 5
    assert found.fidelity > 0.9
    assert found.balanced > 0.7
    assert found.constant == 1 - parts[1].entered.mean()
    assert found.tree.asks == ["health", "booked_1_3"]
    worn = [FEATURES["health"].shown(one.at) for one in splits(found.tree.root)]
    # The rule enters below 100 exp(-0.5).
    assert min(abs(one - 60.65) for one in worn) < 2
    # What is told is what decides: it is better than one that lets nobody enter.
    assert validation.earned(found.tree) > validation.earned(run_to_failure)


def test_questions_whose_answers_decide_the_same_are_left_out():
    seen = np.zeros((400, len(NAMES)))
    seen[:, 0], seen[:, 1] = np.arange(400) % 20 / 20, np.arange(400) // 20 / 20
    entered = seen[:, 0] > 0.5
    # Some that enter are rarer still, which no majority sees.
    entered[:3] = True
    grown = DecisionTreeClassifier(max_depth=5, random_state=0).fit(seen, entered)
    found = read(grown)
    assert (found.enters(seen) == grown.predict(seen)).all()
    for one in splits(found.root):
        assert one.low != one.high
    leaf = read(DecisionTreeClassifier(max_depth=1).fit(seen, np.arange(400) < 100 * entered))
    assert [*splits(leaf.root)] == []
    assert leaf.lines() == ["stay"]


def test_figures_of_a_tree_are_told_in_their_units():
    root = Split(NAMES.index("health"), 0.33, False, Split(NAMES.index("hours"), 0.5, False, True))
    assert Tree(root).lines() == [
        "health score >= 71.89: stay",
        "health score < 71.89",
        "|   hours <= 50%: stay",
        "|   hours > 50%: enter",
    ]
    assert [one for one, _, _ in legend(Tree(root).asks)] == ["health score", "hours"]
    assert set(FEATURES) == set(NAMES)


@given(score=st.floats(5.0, 99.0), at=st.floats(0.05, 2.0))
def test_a_score_is_on_the_side_that_is_told(score, at):
    tree = Tree(Split(NAMES.index("health"), at, False, True))
    worn = -np.log(score / 100)
    seen = np.zeros((1, len(NAMES)))
    seen[0, NAMES.index("health")] = worn
    told = FEATURES["health"].shown(at)
    if not np.isclose(score, told, rtol=1e-9):
        assert tree.enters(seen)[0] == (score < told)


def test_without_two_kinds_of_decisions_there_is_no_tree():
    none = Mornings(np.zeros((9, len(NAMES))), np.zeros(9, bool), np.full(9, -1.0))
    with pytest.raises(ValueError, match="there is no tree"):
        distil(none, none, lambda policy: 0.0)


@pytest.mark.parametrize(
    ("optimised", "best"),
    [([103.0, 99.0, 100.0], OPTIMISER), ([90.0, 100.0, 109.0], NETWORK), ([100.0] * 3, NETWORK)],
)
def test_the_optimiser_serves_where_it_earns_more_on_average(optimised, best):
    told = {NETWORK: judged([100.0] * 3), OPTIMISER: judged(optimised)}
    assert Few(Judging(WORLD, FLEET, range(3)), told, quick=NETWORK).best == best


@given(luck=st.lists(st.floats(-2e5, 2e5), min_size=4, max_size=4), more=st.floats(-1e5, 1e5))
def test_what_few_fleets_have_of_luck_falls_out(luck, more):
    every = judged(1e6 + np.linspace(-1e5, 1e5, 40))
    other = judged(1e6 + np.array(luck))
    found = carried(judged(other.earned + more), other, every)
    assert found.usd == pytest.approx(1e6 + more)
    # Three degrees of freedom, where the forty have 39.
    assert found.high - found.usd == pytest.approx(
        (earned(every).high - earned(every).usd) * 3.182 / 2.023, rel=1e-3
    )


def test_how_much_more_few_earn_adds_to_what_is_not_known():
    every, other = judged([100.0] * 9), judged([100.0] * 4)
    found = carried(judged([110.0, 100.0, 120.0, 90.0]), other, every)
    assert found.usd == pytest.approx(105.0)
    assert found.high - found.usd == pytest.approx(3.182 * 12.91 / 2, rel=1e-3)


def test_a_network_passes_only_if_it_surely_earns_more_and_its_graph_is_it():
    same = Parity(rows=9, largest=0.0, largest_relative=0.0)
    assert judge(Gain(0.02, 0.01, 0.03), "threshold", same).passed
    assert not judge(Gain(0.02, -0.01, 0.05), "threshold", same).passed
    level, below = Gain(0.0, -0.03, 0.03), Gain(0.01, -0.02, 0.04)
    assert judge(Gain(0.02, 0.01, 0.03), "threshold", same, optimiser=level).passed
    assert not judge(Gain(0.02, 0.01, 0.03), "threshold", same, optimiser=below).passed
    for apart in (2e-4, float("nan")):
        verdict = judge(Gain(0.02, 0.01, 0.03), "threshold", replace(same, largest_relative=apart))
        assert not verdict.passed
        assert faulty(verdict) is not None
