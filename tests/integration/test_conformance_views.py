"""Every kind of view through Feast's interface, offline and online: ours answers as the stock
stores do, or as an expected table says where those are wrong (docs/feast-conformance.md)."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pytest
from conformance import NOW, cells, ours, plain, sides
from conformance_views import ASKED, ENTITIES, FEATURES, SERVICES, ask, define, question
from feast.errors import (
    FeatureNameCollisionError,
    FeatureViewNotFoundException,
    RequestDataNotFoundInEntityDfException,
)

from tambo.errors import FeatureError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

QUESTIONS = [*FEATURES, *SERVICES]
ONLINE = ["trips_view", "weather", "fares", "pushed_weather"]
NOT_ONLINE = {"without entity, with field mapping", "batch feature view"}
"""The stock store cannot materialize the one; the other is not served online unless told to."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    pair = sides(tmp_path_factory.mktemp("views"), define)
    for side in pair:
        side.store.materialize(NOW - timedelta(days=11), NOW, ONLINE)
    return pair


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Ours with our own SQLite store, asked as of NOW."""
    side = ours(tmp_path_factory.mktemp("own") / "ours", define, own_online=True)
    side.store.materialize(NOW - timedelta(days=11), NOW, [*ONLINE, "world"])
    return side


@pytest.mark.parametrize("full", [False, True], ids=["short", "full"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_historical_features_are_those_of_the_stock_store(both, name, full):
    if name == "aliases" and not full:
        for side in both:
            with pytest.raises(FeatureNameCollisionError):
                ask(side, name)
        return
    stock, lake = (ask(side, name, full=full) for side in both)
    assert lake == stock
    assert any(value is not None for key in set(lake) - set(ASKED) for value in lake[key])


def test_historical_features_as_a_table(both):
    """The same by hand, for those who doubt both stores."""
    got = ask(both[1], "several at once")
    assert got["spend"] == [None, 20.5, 40.5, 60.5, None, None, None]
    assert got["fare_mean"] == [100.0, 300.0, 400.0, 500.0, 200.0, None, None]
    assert got["total"] == [8, 7, 8, 8, 8, None, None]
    assert got["temperature"] == [12.5, None, 8.0, None, 12.5, None, None]
    assert got["over"] == [None, -29.5, 15.5, 60.5, None, None, None]


@pytest.mark.parametrize("full", [False, True], ids=["short", "full"])
@pytest.mark.parametrize("name", [one for one in QUESTIONS if one not in NOT_ONLINE])
def test_online_features_are_those_of_the_stock_store(both, own, name, full):
    answers = []
    for side in (*both, own):
        asked = question(side, name)
        if isinstance(asked, list):
            asked = [ref for ref in asked if not ref.startswith("world:")]
        if name == "aliases" and not full:
            with pytest.raises(FeatureNameCollisionError):
                side.store.get_online_features(asked, ENTITIES)
            return
        found = side.store.get_online_features(asked, ENTITIES, full_feature_names=full)
        values = plain(found.to_dict(include_event_timestamps=True))
        statuses = [list(one.statuses) for one in found.proto.results]
        answers.append((values, statuses))
    stock, lake, with_own_store = answers
    if name == "some":
        # The stock DuckDB store cannot materialize a view without entity; only our own holds it.
        total = "world__total" if full else "total"
        assert with_own_store[0].pop(total) == [8, 8, 8] and stock[0].pop(total) == [None] * 3
        assert lake[0].pop(total) == [None] * 3
        answers = [{k: v for k, v in one[0].items() if not k.startswith(total)} for one in answers]
        stock, lake, with_own_store = answers
    assert lake == stock
    assert with_own_store == stock


def test_what_is_older_than_its_ttl_is_null_in_our_own_store(both, own):
    """Feast applies a ttl offline and not online; ours applies it in both."""
    later, refs = NOW + timedelta(days=1.5), ["weather:temperature", "trips_view:trips"]
    offline = ASKED[:3].assign(
        event_timestamp=later, user_code=[1, 2, 9], place=["Cusco", "Puno", "Quito"]
    )
    expected = cells(own.store.get_historical_features(offline, refs).to_df(), "n")
    own.store.config.online_store.as_of = later
    try:
        found = own.store.get_online_features(refs, ENTITIES).to_dict()
    finally:
        own.store.config.online_store.as_of = NOW
    assert [found["temperature"], found["trips"]] == [[None, 8.0, None], [3, None, None]]
    assert [expected["temperature"], expected["trips"]] == [found["temperature"], found["trips"]]
    stale = both[0].store.get_online_features(refs, ENTITIES).to_dict()
    assert stale["temperature"] == [12.5, 8.0, None]


@pytest.mark.parametrize("full", [False, True], ids=["short", "full"])
def test_an_on_demand_view_for_one_row_at_a_time_is_given_rows(both, full):
    """The stock store hands it whole columns in historical retrieval, on which it breaks."""
    refs = ["budget_per_trip:budget_per_trip"]
    stock, lake = both
    with pytest.raises((TypeError, ValueError, KeyError)):
        stock.store.get_historical_features(ASKED.copy(), refs).to_df()
    name = "budget_per_trip__budget_per_trip" if full else "budget_per_trip"
    found = lake.store.get_historical_features(ASKED, refs, full_feature_names=full).to_df()
    assert cells(found, "n")[name] == [100.0 / 3, 25.0, 25.0 / 4, 0.0, None, None, None]
    none = lake.store.get_historical_features(ASKED[:0], refs).to_df()
    assert len(none) == 0 and "budget_per_trip" in none.columns
    one = [side.store.get_online_features(refs, ENTITIES[:1]).to_dict() for side in both]
    assert one[0] == one[1] and one[1]["budget_per_trip"] == [5.0 / 3]


def test_jobs_say_what_they_retrieve(both):
    said = []
    for side in both:
        job = side.store.get_historical_features(ASKED.copy(), FEATURES["batch"])
        told = job.metadata
        times = (told.min_event_timestamp, told.max_event_timestamp)
        said.append((told.features, sorted(told.keys), times, job.supports_remote_storage_export()))
        assert cells(job.to_feast_df().data.to_pandas(), "n") == cells(job.to_df(), "n")
    assert said[0] == said[1]


def test_a_view_without_entity_is_materialized_and_served(both):
    _, lake = both
    lake.store.materialize(NOW - timedelta(days=11), NOW, ["world"])
    found = lake.store.get_online_features(["world:total"], [{"user_code": 1}, {"user_code": 5}])
    assert found.to_dict()["total"] == [8, 8]


def test_the_stock_store_still_cannot_materialize_a_view_without_entity(both):
    with pytest.raises(ValueError, match="__dummy_id"):
        both[0].store.materialize(NOW - timedelta(days=11), NOW, ["world"])


def test_online_features_are_read_asynchronously_and_by_column(both):
    columns = {key: [row[key] for row in ENTITIES] for key in ENTITIES[0]}
    for side in both:
        asked = FEATURES["batch"]
        expected = side.store.get_online_features(asked, ENTITIES).to_dict()
        assert side.store.get_online_features(asked, columns).to_dict() == expected


@pytest.mark.parametrize("name", ["batch", "several at once"])
@pytest.mark.parametrize("form", ["naive", "Lima", "nanoseconds", "named otherwise", "text"])
def test_entity_times_in_any_form(both, name, form):
    frame = ASKED.copy()
    times = frame["event_timestamp"]
    by = "n"
    if form == "naive":
        frame["event_timestamp"] = times.dt.tz_localize(None)
    elif form == "Lima":
        frame["event_timestamp"] = times.dt.tz_convert("America/Lima")
    elif form == "nanoseconds":
        frame["event_timestamp"] = times.astype("datetime64[ns, UTC]")
    elif form == "named otherwise":
        frame = frame.rename(columns={"event_timestamp": "booked_at"})
    else:
        frame["event_timestamp"] = [one.isoformat() for one in times]
    stock, lake = (ask(side, name, frame, by=by) for side in both)
    kept = set(lake) - {"event_timestamp", "booked_at"}
    expected = ask(both[1], name)
    assert {key: lake[key] for key in kept} == {key: expected[key] for key in kept}
    assert {key: stock[key] for key in kept} == {key: lake[key] for key in kept}


def test_entity_rows_as_arrow_and_as_sql_over_the_lake(both):
    _, lake = both
    expected = ask(lake, "several at once")
    arrow = pa.Table.from_pandas(ASKED, preserve_index=False)
    refs = FEATURES["several at once"]
    assert cells(lake.store.get_historical_features(arrow, refs).to_df(), "n") == expected
    lake.source("asked", ASKED)
    # With and without the lake's name, as Feast's suites write it.
    for table in ("marts.asked", "lake.marts.asked"):
        job = lake.store.get_historical_features(f"SELECT * FROM {table}", refs)
        assert cells(job.to_df(), "n") == expected
        assert "ASOF" in job.to_sql()


def test_order_repeats_and_other_columns_of_the_entity_rows_are_kept(both):
    """The stock DuckDB store returns them in any order."""
    mixed = ASKED.sample(frac=1, random_state=4)
    found = both[1].store.get_historical_features(mixed, FEATURES["batch"]).to_df()
    assert list(found["n"]) == list(mixed["n"])
    assert list(found.columns) == [*mixed.columns, "trips", "spend"]


def test_null_keys_match_nothing(both):
    frame = pd.DataFrame(
        {"origin": ["Lima", None], "destination": [None, None], "event_timestamp": [NOW] * 2}
    ).assign(n=range(2))
    stock, lake = (ask(side, "composite key and field mapping", frame) for side in both)
    assert lake == stock
    assert lake["fare_mean"] == [None, None]


def test_created_times_filter_what_was_not_yet_known(both):
    asked = ASKED.assign(event_timestamp=pd.Timestamp(NOW) - timedelta(days=3, hours=12))
    plain_join, known = (
        [ask(side, "batch", asked, **options) for side in both]
        for options in ({}, {"filter_by_created_timestamp": True})
    )
    assert plain_join[0] == plain_join[1] and known[0] == known[1]
    # At that time the correction of traveller 1's first row had not been written down.
    assert plain_join[1]["spend"][0] == 20.5 and known[1]["spend"][0] == 10.5


def test_features_are_retrieved_over_a_range_of_time(both):
    """The stock DuckDB store has no retrieval without entity rows."""
    _, lake = both
    found = lake.store.get_historical_features(
        entity_df=None,
        features=FEATURES["batch"],
        start_date=NOW - timedelta(days=5),
        end_date=NOW,
    ).to_df()
    assert {"event_timestamp", "user_code", "trips", "spend"} <= set(found.columns)
    rows = list(zip(found["user_code"], found["trips"], strict=True))
    assert (1, 3) in rows and (3, 6) in rows
    assert found["event_timestamp"].min() >= pd.Timestamp(NOW) - timedelta(days=5)


@pytest.mark.parametrize(
    ("features", "error"),
    [
        (["nowhere:trips"], FeatureViewNotFoundException),
        (["trips_view:nothing"], KeyError),
        (["trips_view:trips", "trips_batch:trips"], FeatureNameCollisionError),
    ],
)
def test_a_wrong_reference_is_feasts_own_error(both, features, error):
    for side in both:
        with pytest.raises(error):
            side.store.get_historical_features(ASKED.copy(), features).to_df()
        with pytest.raises(error):
            side.store.get_online_features(features, ENTITIES)


def test_a_missing_request_field_is_feasts_own_error(both):
    for side in both:
        with pytest.raises(RequestDataNotFoundInEntityDfException):
            side.store.get_historical_features(
                ASKED.drop(columns="budget"), FEATURES["on demand, pandas"]
            )


def test_a_missing_key_or_time_is_named(both):
    _, lake = both
    with pytest.raises(FeatureError, match="user_code"):
        ask(lake, "batch", ASKED.drop(columns="user_code"))
    with pytest.raises(FeatureError, match="no time column"):
        ask(lake, "batch", ASKED.drop(columns="event_timestamp"))
