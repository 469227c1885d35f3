"""Shapley values against the mean over all orders of joining, and their four laws."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tambo.serving.attribution import NONE, Variants, attribute
from tambo.serving.shapley import coalitions, shapley_values

FINITE = st.floats(-1e6, 1e6)


@st.composite
def games(draw, most: int = 5):
    players = draw(st.integers(1, most))
    return players, draw(arrays.arrays(np.float64, (2**players, 2), elements=FINITE))


@given(games())
def test_values_are_what_a_player_adds_on_average_over_all_orders(game):
    players, worth = game
    orders = list(permutations(range(players)))
    wanted = np.zeros((players, worth.shape[1]))
    for order in orders:
        there = 0
        for player in order:
            wanted[player] += worth[there | 1 << player] - worth[there]
            there |= 1 << player
    found = shapley_values(worth)
    np.testing.assert_allclose(found, wanted / len(orders), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=0), worth[-1] - worth[0], atol=1e-6)


@given(games(), st.data())
def test_who_adds_nothing_has_nothing_and_equals_have_the_same(game, data):
    players, worth = game
    dummy = data.draw(st.integers(0, players))
    members = coalitions(players + 1)
    others = np.delete(members, dummy, axis=1) @ (1 << np.arange(players))
    found = shapley_values(worth[others])
    np.testing.assert_allclose(found[dummy], 0.0, atol=1e-6)
    np.testing.assert_allclose(np.delete(found, dummy, axis=0), shapley_values(worth), atol=1e-6)
    sizes = coalitions(players).sum(axis=1)
    equal = shapley_values(worth[sizes])
    np.testing.assert_allclose(equal, np.broadcast_to(equal[0], equal.shape), atol=1e-6)


@st.composite
def rows(draw):
    """Four rows of a matrix whose columns are of players 0 to 2 on one side, 3 to 5 on the other.

    A column of one player is the same in all rows that agree on that player.
    """
    width = draw(st.integers(1, 8))
    first = draw(st.lists(st.sampled_from([NONE, 0, 1, 2]), min_size=width, max_size=width))
    second = draw(st.lists(st.sampled_from([NONE, 3, 4, 5]), min_size=width, max_size=width))
    value = st.sampled_from([0.0, 1.0, 2.0, np.nan])
    table = np.array(draw(st.lists(value, min_size=4 * width, max_size=4 * width)), np.float32)
    table = table.reshape(4, width)
    for column, (one, two) in enumerate(zip(first, second, strict=True)):
        if one == NONE:
            table[1, column], table[2, column] = table[0, column], table[3, column]
        if two == NONE:
            table[2, column], table[1, column] = table[0, column], table[3, column]
        if one == two == NONE:
            table[:3, column] = table[3, column]
    return Variants(table, np.array(first), np.array(second), 6)


@given(rows(), st.integers(0, 2**32 - 1))
def test_all_coalitions_asked_at_once_are_each_asked_by_itself(variants, seed):
    weights = np.random.default_rng(seed).normal(size=variants.rows.shape[1])

    def predict(matrix):
        known = np.nan_to_num(matrix.astype(np.float64), nan=-3.0)
        # With products, so that players act on each other.
        return np.stack([np.sin(known @ weights), (known @ weights) ** 2], axis=1)

    def row(members):
        there = {player for player in range(6) if members[player]}
        at = [
            (one in there if one != NONE else two in there or two == NONE)
            + 2 * (two in there if two != NONE else one in there or one == NONE)
            for one, two in zip(variants.first.tolist(), variants.second.tolist(), strict=True)
        ]
        return variants.rows[at, np.arange(len(at))]

    worth = predict(np.stack([row(members) for members in coalitions(6)]))
    found = attribute(variants, predict)
    np.testing.assert_allclose(found.values, shapley_values(worth), atol=1e-9)
    np.testing.assert_allclose(found.ordinary, worth[0], atol=1e-12)
    np.testing.assert_allclose(found.ordinary + found.values.sum(axis=0), found.answer, atol=1e-9)


def test_a_row_that_is_ordinary_is_moved_by_nobody():
    same = Variants(np.ones((4, 2), np.float32), np.array([0, NONE]), np.array([NONE, 1]), 2)
    found = attribute(same, lambda matrix: matrix[:, :1].astype(np.float64))
    assert found.values.tolist() == [[0.0], [0.0]]
    assert found.ordinary == found.answer == [1.0]
