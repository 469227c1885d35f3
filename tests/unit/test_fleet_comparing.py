"""Schedules side by side: the same luck for all, and intervals that say how sure it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.policies import Threshold, run_to_failure
from training.fleet.schedule.choosing import Validation
from training.fleet.schedule.comparing import SCORES, Judged, Judging, best_of, gain, tuned
from training.fleet.schedule.distil import Mornings, distil, mornings

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


def test_the_best_earns_most():
    assert best_of({"one": judged([1.0, 2.0]), "other": judged([2.0, 2.0])}) == "other"


class Rule:
    """Stands where a network does: enters below a score, or where little is booked."""

    def value(self, seen):
        worn = seen[..., NAMES.index("health")] - 0.5
        quiet = 0.8 - seen[..., NAMES.index("booked_1_3")]
        return np.stack([np.zeros_like(worn), np.minimum(worn, 3 * quiet)], axis=-1)


def test_a_tree_tells_what_a_rule_does():
    parts = [mornings(Rule(), WORLD, FLEET, 24, 300, seed) for seed in (1, 2)]
    found = distil(*parts)
    assert found.tree.get_depth() <= 5
    assert found.fidelity > 0.9
    assert found.balanced > 0.8
    assert "health" in found.text()
    assert "booked_1_3" in found.text()
    tests = Judging(WORLD, FLEET, seeds=range(2), fleets=2, days=60)
    assert np.isfinite(tests.judge(lambda seed: found).earned).all()


def test_without_two_kinds_of_decisions_there_is_no_tree():
    none = Mornings(np.zeros((9, len(NAMES))), np.zeros(9, bool), np.full(9, -1.0))
    with pytest.raises(ValueError, match="there is no tree"):
        distil(none, none)
