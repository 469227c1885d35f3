"""Metrics of ranked lists against lists that are really drawn up, tie by tie."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.ranking_metrics import CUTOFFS, DEPTH, intervals, rank, summarise

HIDDEN = None
LEAST_ITEMS, MOST_ITEMS = 1, 5


@st.composite
def queries(draw: st.DrawFn) -> list[list[tuple[int | None, int]]]:
    """Queries of candidates (score or hidden, relevance), with at most one chosen each."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        size = draw(st.integers(LEAST_ITEMS, MOST_ITEMS))
        scores = draw(st.lists(st.sampled_from([HIDDEN, 0, 1, 2]), min_size=size, max_size=size))
        chosen = draw(st.integers(-1, size - 1))
        found.append([(score, int(at == chosen)) for at, score in enumerate(scores)])
    return found


def ranked(some: list[list[tuple[int | None, int]]], items=None):
    rows = [row for query in some for row in query]
    sizes = [len(query) for query in some]
    return rank(
        np.cumsum([0, *sizes[:-1]]),
        np.array([at for size in sizes for at in range(size)] if items is None else items),
        np.array([float(label) for _, label in rows]),
        np.array([np.nan if score is None else float(score) for score, _ in rows]),
    )


def one_order(query: list[tuple[int | None, int]], order: tuple[int, ...]) -> dict[str, float]:
    """The metrics of one list, sorted by score, equal scores in the order given."""
    shown = [at for at in order if query[at][0] is not None]
    listed = sorted(shown, key=lambda at: -query[at][0])
    place = next((n for n, at in enumerate(listed, 1) if query[at][1]), None)
    found = {f"hit_rate_{cut}": float(place is not None and place <= cut) for cut in CUTOFFS}
    found["ndcg_5"] = 0.0 if place is None or place > DEPTH else 1.0 / math.log2(place + 1)
    return found | {"mrr": 0.0 if place is None else 1.0 / place}


@given(queries())
def test_ties_count_as_the_mean_of_all_orders(some):
    found = ranked(some).values()
    for number, query in enumerate(some):
        orders = [one_order(query, one) for one in itertools.permutations(range(len(query)))]
        for name, values in found.items():
            expected = np.mean([one[name] for one in orders])
            assert values[number] == pytest.approx(expected), (name, query)


@given(queries())
def test_intervals_hold_the_mean_and_lie_between_nought_and_one(some):
    found = ranked(some)
    means, ends = summarise(found), intervals(found)
    for name, mean in means.items():
        low, high = ends[f"{name}_low"], ends[f"{name}_high"]
        assert -1e-9 <= low <= high <= 1 + 1e-9
        if name != "coverage" and len(some) == 1:
            assert low == high == pytest.approx(mean)


def test_intervals_are_as_wide_as_the_spread_of_a_mean():
    random = np.random.default_rng(0)
    scores, size = random.random((2_000, 8)), 8
    chosen = random.integers(0, size, 2_000)
    label = (np.arange(size) == chosen[:, None]).astype(float).ravel()
    items = np.tile(np.arange(size), 2_000)
    found = rank(np.arange(0, 2_000 * size, size), items, label, scores.ravel())
    means, ends = summarise(found), intervals(found)
    for name in ("ndcg_5", "hit_rate_1", "hit_rate_3", "hit_rate_5", "mrr"):
        assert ends[f"{name}_low"] < means[name] < ends[f"{name}_high"]
        values = found.values()[name]
        width = 2 * 1.96 * values.std() / math.sqrt(2_000)
        assert ends[f"{name}_high"] - ends[f"{name}_low"] == pytest.approx(width, rel=0.15)
    # Scores that say nothing hit as chance does.
    assert means["hit_rate_1"] == pytest.approx(1 / 8, abs=0.03)
    assert means["hit_rate_5"] == pytest.approx(5 / 8, abs=0.03)


def test_a_query_without_what_was_chosen_counts_as_missed():
    found = ranked([[(1, 0), (0, 0)], [(1, 1), (0, 0)]])
    assert found.above.tolist() == [-1, 0]
    assert summarise(found)["hit_rate_1"] == 0.5
    assert summarise(found)["mrr"] == 0.5


def test_what_is_hidden_is_neither_shown_nor_above():
    found = ranked([[(None, 0), (0, 1), (1, 0)], [(2, 0), (None, 1), (1, 0)]])
    assert found.above.tolist() == [1, -1]
    assert found.shown[:, :3].tolist() == [[2, 1, -1], [0, 2, -1]]


def test_coverage_is_the_share_of_items_in_the_first_places():
    # Item 9 exists, and stands beyond the first places of the only query.
    some = [[(10 - at, int(at == 0)) for at in range(10)]]
    assert summarise(ranked(some))["coverage"] == DEPTH / 10
    assert summarise(ranked([[(1, 1)], [(1, 0)]], items=[0, 1]))["coverage"] == 1.0
