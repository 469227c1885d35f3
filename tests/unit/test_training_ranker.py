"""Rankers: what is served answers as what was fitted, whatever is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tambo.serving.candidate_index import CO_VISITS, TASTE
from tambo.serving.spec import Input
from training import onnx_export
from training.design import Design, starts
from training.estimators import FitOptions
from training.ranker import BoostedRanker, OrderBy, Term
from training.ranking import Ranking

QUERY, NAMES, OPTIONAL = "trip", ("liked", "price", "asked", CO_VISITS, TASTE), ("asked",)
READS = ("liked", "price", "asked")
SIZE = 6


def design(queries: int = 120, seed: int = 0) -> Design:
    """What is liked most is chosen; the others say nothing; a fifth of all is missing."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(queries * SIZE, len(NAMES))).astype(np.float32)
    # The trees cannot take back what the base says wrongly.
    matrix[:, -1] *= 0.1
    best = matrix[:, 0].reshape(queries, SIZE).argmax(axis=1)
    label = (np.arange(SIZE) == best[:, None]).astype(float).ravel()
    matrix[random.random(matrix.shape) < 0.2] = np.nan
    columns = {
        QUERY: np.repeat(np.arange(queries), SIZE).astype(object),
        "hotel": np.tile(np.arange(SIZE).astype(str), queries).astype(object),
        "place": np.full(queries * SIZE, "x", dtype=object),
        "chosen_place": np.full(queries * SIZE, "x", dtype=object),
    }
    inputs = tuple(Input(name=name, kind="number") for name in NAMES)
    return Design(inputs, matrix, label, columns, QUERY)


def served(fitted, matrix):
    return onnx_export.answer(onnx_export.open_session(fitted.to_onnx()), matrix)


@pytest.fixture(scope="module")
def rows():
    return design()


@pytest.fixture(scope="module")
def ranker(rows):
    return fitted(rows)


def fitted(rows):
    estimator = BoostedRanker(query=QUERY, reads=READS, optional=OPTIONAL, base=TASTE)
    return estimator.fit(rows, rows, FitOptions(seed=1, threads=1, rounds=40))


def test_the_ranker_learns_what_is_chosen_and_reads_only_its_inputs(ranker):
    fresh = design(seed=7)
    assert [one.name for one in ranker.inputs] == [*READS, TASTE]
    task = Ranking(query=QUERY, item=("hotel", "place"), within="place")
    found = task.measure(fresh, ranker.predict(fresh.select(ranker.inputs)))
    assert found["hit_rate_1"] > 0.6
    assert ranker.gains()["liked"] > 0.6
    assert sum(ranker.gains().values()) == pytest.approx(1.0)
    assert ranker.summary() == {"rounds": 40.0}


def test_a_fit_with_the_same_seed_is_the_same(rows, ranker):
    again = fitted(rows)
    matrix = rows.select(ranker.inputs)
    np.testing.assert_array_equal(again.predict(matrix), ranker.predict(matrix))


@pytest.mark.parametrize("missing", [0.0, 0.5, 1.0])
def test_onnx_ranks_as_the_trees_do(ranker, missing):
    fresh = design(seed=3)
    matrix = fresh.select(ranker.inputs)
    matrix[np.random.default_rng(0).random(matrix.shape) < missing] = np.nan
    assert served(ranker, matrix) == pytest.approx(ranker.predict(matrix), abs=1e-5)


def test_the_base_is_added_to_what_the_trees_say(ranker, rows):
    matrix = rows.select(ranker.inputs)
    known = ~np.isnan(matrix[:, -1])
    assert ranker.missing == pytest.approx(float(matrix[known, -1].mean()), abs=1e-6)
    before = ranker.predict(matrix)
    raised = matrix.copy()
    raised[:, -1] += np.float32(0.75)
    expected = np.where(known, before + 0.75, before)
    assert ranker.predict(raised) == pytest.approx(expected, abs=1e-5)
    unknown = matrix.copy()
    unknown[:, -1] = np.nan
    told = np.where(known, matrix[:, -1], ranker.missing)
    assert ranker.predict(unknown) == pytest.approx(before - told + ranker.missing, abs=1e-5)


def test_the_trees_add_only_what_the_base_does_not_know():
    """Where the base is the chances that drew the choices, there is nothing left to add."""
    random = np.random.default_rng(5)
    rows = design(400)
    base = random.normal(size=(400, SIZE))
    chosen = (base + random.gumbel(size=base.shape)).argmax(axis=1)
    rows.matrix[:, -1] = base.ravel()
    rows.label[:] = (np.arange(SIZE) == chosen[:, None]).ravel()
    added = fitted(rows).predict(rows.matrix[:, [0, 1, 2, 4]]) - base.ravel()
    assert added.std() < 0.25 * base.std()


ORDER = OrderBy(
    "order",
    (Term("liked", -1.0, missing=50.0), Term("price", 0.02, log=True), Term(CO_VISITS, 3.0)),
)
NUMBERS = st.one_of(st.none(), st.floats(0, 1e4, width=32))


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_an_order_is_the_sum_of_its_terms_natively_and_in_onnx(some):
    rows = design(1)
    fitted = ORDER.fit(rows, rows, FitOptions(seed=1, threads=1))
    assert [one.name for one in fitted.inputs] == ["liked", "price", CO_VISITS]
    matrix = np.array(some, dtype=np.float64).astype(np.float32)
    expected = [
        -(50.0 if liked is None else liked)
        + 0.02 * np.log1p(0.0 if price is None else price)
        + 3.0 * (visits or 0.0)
        for liked, price, visits in some
    ]
    native = fitted.predict(matrix)
    assert native == pytest.approx(expected, rel=1e-5, abs=1e-3)
    assert served(fitted, matrix) == pytest.approx(native, rel=1e-6, abs=1e-4)


@given(most=st.integers(1, 200), seed=st.integers(0, 5))
def test_a_sample_keeps_whole_queries(most, seed):
    rows = design(20)
    found = rows.sample(most, seed)
    kept = [int(trip) for trip in found.columns[QUERY][starts(found.columns[QUERY])]]
    assert len(found) == len(kept) * SIZE
    # As many as fit, at least one, in their order.
    assert len(kept) == min(20, max(1, most // SIZE))
    assert kept == sorted(kept)
    for number, trip in enumerate(kept):
        mine = slice(number * SIZE, (number + 1) * SIZE)
        theirs = slice(trip * SIZE, (trip + 1) * SIZE)
        np.testing.assert_array_equal(found.matrix[mine], rows.matrix[theirs])
        assert found.label[mine].tolist() == rows.label[theirs].tolist()
