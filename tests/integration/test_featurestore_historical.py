"""Historical features through Feast's own FeatureStore, on a lake with awkward tables."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from asof_oracle import expect
from feature_lake import day, release, write
from rates_lake import START, TTL, apply_rates, make_rates, rates_store

from tambo.errors import FeatureError, LakeError, ReleaseError
from tambo.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with two releases of the same tables, and definitions applied."""
    settings = Settings(home=tmp_path_factory.mktemp("historical") / "home")
    rows = make_rates(settings)
    return SimpleNamespace(settings=settings, rows=rows, views=apply_rates(settings))


def store(home, number=1):
    return rates_store(home.settings, number)


def asked(size=200, seed=5) -> list[tuple]:
    draw = random.Random(seed)
    return [
        (
            draw.choice([1, 11, 2**53 + 1, 5, None]),
            draw.choice(["1", "11", "a|b", None]),
            START + timedelta(microseconds=draw.randrange(-2, 20)),
        )
        for _ in range(size)
    ]


def columns(entities, kind="naive"):
    times = [entity[2] for entity in entities]
    zones = {"naive": None, "UTC": "UTC", "Lima": "America/Lima", "Kathmandu": "Asia/Kathmandu"}
    series = pd.Series(times).astype("datetime64[us]")
    if zones[kind]:
        series = series.dt.tz_localize("UTC").dt.tz_convert(zones[kind])
    return pd.DataFrame(
        {
            "number": pd.array([entity[0] for entity in entities], dtype="Int64"),
            "event_timestamp": series,
            "name": [entity[1] for entity in entities],
            "price": range(len(entities)),
        }
    )


REFS = ["forever:rate", "forever:y", "short:rate", "short:y"]


def pairs_of(table: pa.Table, view: str) -> list[tuple[str, str]]:
    rate, y = table.column(f"{view}__rate").to_pylist(), table.column(f"{view}__y").to_pylist()
    return [(repr(one), repr(other)) for one, other in zip(rate, y, strict=True)]


@pytest.mark.parametrize("kind", ["naive", "UTC", "Lima", "Kathmandu", "nanoseconds"])
def test_a_frame_in_any_zone_gets_what_brute_force_gives(home, kind):
    entities = asked()
    frame = columns(entities, "naive" if kind == "nanoseconds" else kind)
    if kind == "nanoseconds":
        # What lies between two microseconds must not reach the later one.
        frame["event_timestamp"] = frame["event_timestamp"].astype(
            "datetime64[ns]"
        ) + np.timedelta64(999, "ns")
    table = store(home).get_historical_features(frame, REFS, full_feature_names=True).to_arrow()
    for view, ttl in (("forever", None), ("short", TTL)):
        assert pairs_of(table, view) == expect(home.rows, entities, ttl, as_known_at=True)
    assert table.column("price").to_pylist() == list(range(len(entities)))


def test_arrow_and_sql_entity_rows_get_the_same_as_a_frame(home):
    frame = columns(asked())
    expected = store(home).get_historical_features(frame, REFS, full_feature_names=True).to_arrow()
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    got = store(home).get_historical_features(arrow, REFS, full_feature_names=True).to_arrow()
    assert got.select(expected.column_names[4:]) == expected.select(expected.column_names[4:])
    assert got.column("event_timestamp") == arrow.column("event_timestamp")

    sql = "SELECT number, name, event + INTERVAL 2 MICROSECONDS AS at FROM marts.rates;"
    job = store(home).get_historical_features(sql, REFS, full_feature_names=True)
    entities = [(row[0], row[1], row[2] + timedelta(microseconds=2)) for row in home.rows]
    assert pairs_of(job.to_arrow(), "short") == expect(home.rows, entities, TTL, as_known_at=True)


def test_the_plain_event_time_join_stays_available(home):
    entities = asked()
    plain = store(home)
    plain.config.offline_store.as_known_at = False
    table = plain.get_historical_features(columns(entities), REFS, full_feature_names=True)
    expected = expect(home.rows, entities, None, as_known_at=False)
    assert pairs_of(table.to_arrow(), "forever") == expected
    filtered = plain.get_historical_features(
        columns(entities), REFS, full_feature_names=True, filter_by_created_timestamp=True
    )
    expected = expect(home.rows, entities, None, as_known_at=True)
    assert pairs_of(filtered.to_arrow(), "forever") == expected


def test_order_repeats_and_columns_of_the_entity_rows_are_kept(home):
    frame = pd.concat([columns(asked())] * 2).sample(frac=1, random_state=3)
    got = store(home).get_historical_features(frame, REFS, full_feature_names=True).to_df()
    assert list(got.columns[:4]) == list(frame.columns)
    assert got["price"].tolist() == frame["price"].tolist()


