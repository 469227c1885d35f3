"""Curves of survival: what holds of all hazards, and of all outcomes that are not seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tambo.serving import survival
from training.survival.metrics import kaplan_meier, negative_log_likelihood
from training.survival.outcome import NONE, Outcomes, watch
from training.survival.periods import watched

EDGES = (0, 7, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180)
INTERVALS = len(EDGES) - 1
answers = arrays.arrays(
    np.float64, (4, 2 * INTERVALS), elements=st.floats(-0.1, 1.2, allow_nan=False)
)
told = arrays.arrays(np.float64, 6, elements=st.sampled_from([0.0, *map(float, EDGES[1:])]))
days = arrays.arrays(np.float64, 6, elements=st.one_of(st.just(np.nan), st.floats(0.01, 180.0)))
flags = arrays.arrays(np.bool_, 6)


@given(answers)
def test_curves_fall_and_chances_rise_with_the_days(answers) -> None:
    found = survival.hazards(answers)
    assert (found >= 0).all()
    assert (found.sum(axis=2) < 1).all()
    stays = survival.without_maintenance(found)
    assert (np.diff(stays, axis=1) <= 0).all()
    assert ((stays >= 0) & (stays <= 1)).all()
    before, first = np.zeros(4), np.zeros(4)
    for day in (0, 3, 7, 30, 31, 90, 179, 180):
        alone = survival.chance_of_failure(found, EDGES, day)
        among = survival.chance_before_other(found, EDGES, day)
        whole = survival.chance_by(found, EDGES, np.full(4, float(day)))
        assert (alone >= before - 1e-12).all()
        assert (among >= first - 1e-12).all()
        assert (among <= alone + 1e-9).all(), "other maintenance can only come before a failure"
        assert (among <= whole + 1e-9).all()
        before, first = alone, among


@given(answers, st.floats(0.01, 0.98), st.floats(0.0, 0.01))
def test_a_quantile_is_the_day_at_which_the_curve_reaches_its_level(answers, level, more) -> None:
    found = survival.hazards(answers)
    day = survival.quantile(found, EDGES, level)
    later = survival.quantile(found, EDGES, level + more)
    assert (later >= day).all()
    reached = np.isfinite(day)
    by = survival.chance_by(found, EDGES, np.where(reached, day, EDGES[-1]))
    assert by[reached] == pytest.approx(level, abs=1e-6)
    assert (by[~reached] <= level + 1e-6).all()


@given(answers, st.floats(0.0, 0.4), st.floats(0.5, 0.99))
def test_the_interval_ends_at_edges_outside_its_levels(answers, low, high) -> None:
    found = survival.hazards(answers)
    served = survival.Survival(edges=EDGES, level=0.8, low=low, high=high)
    begin, end = served.interval(found)
    assert set(begin) <= set(EDGES)
    assert set(end) <= {*EDGES, np.inf}
    assert (begin <= np.minimum(survival.quantile(found, EDGES, low), EDGES[-1])).all()
    assert (end >= survival.quantile(found, EDGES, high)).all()
    assert (begin < end).all()


@given(told, days, flags, st.floats(1.0, 60.0))
def test_what_was_not_told_of_all_is_told_of_none(told, days, failed, later) -> None:
    known = watch(told, days, failed, EDGES)
    # Another future: what came after the days that were watched came later, or was another thing.
    unseen = np.nan_to_num(days, nan=np.inf) > told
    moved = np.where(unseen, np.where(np.isnan(days), told + later, days + later), days)
    other = watch(told, moved, np.where(unseen, ~failed, failed), EDGES)
    assert np.array_equal(known, other, equal_nan=True)
    found = Outcomes.of(known)
    assert (found.until(EDGES) <= told + 1e-9).all()
    assert (found.cause[unseen] == NONE).all()
    assert found.seen[~unseen].all()


@given(told, days, flags)
def test_periods_are_as_many_as_were_watched(told, days, failed) -> None:
    label = watch(told, days, failed, EDGES)
    kept, classes = watched(label, INTERVALS)
    outcomes = Outcomes.of(label)
    assert len(kept) == outcomes.watched.sum() + outcomes.seen.sum()
    assert (classes > 0).sum() == outcomes.seen.sum()
    ends = {int(row): int(at) for row, at in zip(kept // INTERVALS, kept % INTERVALS, strict=True)}
    for row in np.flatnonzero(outcomes.seen):
        end = ends[int(row)]
        assert EDGES[end] < outcomes.days[row] <= EDGES[end + 1]


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_the_hazards_that_made_the_outcomes_are_likelier_than_others(seed: int) -> None:
    random = np.random.default_rng(seed)
    true = random.uniform(0.02, 0.2, (1, INTERVALS, 2))
    rows = 4_000
    happens = random.random((rows, INTERVALS))
    failed, other = true[..., 0], true[..., 1]
    ended = happens < failed + other
    first = np.where(ended.any(axis=1), ended.argmax(axis=1), INTERVALS)
    at = np.minimum(first, INTERVALS - 1)
    cause = happens[np.arange(rows), at] < failed[0, at]
    day = np.where(first < INTERVALS, np.array(EDGES[1:])[at], np.nan)
    watched_for = random.choice(np.array(EDGES[4:], float), rows)
    outcomes = Outcomes.of(watch(watched_for, day, cause, EDGES))

    def likelihood(hazards) -> float:
        return negative_log_likelihood(np.broadcast_to(hazards, (rows, INTERVALS, 2)), outcomes)

    assert likelihood(true) < likelihood(true * 1.5)
    assert likelihood(true) < likelihood(true[..., ::-1])
    at, left = kaplan_meier(outcomes.until(EDGES), outcomes.seen)
    stays = survival.without_maintenance(true)[0, 1:]
    assert left == pytest.approx(stays[np.searchsorted(EDGES[1:], at)], abs=0.08)
