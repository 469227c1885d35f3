"""What any allocation of a budget keeps, whatever the response."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tambo.planning.tourism.allocate import Problem, allocate, equal_spread
from tambo.planning.tourism.response import LAGS, Draws

CLOSE = 1e-3
"""Of the expected visitors: how exact an optimum is."""


def problem(seed: int, *, least: float = 0.0, most: float = np.inf) -> Problem:
    """A random problem: up to five pairs at up to three locations, up to seven weeks."""
    random = np.random.default_rng(seed)
    pairs, weeks, draws = random.integers(1, 6), random.integers(1, 8), random.integers(1, 4)
    place = np.sort(random.integers(0, 3, pairs))
    place = np.unique(place, return_inverse=True)[1]
    places = int(place.max()) + 1
    whole = weeks + LAGS - 1
    allowed = random.uniform(size=(pairs, whole)) < 0.8
    allowed[:, weeks:] = False
    allowed[0, 0] = True
    return Problem(
        draws=Draws(
            beta=random.uniform(0.02, 0.4, (draws, pairs)),
            scale=random.uniform(50, 2_000, (draws, pairs)),
            carry=random.uniform(0.0, 0.8, draws),
            room=random.uniform(0.0, 2.0, draws),
        ),
        visitors=random.uniform(0, 5_000, (pairs, whole)),
        season=random.uniform(0.4, 1.8, (pairs, whole)),
        given=random.uniform(0, 500, (pairs, LAGS - 1 + whole)) * (random.uniform() < 0.5),
        allowed=allowed,
        place=place,
        least=np.full((places, whole), least),
        most=np.full((places, whole), most),
        required=np.zeros((places, whole), dtype=bool),
        budget=float(random.uniform(100, 20_000)),
    )


def by_place(one: Problem, spend: np.ndarray) -> np.ndarray:
    found = np.zeros(one.least.shape)
    np.add.at(found, one.place, spend)
    return found


SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=6, deadline=None)


@EXAMPLES
@given(seed=SEEDS)
def test_the_budget_is_spent_and_never_exceeded_where_it_may_be(seed: int) -> None:
    one = problem(seed)
    spend = allocate(one).spend
    assert (spend >= 0).all()
    assert (spend[~one.allowed] == 0).all()
    assert np.isclose(spend.sum(), one.budget, rtol=1e-6)


@EXAMPLES
@given(seed=SEEDS)
def test_no_plan_of_equal_or_random_parts_is_better(seed: int) -> None:
    one = problem(seed)
    found = allocate(one)
    value = one.value(found.spend)
    random = np.random.default_rng(seed)
    rivals = [equal_spread(one)]
    for _ in range(20):
        parts = random.dirichlet(np.full(one.allowed.sum(), 0.3))
        rivals.append(np.zeros(one.allowed.shape))
        rivals[-1][one.allowed] = one.budget * parts
    # Also none that is close to the best.
    moved = 0.9 * found.spend + 0.1 * rivals[1]
    assert value >= max(one.value(rival) for rival in [*rivals, moved]) * (1 - CLOSE)
    assert value <= found.bound * (1 + CLOSE)


@EXAMPLES
@given(seed=SEEDS, more=st.floats(1.0, 10.0))
def test_more_budget_never_brings_fewer_visitors(seed: int, more: float) -> None:
    one = problem(seed)
    less, all_ = allocate(one), allocate(replace(one, budget=one.budget * more))
    assert one.value(all_.spend) >= one.value(less.spend) * (1 - CLOSE)


@EXAMPLES
@given(seed=SEEDS)
def test_the_order_of_the_pairs_does_not_matter(seed: int) -> None:
    one = problem(seed)
    order = np.random.default_rng(seed).permutation(len(one.place))
    other = replace(
        one,
        draws=one.draws.take(order.tolist()),
        visitors=one.visitors[order],
        season=one.season[order],
        given=one.given[order],
        allowed=one.allowed[order],
        place=one.place[order],
    )
    mine, theirs = allocate(one).spend[order], allocate(other).spend
    assert np.isclose(one.value(allocate(one).spend), other.value(theirs), rtol=CLOSE)
    assert np.allclose(mine, theirs, atol=0.05 * one.budget)


@EXAMPLES
@given(seed=SEEDS, least=st.floats(1.0, 500.0), room=st.floats(1.0, 5.0))
def test_limits_of_location_weeks_are_kept(seed: int, least: float, room: float) -> None:
    one = problem(seed, least=least, most=least * room)
    one = replace(one, budget=max(one.budget, least))
    found = allocate(one)
    sums = by_place(one, found.spend)
    assert ((sums < 1e-6 * one.budget) | (sums >= least - 1e-5 * one.budget)).all()
    assert (sums <= least * room * (1 + 1e-6)).all()
    assert found.spend.sum() <= one.budget * (1 + 1e-9)
    assert one.value(found.spend) <= found.bound * (1 + CLOSE)


@EXAMPLES
@given(seed=SEEDS, share=st.floats(0.1, 0.9))
def test_what_must_be_spent_is_spent(seed: int, share: float) -> None:
    one = problem(seed)
    open_ = by_place(one, (one.allowed & (one.visitors > 0)).astype(float)) > 0
    must = open_ & (np.random.default_rng(seed).uniform(size=open_.shape) < 0.5)
    least = np.where(must, share * one.budget / max(must.sum(), 1), 0.0)
    found = allocate(replace(one, least=least, required=must))
    sums = by_place(one, found.spend)
    assert (sums[must] >= least[must] * (1 - 1e-5)).all()
    assert np.isclose(found.spend.sum(), one.budget, rtol=1e-6)


@EXAMPLES
@given(seed=SEEDS)
def test_a_budget_that_no_one_may_take_is_left_over(seed: int) -> None:
    one = problem(seed, most=10.0)
    one = replace(one, budget=1e6)
    for spend in (allocate(one).spend, equal_spread(one)):
        sums = by_place(one, spend)
        assert (sums <= 10.0 * (1 + 1e-6)).all()
        assert spend.sum() < one.budget