def test_composite_keys_are_not_mixed_and_null_keys_match_nothing(home):
    frame = pd.DataFrame(
        {"a": [11, 1, 1, None], "b": [1, 11, 1, 11], "event_timestamp": [day(3)] * 4}
    )
    got = store(home).get_historical_features(frame, ["pairs:label", "pairs:list"]).to_arrow()
    assert got.column("label").to_pylist() == ["eleven-one", "one-eleven", None, None]
    assert got.column("list").to_pylist() == [[1.0, None], [], None, None]


def test_a_view_without_entity_is_joined_by_time_alone(home):
    frame = pd.DataFrame({"event_timestamp": [day(3), day(4), day(20)]})
    got = store(home).get_historical_features(frame, ["fuel:price"]).to_arrow()
    assert got.column("price").to_pylist() == [None, 7.5, 8.5]
    assert got.schema.field("price").type == pa.float64()  # declared so; the column is a decimal


def test_a_service_with_aliases_is_joined_by_its_own_keys(home):
    from tambo.featurestore.historical import get_features

    entities = asked(seed=9)
    frame = columns(entities)
    frame["other_number"] = frame["number"].sample(frac=1, random_state=1).to_numpy()
    frame["event_timestamp"] = frame["event_timestamp"].dt.tz_localize("UTC")
    others = [
        (None if pd.isna(number) else int(number), entity[1], entity[2])
        for number, entity in zip(frame["other_number"], entities, strict=True)
    ]
    got = get_features(home.settings, "both", frame, release=1)
    assert pairs_of(got.table, "other") == expect(home.rows, others, None, as_known_at=True)
    rates = [rate for rate, _ in expect(home.rows, entities, None, as_known_at=True)]
    assert [repr(one) for one in got.table.column("one__rate").to_pylist()] == rates
    assert got.certificate.release == 1
    assert got.certificate.rows == len(entities)
    assert got.certificate.fan_out == 1
    assert got.certificate.newest_event <= 0
    assert got.certificate.newest_created <= 0
    assert got.certificate.nulls["one__rate"] == rates.count("None")


def test_what_was_not_yet_known_is_seen_only_on_request_and_then_confessed(home):
    from tambo.featurestore.historical import get_features

    frame = pd.DataFrame(
        {
            "number": [1],
            "other_number": [1],
            "name": ["-"],
            "event_timestamp": pd.to_datetime(["2024-01-10"], utc=True),
        }
    )
    honest = get_features(home.settings, "both", frame)
    assert honest.table.column("late__seen").to_pylist() == [None]
    assert honest.certificate.unmatched["late"] == 1
    plain = get_features(home.settings, "both", frame, as_known_at=False)
    assert plain.table.column("late__seen").to_pylist() == [1]
    assert plain.certificate.as_known_at is False
    assert plain.certificate.newest_created == 10 * 86_400_000_000
    with pytest.raises(FeatureError, match="before it became known"):
        from dataclasses import replace

        replace(plain.certificate, as_known_at=True).verify()


def test_each_release_is_read_as_it_was(home):
    frame = pd.DataFrame({"event_timestamp": [day(20)]})
    prices = [
        store(home, number)
        .get_historical_features(frame, ["fuel:price"])
        .to_arrow()["price"][0]
        .as_py()
        for number in (1, 2, None)
    ]
    assert prices == [8.5, 9.5, 9.5]
    with pytest.raises(ReleaseError, match="no release 7"):
        store(home, 7)


def test_a_table_that_a_release_does_not_have_is_named(home):
    frame = pd.DataFrame({"a": [1], "b": [11], "event_timestamp": [day(3)]})
    job = store(home, 2).get_historical_features(frame, ["pairs:label"])
    with pytest.raises(FeatureError, match=r"no table marts\.pairs in release 2"):
        job.to_arrow()


def test_a_column_that_a_release_does_not_have_is_named(home):
    view = home.views.fuel
    from tambo.featurestore.plan import plan_views
    from tambo.featurestore.retrieval import HistoricalJob

    renamed = plan_views([view], ["fuel:cost"], full_feature_names=False)
    frame = pd.DataFrame({"event_timestamp": [day(3)]})
    job = HistoricalJob(
        store(home).config.offline_store,
        renamed,
        frame,
        as_known_at=True,
        feature_refs=["fuel:cost"],
        on_demand=[],
        full_feature_names=False,
    )
    with pytest.raises(FeatureError, match="no column cost in release 1"):
        job.to_arrow()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="number"), "no column number"),
        (lambda frame: frame.drop(columns="event_timestamp"), "no time column"),
        (lambda frame: frame.assign(number="1"), "is string, but the features are keyed by BIGINT"),
        (lambda frame: frame.assign(number=1.5), "does not fit BIGINT"),
        (lambda frame: frame.assign(name=1), "keyed by VARCHAR"),
        (lambda frame: frame.assign(event_timestamp="today"), "not a time"),
        (lambda frame: frame.assign(event_timestamp=pd.NaT), "has no time in 200 rows"),
        (lambda frame: frame.assign(forever__y=1), "already have a column forever__y"),
        (lambda frame: pd.concat([frame, frame[["price"]]], axis=1), "more than one column"),
    ],
)
def test_entity_rows_that_cannot_be_joined_say_why(home, change, message):
    arrow = change(columns(asked()))
    with pytest.raises(FeatureError, match=message):
        store(home).get_historical_features(arrow, REFS, full_feature_names=True).to_arrow()


