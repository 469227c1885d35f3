"""Candidates of random change logs: what was known at each instant, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tambo.errors import TrainingError
from tambo.proofs.oracle import Table, served
from tambo.serving.candidate_index import COLUMNS as TOLD
from training.candidates import FEWEST_QUERIES, RELEVANCE, Candidates, chosen
from training.dated_index import DatedIndex

ITEM = ("hotel_name", "place")
START = datetime(2024, 1, 1)
COLUMNS = {
    "hotel_name": "VARCHAR",
    "place": "VARCHAR",
    "event_timestamp": "TIMESTAMP",
    "created_timestamp": "TIMESTAMP",
    "stays": "BIGINT",
}
HOTELS = [("A", "x"), ("A", "y"), ("B", "x")]


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def no_index(connection, known_by, seed):
    raise AssertionError


CANDIDATES = Candidates(
    source="marts.hotel_stays",
    item=ITEM,
    alive="stays",
    query="travel_code",
    index=no_index,
    history=("recent_hotels", "recent_places"),
    times="stays_here",
    most={"test": 2},
)

LOGS = st.lists(
    st.tuples(
        st.sampled_from(HOTELS),
        st.integers(0, 6),
        st.integers(0, 8),
        st.sampled_from([None, 1, 2]),
    ),
    max_size=14,
    # A mart has one row of a key, event and created time.
    unique_by=lambda row: row[:3],
)
LABELS = st.lists(st.tuples(st.sampled_from(HOTELS), st.integers(-1, 9)), min_size=1, max_size=5)


def expand(log, asked, part="train") -> pa.Table:
    rows = [(*hotel, day(event), day(created), stays) for hotel, event, created, stays in log]
    labels = pa.table(
        {
            "travel_code": pa.array(range(len(asked)), pa.int64()),
            "hotel_name": [name for (name, _), _ in asked],
            "place": [place for (_, place), _ in asked],
            "event_timestamp": pa.array([day(at) for _, at in asked], pa.timestamp("us")),
        }
    )
    connection = lake()
    connection.execute("DELETE FROM lake.marts.hotel_stays")
    if rows:
        marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
        values = [value for row in rows for value in row]
        connection.execute(f"INSERT INTO lake.marts.hotel_stays VALUES {marks}", values)
    return CANDIDATES.expand(connection, part, labels)


@cache
def lake() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute("ATTACH ':memory:' AS lake")
    connection.execute("CREATE SCHEMA lake.marts")
    types = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE lake.marts.hotel_stays ({types})")
    return connection


@given(log=LOGS, asked=LABELS)
def test_candidates_are_what_brute_force_finds(log, asked):
    rows = [(*hotel, day(event), day(created), stays) for hotel, event, created, stays in log]
    table = Table(COLUMNS, ITEM, "event_timestamp", "created_timestamp", rows)
    expected = []
    for number, (right, at) in enumerate(asked):
        for hotel in sorted(HOTELS):
            row, _ = served(table, hotel, day(at), None)
            if row is not None and row[-1] is not None:
                expected.append((number, *hotel, *right, int(hotel == right)))
    found = expand(log, asked).select(["travel_code", *ITEM, *map(chosen, ITEM), RELEVANCE])
    # In this order: the rows of a query follow each other, in the order in which they were asked.
    assert [tuple(row.values()) for row in found.to_pylist()] == expected


def test_a_hotel_is_known_withdrawn_and_known_again():
    a, b = HOTELS[0], HOTELS[2]
    log = [(a, 0, 1, 1), (a, 0, 3, None), (a, 4, 5, 1), (b, 2, 2, 3)]
    asked = [(a, at) for at in range(7)]
    found = expand(log, asked).to_pydict()
    pairs = list(zip(found["travel_code"], found["hotel_name"], strict=True))
    known = {at: [name for query, name in pairs if query == at] for at in range(7)}
    assert known == {
        0: [],
        1: ["A"],
        2: ["A", "B"],
        3: ["B"],
        4: ["B"],
        5: ["A", "B"],
        6: ["A", "B"],
    }


def test_an_older_stay_that_is_withdrawn_leaves_the_hotel_known():
    """The mart writes the withdrawn event without anything, and the later event anew."""
    a = HOTELS[0]
    log = [(a, 0, 0, 1), (a, 2, 2, 2), (a, 0, 4, None), (a, 2, 4, 1)]
    assert expand(log, [(a, 5)])[RELEVANCE].to_pylist() == [1]


def test_only_the_newest_queries_of_a_part_that_names_a_number():
    log = [(HOTELS[0], 0, 0, 1)]
    asked = [(HOTELS[0], at) for at in (1, 2, 3)]
    assert expand(log, asked, "test")["travel_code"].to_pylist() == [1, 2]
    assert expand(log, asked, "train")["travel_code"].to_pylist() == [0, 1, 2]


def test_where_there_are_many_items_fewer_queries_are_kept():
    expand([(hotel, 0, 0, 1) for hotel in HOTELS], [(HOTELS[0], 1)])
    few = replace(CANDIDATES, most_rows=3 * FEWEST_QUERIES)
    labels = pa.table(
        {
            "travel_code": pa.array(range(2 * FEWEST_QUERIES), pa.int64()),
            "hotel_name": ["A"] * 2 * FEWEST_QUERIES,
            "place": ["x"] * 2 * FEWEST_QUERIES,
            "event_timestamp": pa.array([day(1)] * 2 * FEWEST_QUERIES, pa.timestamp("us")),
        }
    )
    found = few.expand(lake(), "train", labels)
    assert found.num_rows == few.most_rows
    assert found["travel_code"].to_pylist()[0] == FEWEST_QUERIES
    with pytest.raises(TrainingError, match=r"holds 3 items: .* only 199 queries"):
        replace(few, most_rows=few.most_rows - 1).expand(lake(), "train", labels)


def annotated(indexes, histories, at=None):
    """Three candidates, of which an index knows the first two, for each history."""
    queries = range(len(histories))
    counts = [[(one or []).count(name) or None for name in "ABC"] for one in histories]
    times = at or [day(9)] * len(histories)
    table = pa.table(
        {
            "travel_code": np.repeat(np.arange(len(histories)), 3),
            "event_timestamp": pa.array([times[one] for one in queries for _ in range(3)]),
            "hotel_name": ["A", "B", "C"] * len(histories),
            "place": ["x", "x", "x"] * len(histories),
            "recent_hotels": [one for one in histories for _ in range(3)],
            "recent_places": [
                None if one is None else ["x"] * len(one) for one in histories for _ in range(3)
            ],
            "stays_here": pa.array([one for mine in counts for one in mine], pa.int64()),
        }
    )
    return CANDIDATES.annotate(indexes, table)


def test_annotate_says_what_the_index_says_of_each_query(small_index):
    found = annotated([DatedIndex(day(1), small_index)], [["A"], None, ["B", "A", "A"], ["gone"]])
    both = np.arange(2)
    told = [
        small_index.describe(both, np.array(history, dtype=np.int64), np.array(counts))
        for history, counts in (([0], [1.0, 0.0]), ([], [0.0, 0.0]), ([1, 0, 0], [2.0, 1.0]))
    ]
    for name in TOLD:
        expected = []
        for number in (0, 1, 2, 1):
            expected += [*told[number][name].tolist(), None]
        assert found[name].to_pylist() == pytest.approx(expected, nan_ok=True)
        assert found[name].to_numpy().std(where=~np.isnan(found[name].to_numpy())) > 0


@given(
    built=st.lists(st.integers(0, 6), max_size=4, unique=True).map(sorted),
    asked=st.lists(st.integers(0, 7), min_size=1, max_size=6),
)
def test_a_query_is_told_by_the_newest_index_that_is_older_than_itself(built, asked):
    """An index as old as the query may hold its label: it is not used."""
    indexes = [DatedIndex(day(at), following(at)) for at in built]
    found = annotated(indexes, [["A"]] * len(asked), [day(at) for at in asked])
    told = found["index__follows"].to_pylist()[1::3]
    for at, said in zip(asked, told, strict=True):
        older = [one for one in built if one < at]
        assert said == (pytest.approx(share(older[-1])) if older else None)


def share(at):
    return 1.0 / (1.0 + at)


@cache
def following(at):
    """An index in which B follows A with a share that tells it from other indexes."""
    known = two_hotels()
    return replace(
        known,
        next=np.array([[1], [0]], np.int32),
        next_weights=np.array([[share(at)], [0.0]], np.float32),
    )


@pytest.fixture(scope="module")
def small_index():
    return two_hotels()


@cache
def two_hotels():
    """Two hotels, each of which was followed by the other."""
    from training.candidate_index import Choices, build_index

    items = pa.table({"name": ["A", "B"], "place": ["x", "x"], "price": [100.0, 200.0]})
    routes = pa.table(
        {
            "origin": pa.array([], pa.string()),
            "destination": pa.array([], pa.string()),
            "weekdays": pa.array([], pa.uint8()),
        }
    )
    person, item = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 0, 0])
    return build_index(items, Choices(person, item, np.ones(5, dtype=bool)), routes, seed=1)
