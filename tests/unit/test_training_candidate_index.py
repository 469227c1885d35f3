"""The candidate index against plain dense arithmetic, its file, and what it finds."""

from __future__ import annotations

import dataclasses

import choices
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tambo.errors import ServingError
from tambo.serving.candidate_index import CONFIDENCE, REGULARIZATION, CandidateIndex
from training.candidate_index import FACTORS, ITERATIONS

PEOPLE, ITEMS, COUNT = 40, 30, 600
MANY = 120


@pytest.fixture(scope="module")
def chosen():
    return choices.choices(PEOPLE, ITEMS, COUNT)


@pytest.fixture(scope="module")
def index(chosen):
    return choices.index(ITEMS, chosen)


@pytest.fixture(scope="module")
def wide():
    """More items than are ranked for a request in these tests, some never chosen."""
    return choices.index(MANY, choices.choices(60, MANY - 20, 900, seed=2))


def history(chosen, person):
    """What a person chose, the newest first."""
    return chosen.item[chosen.person == person][::-1]


def test_co_visits_are_cosines_of_the_sets_of_people(index, chosen):
    who = np.zeros((PEOPLE, ITEMS))
    who[chosen.person, chosen.item] = 1.0
    lengths = np.sqrt(np.maximum(who.sum(axis=0), 1.0))
    cosine = (who / lengths).T @ (who / lengths)
    for person in range(5):
        before = history(chosen, person)
        expected = sum(cosine[item] for item in before)
        assert index.co_visits(before) == pytest.approx(expected, abs=1e-5)
    assert not index.co_visits(np.array([], dtype=np.int64)).any()


def test_follows_is_the_share_of_what_came_next(index, chosen):
    counts = np.zeros((ITEMS, ITEMS))
    for person in range(PEOPLE):
        mine = chosen.item[chosen.person == person]
        np.add.at(counts, (mine[:-1], mine[1:]), 1.0)
    before = history(chosen, 3)
    expected = counts[before[0]] / max(1.0, counts[before[0]].sum())
    assert index.follows(before) == pytest.approx(expected, abs=1e-6)
    assert not index.follows(np.array([], dtype=np.int64)).any()


def test_popularity_counts_what_was_chosen_lately(index, chosen):
    expected = np.bincount(chosen.item[chosen.lately], minlength=ITEMS)
    assert index.popularity.tolist() == expected.tolist()