def test_whole_numbers_with_gaps_may_come_as_floats(home):
    frame = pd.DataFrame(
        {"number": [1.0, np.nan], "name": ["1", "1"], "event_timestamp": [day(100)] * 2}
    )
    got = store(home).get_historical_features(frame, ["forever:y", "forever:rate"]).to_arrow()
    entities = [(1, "1", day(100)), (None, "1", day(100))]
    found = [(repr(row["rate"]), repr(row["y"])) for row in got.to_pylist()]
    assert found == expect(home.rows, entities, None, as_known_at=True)


def test_no_entity_rows_give_no_rows(home):
    got = store(home).get_historical_features(columns([(1, "1", START)]).head(0), REFS, True)
    assert got.to_arrow().num_rows == 0
    assert "forever__rate" in got.to_arrow().column_names


def test_the_statement_can_be_read(home):
    job = store(home).get_historical_features(columns(asked()), REFS, full_feature_names=True)
    sql = job.to_sql()
    assert sql.count("ASOF LEFT JOIN") == 1  # both views match the same rows of one table
    assert job.metadata.features == REFS
    assert job.metadata.min_event_timestamp == min(entity[2] for entity in asked()).replace(
        tzinfo=UTC
    )


def test_a_data_set_is_saved_in_the_lake_and_read_back(home):
    from feast import FeatureStore

    from tambo.featurestore.saved import SavedDatasetDuckLakeStorage
    from tambo.featurestore.store import repo_config
    from tambo.lake import head

    frame = columns(asked(), "UTC")
    config = repo_config(home.settings)
    open_store = FeatureStore(config=config)
    job = open_store.get_historical_features(frame, REFS, full_feature_names=True)
    storage = SavedDatasetDuckLakeStorage("monitoring.training")
    open_store.create_saved_dataset(job, "training", storage)
    config = repo_config(home.settings)
    config.offline_store.snapshot = head(home.settings)
    back = FeatureStore(config=config).get_saved_dataset("training").to_df()
    assert sorted(map(repr, back["forever__rate"])) == sorted(
        map(repr, job.to_df()["forever__rate"])
    )
    with pytest.raises(FeatureError, match=r"already has a table monitoring\.training"):
        job.persist(storage)


def test_rows_written_through_feast_are_there_at_the_next_release(home):
    frame = pd.DataFrame({"day": pd.to_datetime(["2024-03-01"], utc=True), "price": [1.5]})
    store(home).write_to_offline_store("fuel", frame, allow_registry_cache=False)
    release(home.settings, 3)
    got = store(home, 3).get_historical_features(
        pd.DataFrame({"event_timestamp": [datetime(2024, 4, 1, tzinfo=UTC)]}), ["fuel:price"]
    )
    assert got.to_arrow()["price"].to_pylist() == [1.5]


def test_logged_features_are_kept_in_the_lake(home):
    from feast import FeatureService
    from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig

    from tambo.featurestore.saved import DuckLakeLoggingDestination
    from tambo.lake import reader

    open_store = store(home)
    destination = DuckLakeLoggingDestination("monitoring.late_log")
    service = FeatureService(
        name="logged", features=[home.views.late], logging_config=LoggingConfig(destination)
    )
    open_store.apply([service])
    found = open_store.get_feature_service("logged")
    assert found.logging_config.destination.table == destination.table
    schema = FeatureServiceLoggingSource(found, open_store.project).get_schema(open_store.registry)
    line = dict.fromkeys(schema.names) | {
        "number": 1,
        "late__seen": 5,
        "__log_timestamp": datetime(2024, 2, 1, tzinfo=UTC),
    }
    for _ in range(2):
        open_store.write_logged_features(pa.Table.from_pylist([line], schema=schema), found)
    with reader(home.settings) as lake:
        rows = lake.execute(
            "SELECT number, late__seen, __log_timestamp FROM lake.monitoring.late_log"
        ).fetchall()
    assert rows == [(1, 5, datetime(2024, 2, 1))] * 2


def test_without_a_lake_or_definitions_the_way_on_is_named(tmp_path):
    from tambo.featurestore.store import open_store

    with pytest.raises(LakeError, match="no lake"):
        open_store(Settings(home=tmp_path / "none"))
    settings = Settings(home=tmp_path / "home")
    write(settings, "CREATE TABLE lake.marts.t AS SELECT 1 AS a")
    with pytest.raises(ReleaseError, match="Nothing has been released"):
        open_store(settings)
    release(settings, 1)
    with pytest.raises(FeatureError, match="No feature definitions"):
        open_store(settings)
