"""The rows of the hotel recommendation on the real road: what they hold, and that nothing leaks."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import training_home

from tambo.cli.proof_road import QUERIES_PROVED, training_rows
from tambo.featurestore.historical import get_features
from tambo.lake import reader, releases, writer
from tambo.serving.candidate_index import COLUMNS, TASTE, TASTE_OF_ALL, CandidateIndex
from tambo.settings import Settings
from training.candidates import RELEVANCE, chosen
from training.dated_index import REFRESHES, DatedIndex
from training.frame import Frame, build_frame
from training.labels import read_labels
from training.splits import CALIBRATION, TEST, TRAIN, draw
from training.travel import hotel_index
from training.travel.hotel_recommendation import ITEM, MODEL, QUERY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Settings:
    return training_home.small(tmp_path_factory)


@pytest.fixture(scope="module")
def frame(home) -> Frame:
    return build_frame(home, MODEL, releases.get(home, None))


def test_each_query_stands_beside_every_hotel_of_which_anything_is_known(home, frame):
    """The feature store, asked for every hotel there is, knows those and no others."""
    rows = frame.parts[TEST]
    hotels = pa.concat_tables(list(frame.parts.values())).group_by(list(ITEM)).aggregate([])
    first = np.flatnonzero(np.append(True, np.diff(rows[QUERY].to_numpy())))[:40]
    queries = rows.take(pa.array(first)).drop_columns(list(ITEM))
    every = queries.take(pa.array(np.repeat(np.arange(len(first)), hotels.num_rows)))
    again = pa.array(np.tile(np.arange(hotels.num_rows), len(first)))
    for name in ITEM:
        every = every.append_column(name, hotels[name].take(again))
    found = get_features(home, MODEL.feature_service, MODEL.entity_rows(every)).table
    known = pc.is_valid(found["hotel_stays__stays"])
    expected = {
        tuple(row.values()) for row in every.filter(known).select([QUERY, *ITEM]).to_pylist()
    }
    asked = pc.is_in(rows[QUERY], queries[QUERY].combine_chunks())
    mine = [tuple(row.values()) for row in rows.filter(asked).select([QUERY, *ITEM]).to_pylist()]
    assert set(mine) == expected
    assert len(mine) == len(expected) > 40 * 20


@pytest.mark.parametrize("part", [TRAIN, CALIBRATION, TEST])
def test_a_query_is_one_run_of_rows_with_at_most_one_chosen(frame, part):
    rows = frame.parts[part]
    queries = rows[QUERY].to_numpy()
    assert 1 + int((np.diff(queries) != 0).sum()) == len(np.unique(queries))
    right = Counter(rows.filter(pc.equal(rows[RELEVANCE], 1))[QUERY].to_pylist())
    assert set(right.values()) == {1}
    # Who is the first to book a hotel could not have been recommended it.
    assert len(right) > (0.98 if part == TEST else 0.7) * len(np.unique(queries))
    same = pc.and_(*(pc.equal(rows[name], rows[chosen(name)]) for name in ITEM))
    assert same.to_pylist() == [one == 1 for one in rows[RELEVANCE].to_pylist()]


def test_the_leakage_proof_compares_every_candidate(home):
    release = releases.get(home, None)
    with reader(home, release.snapshot_id) as lake:
        (compared,) = (
            one.labels(lake, release.as_of.of("travel"))
            for one in training_rows(home)
            if one.model == MODEL.name
        )
        labels = read_labels(lake, MODEL.label, known_by=release.as_of.of("travel"))
    trips = {one for one in labels["travel_code"].to_pylist() if draw(one, 0) < QUERIES_PROVED}
    proved = compared["travel_code"].to_pylist()
    assert len(trips) > 20
    # The first trips were asked for before any hotel was known.
    assert set(proved) <= trips
    assert len(set(proved)) > 0.7 * len(trips)
    assert len(proved) > 20 * len(set(proved))


def test_training_rows_are_told_by_indexes_of_their_past(home, frame):
    """Built again from what was known before the first rows of the last refresh."""
    rows = frame.parts[TRAIN]
    times = np.unique(rows["event_timestamp"].to_numpy())
    refreshed = times[int(len(times) * (REFRESHES - 1) / REFRESHES)].astype("datetime64[us]")
    with reader(home) as lake:
        index = hotel_index.build(lake, refreshed.item(), home.seed)
    told = MODEL.candidates.annotate(
        [DatedIndex(refreshed.item(), index)], rows.drop_columns(list(COLUMNS))
    )
    later = pc.greater(rows["event_timestamp"], pa.scalar(refreshed))
    assert 0.1 < pc.sum(later).as_py() / rows.num_rows < 0.3
    for name in COLUMNS:
        assert told.filter(later)[name].equals(rows.filter(later)[name])
        # Nothing is old enough for the first of them.
        assert rows[name].slice(0, 1).null_count == 1
        # A hotel that nobody knew of when the test began is not in its index.
        assert frame.parts[TEST][name].null_count < 0.05 * frame.parts[TEST].num_rows


def test_taste_is_a_chance_among_the_hotels_of_a_place(frame):
    rows = frame.parts[TEST].select([QUERY, "place", TASTE, TASTE_OF_ALL]).to_pandas()
    for name in (TASTE, TASTE_OF_ALL):
        whole = np.exp(rows[name]).groupby([rows[QUERY], rows["place"]]).sum()
        assert whole.max() < 1 + 1e-4
        assert whole.median() == pytest.approx(1, abs=1e-4)


def later_stays(lake, known: datetime) -> None:
    """Tell of a new hotel, other stays and a new route, all known a moment after an instant."""
    later = "TIMESTAMP '" + str(known) + "' + INTERVAL 1 MICROSECOND"
    lake.execute(
        "INSERT INTO lake.marts.label_hotel_stay BY NAME SELECT * REPLACE "
        f"('Nowhere' AS hotel_name, {later} AS created_timestamp) "
        f"FROM lake.marts.label_hotel_stay WHERE created_timestamp <= '{known}'"
    )
    lake.execute(
        "INSERT INTO lake.marts.label_flight_price BY NAME SELECT * REPLACE "
        f"('Nowhere' AS destination, {later} AS created_timestamp) "
        f"FROM lake.marts.label_flight_price WHERE created_timestamp <= '{known}'"
    )


def test_an_index_holds_nothing_that_became_known_later(home, frame, tmp_path):
    """The same instant, in a lake that was told more afterwards: the same index to the bit."""
    known = frame.bounds.test_start
    tables = ("label_hotel_stay", "label_flight_price")
    with reader(home) as lake:
        before = hotel_index.build(lake, known, seed=1)
        rows = {name: lake.execute(f"FROM lake.marts.{name}").to_arrow_table() for name in tables}
    with writer(Settings(home=tmp_path), "test") as lake:
        for name, table in rows.items():
            lake.register("rows_of_mart", table)
            lake.execute(f"CREATE TABLE lake.marts.{name} AS FROM rows_of_mart")
            lake.unregister("rows_of_mart")
        later_stays(lake, known)
        after = hotel_index.build(lake, known, seed=1)
        much_later = hotel_index.build(lake, frame.bounds.as_of, seed=1)
    for one in dataclasses.fields(CandidateIndex):
        np.testing.assert_array_equal(getattr(before, one.name), getattr(after, one.name))
    assert "Nowhere" not in before.names
    assert "Nowhere" in much_later.names
    assert "Nowhere" in much_later.destinations