def test_affinity_is_what_implicit_finds_for_a_person_that_it_has_not_kept(index, chosen):
    """The factorisation's own solution for a row of counts, with the item factors held."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    matrix = np.zeros((PEOPLE, ITEMS), dtype=np.float32)
    np.add.at(matrix, (chosen.person, chosen.item), 1.0)
    model = AlternatingLeastSquares(
        factors=FACTORS,
        regularization=REGULARIZATION,
        alpha=CONFIDENCE,
        iterations=ITERATIONS,
        num_threads=1,
        random_state=0,
    )
    model.fit(csr_matrix(matrix), show_progress=False)
    assert index.factors == pytest.approx(model.item_factors, abs=1e-4)
    for person in range(PEOPLE):
        theirs = model.item_factors @ model.recalculate_user(person, csr_matrix(matrix[person]))
        assert index.affinity(history(chosen, person)) == pytest.approx(theirs, abs=1e-3)


def test_affinity_tells_what_somebody_chose_from_the_rest(index, chosen):
    mine = history(chosen, 3)
    scores = index.affinity(mine)
    others = np.setdiff1d(np.arange(ITEMS), mine)
    assert scores[np.unique(mine)].mean() > scores[others].mean() + 0.2
    assert not index.affinity(np.array([], dtype=np.int64)).any()


def test_the_file_says_the_same_and_holds_no_pickle(index, tmp_path):
    path = tmp_path / "candidates.npz"
    index.save(path)
    again = CandidateIndex.load(path)
    for one in dataclasses.fields(CandidateIndex):
        left, right = getattr(index, one.name), getattr(again, one.name)
        assert left.dtype == right.dtype
        assert left.dtype.kind != "O"
        np.testing.assert_array_equal(left, right)


def test_an_index_with_pickled_content_is_refused(index, tmp_path):
    fields = {one.name: getattr(index, one.name) for one in dataclasses.fields(index)}
    path = tmp_path / "candidates.npz"
    np.savez(path, **{**fields, "names": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(ServingError, match="not a candidate index"):
        CandidateIndex.load(path)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"no index at all"])
def test_a_missing_or_foreign_file_is_named(tmp_path, content):
    path = tmp_path / "candidates.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ServingError, match=r"candidates\.npz"):
        CandidateIndex.load(path)


def test_an_array_that_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "candidates.npz"
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(ServingError, match="not a candidate index"):
        CandidateIndex.load(path)


def test_every_damage_is_a_serving_error(index, tmp_path):
    """Bytes changed and ends cut off all over the file: refused, or harmless."""
    path = tmp_path / "candidates.npz"
    index.save(path)
    content, random = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for trial in range(300):
        damaged = bytearray(content)
        at = int(random.integers(len(content)))
        if trial % 3 == 0:
            damaged = damaged[:at]
        else:
            damaged[at] ^= int(random.integers(1, 256))
        path.write_bytes(damaged)
        try:
            CandidateIndex.load(path)
        except ServingError:
            refused += 1
    assert refused > 200


def test_arrays_that_do_not_fit_together_are_refused(index, tmp_path):
    path = tmp_path / "candidates.npz"
    dataclasses.replace(index, prices=index.prices[:-1]).save(path)
    with pytest.raises(ServingError, match="prices"):
        CandidateIndex.load(path)


@given(
    before=st.lists(st.integers(0, MANY - 1), max_size=12),
    most=st.integers(1, MANY + 5),
    share=st.sampled_from([0.0, 0.1, 0.5, 1.0, None]),
    seed=st.integers(0, 9),
)
def test_retrieve_finds_each_once_within_what_is_allowed(wide, before, most, share, seed):
    allowed = None if share is None else np.random.default_rng(seed).random(MANY) < share
    found = wide.retrieve(np.array(before, dtype=np.int64), allowed, most)
    every = np.arange(MANY) if allowed is None else np.flatnonzero(allowed)
    assert found.tolist() == sorted(set(found.tolist()))
    assert set(found.tolist()) <= set(every.tolist())
    # As many as there may be: where few are allowed, all of them.
    assert len(found) == min(most, len(every))


def test_retrieve_starts_from_what_somebody_chose(wide):
    rare = np.argsort(wide.popularity, kind="stable")[:3].astype(np.int64)
    assert set(rare.tolist()) <= set(wide.retrieve(rare, most=20).tolist())
    assert not set(rare.tolist()) & set(wide.retrieve(rare[:0], most=20).tolist())


def test_what_is_not_known_is_left_out_of_a_history(index):
    found = index.numbers(["H4", "H4", "gone", "H0"], ["Natal", "Belem", "Natal", "Belem"])
    assert found.tolist() == [4, 0]


@pytest.mark.parametrize(
    ("origin", "weekday", "places"),
    [
        ("Belem", None, {"Natal", "Recife"}),
        ("Belem", 0, {"Natal"}),
        ("Belem", 6, {"Recife"}),
        ("Belem", 3, set()),
        ("Recife", 1, {"Belem"}),
    ],
)
def test_reachable_is_where_a_known_route_leads_that_day(index, origin, weekday, places):
    found = index.reachable(origin, weekday)
    assert {str(one) for one in index.places[found]} == places
    assert found.tolist() == [str(one) in places for one in index.places]


def test_nothing_is_told_of_a_place_without_routes(index):
    assert index.reachable("Manaus") is None
