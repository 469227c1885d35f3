"""Tastes: chances against plain loops, the likelihood's gradient, and what a fit finds out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array

import tambo.serving.tastes as serving
import training.tastes as fitting
from tambo.serving.tastes import Tastes
from training.tastes import fit_tastes


def tastes(groups, points=3, likings=2, seed=0):
    random = np.random.default_rng(seed)
    weights = random.normal(size=(len(groups), 1 + likings)).astype(np.float32)
    draws = random.normal(size=(points, likings)).astype(np.float32)
    return Tastes(draws, weights, np.asarray(groups, dtype=np.int64))


def chance(some: Tastes, point: int, item: int) -> float:
    """Of one item among its group, for one point, written out."""

    def utility(at):
        likings = zip(some.draws[point], some.weights[at][1:], strict=True)
        return float(some.weights[at][0]) + sum(float(z) * float(w) for z, w in likings)

    group = [at for at in range(len(some.groups)) if some.groups[at] == some.groups[item]]
    return math.exp(utility(item)) / sum(math.exp(utility(at)) for at in group)


def one(some: Tastes, counts):
    """Logarithms of the chances of every item, for one person."""
    every = np.arange(len(some.groups))
    return some.log_chances(every, every, counts[None, :])[0]


GROUPS = st.lists(st.integers(0, 2), max_size=6).map(lambda more: [0, 1, 2, *more])


@given(groups=GROUPS, counts=st.lists(st.integers(0, 4), min_size=9, max_size=9))
def test_chances_are_those_of_the_sample_weighed_by_what_was_chosen(groups, counts):
    some, items = tastes(groups), range(len(groups))
    found = one(some, np.array(counts[: len(groups)], dtype=np.float64))
    likelihood = [
        math.prod(chance(some, point, item) ** counts[item] for item in items) for point in range(3)
    ]
    expected = [
        math.log(
            sum(likelihood[point] * chance(some, point, item) for point in range(3))
            / sum(likelihood)
        )
        for item in items
    ]
    assert found == pytest.approx(expected, abs=1e-4)
    for group in set(groups):
        mine = np.array(groups) == group
        assert np.exp(found[mine].astype(np.float64)).sum() == pytest.approx(1.0, abs=1e-5)


@given(groups=GROUPS, cells=st.integers(1, 40))
def test_groups_that_are_worked_out_apart_add_up_the_same(groups, cells):
    none = np.zeros(len(groups))
    whole = one(tastes(groups), none)
    kept, serving._CELLS = serving._CELLS, cells
    try:
        assert one(tastes(groups), none) == pytest.approx(whole, abs=1e-6)
    finally:
        serving._CELLS = kept


def test_the_gradient_is_that_of_the_likelihood():
    random = np.random.default_rng(3)
    counts = csr_array(random.integers(0, 3, size=(7, 5)).astype(np.float32))
    points = np.column_stack([np.ones(4), random.normal(size=(4, 2))])
    likelihood = fitting._Likelihood(counts, np.array([0, 0, 0, 1, 1]), points)
    at = random.normal(size=15)
    numeric = approx_fprime(at, lambda flat: likelihood(flat)[0], 1e-6)
    assert likelihood(at)[1] == pytest.approx(numeric, abs=1e-3)


PEOPLE, PLACES, HOTELS, STAYS = 600, 6, 5, 24


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    monkeypatch.setattr(fitting, "MOST_CELLS", 8_000)


@pytest.fixture(scope="module")
def market():
    """Who likes what is drawn: utility = quality + 1.5 z1 a + 1.5 z2 b; each choice by chance."""
    random = np.random.default_rng(11)
    groups = np.repeat(np.arange(PLACES), HOTELS)
    quality = 0.4 * random.normal(size=len(groups))
    style = 1.5 * random.normal(size=(2, len(groups)))
    liking = random.normal(size=(PEOPLE, 2))
    weight = np.exp(quality + liking @ style).reshape(PEOPLE, PLACES, HOTELS)
    true = (weight / weight.sum(axis=2, keepdims=True)).reshape(PEOPLE, -1)
    counts = np.zeros((PEOPLE, len(groups)))
    for person in range(PEOPLE):
        for place in random.integers(0, PLACES, STAYS):
            mine = slice(place * HOTELS, (place + 1) * HOTELS)
            counts[person, place * HOTELS + random.choice(HOTELS, p=true[person, mine])] += 1
    return groups, counts, true


def log_loss(true, logs):
    return float(-(true * logs).sum() / PLACES / len(true))


def test_a_fit_foretells_the_choices_of_people_it_has_not_seen(market):
    """Half of the way from what is popular to what is true, and more, from 24 choices each."""
    groups, counts, true = market
    seen, fresh = slice(0, PEOPLE // 2), slice(PEOPLE // 2, PEOPLE)
    fitted = fit_tastes(csr_array(counts[seen]), groups, seed=1)
    every = np.arange(len(groups))
    logs = fitted.log_chances(every, every, counts[fresh])
    popular = counts[seen].sum(axis=0).reshape(PLACES, HOTELS)
    popular = np.log((popular / popular.sum(axis=1, keepdims=True)).ravel())
    best = log_loss(true[fresh], np.log(true[fresh]))
    alone = log_loss(true[fresh], popular[None, :])
    assert log_loss(true[fresh], logs) - best < 0.2 * (alone - best)


def test_the_order_of_items_does_not_matter(market):
    groups, counts, _ = market
    order = np.random.default_rng(0).permutation(len(groups))
    none = np.zeros(len(groups))
    first = fit_tastes(csr_array(counts), groups, seed=1)
    second = fit_tastes(csr_array(counts[:, order]), groups[order], seed=1)
    shuffled = np.exp(one(second, none))
    expected = np.exp(one(first, none))[order]
    # The points lie otherwise for the shuffled items, so a search ends somewhere near.
    assert np.corrcoef(shuffled, expected)[0, 1] > 0.95


def test_an_item_that_nobody_chose_has_a_small_chance(market):
    groups, counts, _ = market
    never = counts.copy()
    never[:, 0] = 0.0
    fitted = fit_tastes(csr_array(never), groups, seed=1)
    assert one(fitted, np.zeros(len(groups)))[0] < math.log(0.02)


def test_one_item_a_group_is_certain():
    fitted = fit_tastes(csr_array(np.eye(4)), np.arange(4), seed=1)
    assert one(fitted, np.ones(4)) == pytest.approx(np.zeros(4), abs=1e-6)


@pytest.mark.parametrize(("items", "points"), [(50, 1024), (10_000, 128), (1_000_000, 64)])
def test_with_many_items_there_are_fewer_points(monkeypatch, items, points):
    monkeypatch.setattr(fitting, "MOST_CELLS", 2_000_000)
    draws = fitting.normal_points(items, seed=1)
    assert draws.shape == (points, fitting.LIKINGS)
    assert draws.mean() == pytest.approx(0.0, abs=0.05)
    assert draws.std() == pytest.approx(1.0, abs=0.05)
