"""Bad input of training, provoked for real: each has its own error, with the remedy."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import command_line
import feature_lake
import pandas as pd
import pytest
from feast import FeatureStore

from feature_repo.definitions import all_objects
from tambo.errors import (
    EntityRowsError,
    FeatureError,
    LakeError,
    ReleaseError,
    SchemaError,
)
from tambo.featurestore.explain import explain
from tambo.featurestore.historical import get_features
from tambo.featurestore.online import resolve
from tambo.featurestore.online_status import online_status
from tambo.featurestore.publish import publish
from tambo.featurestore.store import open_store, repo_config
from tambo.lake.retention import retire
from tambo.settings import Settings

SERVICE = "fares_v1"
FARE = {"origin": "a", "destination": "b", "flight_type": "economic", "agency": "X"}
ROWS = pd.DataFrame([FARE | {"user_code": 7, "event_timestamp": feature_lake.day(60)}])
AS_OF = feature_lake.AS_OF
CHANGES = (
    "ALTER TABLE lake.marts.fare_prices RENAME COLUMN fare_mean TO mean_fare",
    "DROP TABLE lake.marts.hotel_stays",
    "CREATE OR REPLACE TABLE lake.marts.traveller_profile AS "
    "SELECT * REPLACE ('thirty' AS age) FROM lake.marts.traveller_profile",
    "CREATE OR REPLACE TABLE lake.marts.route_fares AS "
    "SELECT * REPLACE (event_timestamp::VARCHAR AS event_timestamp) FROM lake.marts.route_fares",
    "ALTER TABLE lake.marts.place_demand DROP COLUMN created_timestamp",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Release 1 is retired, 2 is published, 3 has other tables than the definitions.

    Also a store that was opened at release 1 before that was retired.
    """
    settings = Settings(home=tmp_path_factory.mktemp("bad-input") / "home")
    feature_lake.marts(settings)
    feature_lake.release(settings, 1)
    publish(settings, all_objects(["travel"]))
    opened = open_store(settings, 1)
    feature_lake.write(settings, "UPDATE lake.marts.hotel_stays SET stays = 2")
    feature_lake.release(settings, 2, as_of=AS_OF + timedelta(days=1))
    publish(settings, all_objects(["travel"]))
    feature_lake.write(settings, *CHANGES)
    feature_lake.release(settings, 3, as_of=AS_OF + timedelta(days=2))
    # Of a domain without raw rows nothing is published.
    raw = '{"raw.users": 1, "raw.flights": 1, "raw.hotels": 1}'
    feature_lake.write(settings, f"UPDATE lake.audit.releases SET row_counts = '{raw}'")
    assert retire(settings, named=[2], keep=1, grace=timedelta(0)).releases == (1,)
    return settings, opened


@pytest.fixture(scope="module")
def home(made):
    return made[0]


@pytest.fixture
def cli(home, monkeypatch, capsys):
    return partial(command_line.run, home, monkeypatch, capsys)


def historical(settings, rows, refs, release=2):
    store = open_store(settings, release)
    return store.get_historical_features(rows, refs, full_feature_names=True).to_df()


@pytest.mark.parametrize(
    ("change", "message", "remedy", "of_a_file"),
    [
        (lambda rows: rows.drop(columns="event_timestamp"), "event_timestamp|no time column",
         "name the entity time event_timestamp", True),
        (lambda rows: rows.drop(columns="origin"), "no column origin; they have destination",
         "add the join keys", True),
        (lambda rows: rows.assign(event_timestamp=7), "int64, not a time|'7' is not a time",
         "make it a timestamp|write times as", True),
        (lambda rows: rows.assign(event_timestamp="soon"), "'soon'.* is not a time|'soon' in row 0",
         "write times as", True),
        (lambda rows: rows.assign(event_timestamp=pd.NaT), "no time in 1 rows, first in row 0",
         "give every row its time", True),
        (lambda rows: rows.assign(origin=5), "origin .* is int64, .* keyed by VARCHAR",
         "cast the column origin", False),
        (lambda rows: pd.concat([rows, rows.assign(origin=5)]), "origin .* mixes types",
         "give the column one type", False),
        (lambda rows: pd.concat([rows, rows[["origin"]]], axis=1), "more than one column named origin",
         "rename or drop", True),
        (lambda rows: rows.assign(origin=[2**70]), "origin .* too wide", "one type", False),
        (lambda rows: rows.to_dict("records"), "are a list", "give a pandas frame", False),
    ],
)  # fmt: skip
def test_entity_rows(home, cli, tmp_path, change, message, remedy, of_a_file):
    wrong = change(ROWS)
    for ask in (
        lambda: get_features(home, SERVICE, wrong, release=2),
        lambda: historical(home, wrong, ["fare_prices:fare_mean"]),
    ):
        with pytest.raises(EntityRowsError, match=message) as error:
            ask()
        assert re.search(remedy, error.value.remedy)
    if of_a_file:
        path, out = tmp_path / "rows.csv", tmp_path / "out.parquet"
        wrong.to_csv(path, index=False)
        words = ("--service", SERVICE, "--entities", path, "--out", out, "--release", 2)
        status, said = cli("features", "get", *words)
        assert status == 1
        assert re.search(f"EntityRowsError: .*({message})", said)
        assert re.search(f"→ .*({remedy})", said)
        assert not out.exists()


def test_a_key_that_is_no_number_is_named_with_its_row(home, cli, tmp_path):
    rows = pd.DataFrame({"user_code": ["7", "x"], "event_timestamp": feature_lake.day(60)})
    refs = ["traveller_travel:trips_booked"]
    with pytest.raises(EntityRowsError, match=r"user_code .* is string, .* keyed by BIGINT"):
        historical(home, rows, refs)
    with pytest.raises(EntityRowsError, match=r"does not fit BIGINT: 1\.5 in row 1"):
        historical(home, rows.assign(user_code=[7.0, 1.5]), refs)
    rows = pd.concat([ROWS, ROWS.assign(user_code="x")])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    words = ("--service", "flight_price_v1", "--entities", tmp_path / "rows.csv")
    status, said = cli("features", "get", *words, "--out", tmp_path / "o.csv", "--release", 2)
    assert status == 1
    assert "rows.csv, record 2: user_code is 'x', which is not int64" in said


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("distance_km", "far", "distance_km .* is string, but the request's field is DOUBLE"),
        ("travel_date", 5, "travel_date .* is int64, but the request's field is STRING"),
        ("asked_at", True, "asked_at .* is bool, but the request's field is UNIX_TIMESTAMP"),
        ("asked_at", "soon", "asked_at .* holds 'soon' in row 0"),
    ],
)
def test_a_field_of_the_request_that_is_of_another_type(home, field, value, message):
    rows = ROWS.assign(**{field: value})
    with pytest.raises(EntityRowsError, match=message) as error:
        get_features(home, "flight_price_v1", rows, release=2)
    assert re.search("cast the column|write times as", error.value.remedy)
    if value != "soon":
        rest = {"distance_km": 1.0, "duration_hours": 1.0, "travel_date": "2024-03-02"}
        given = {"asked_at": feature_lake.day(60)} | rest | {field: value}
        with pytest.raises(EntityRowsError, match=message):
            historical(home, ROWS.assign(**given), ["flight_request:days_to_travel"])


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("SELECT 'a' AS origin, 'b' AS origin, now() AS event_timestamp", EntityRowsError,
         "more than one column named origin"),
        ("SELECT 'a' AS origin", EntityRowsError, "no time column"),
        ("SELECT * FROM marts.nothing", FeatureError, r"release 2 could not answer: .*nothing"),
        ("DROP TABLE lake.marts.fare_prices", FeatureError, "Parser Error"),
    ],
)  # fmt: skip
def test_entity_rows_as_sql(home, query, error, message):
    with pytest.raises(error, match=message) as raised:
        historical(home, query, ["fare_prices:fare_mean"])
    assert raised.value.remedy
    good = "SELECT *, now() AS event_timestamp FROM (SELECT 'a' AS origin, 'b' AS destination, "
    good += "'economic' AS flight_type, 'X' AS agency) -- said last;"
    assert historical(home, good, ["fare_prices:fare_mean"]).shape == (1, 6)


def test_a_feature_service_that_does_not_exist(home, cli, tmp_path):
    known = "choose one of: fares_v1, flight_price_v1, hotel_recommendation_v1, traveller_gender_v1"
    with pytest.raises(FeatureError, match="no feature service nope") as error:
        get_features(home, "nope", ROWS, release=2)
    assert error.value.remedy == known
    with pytest.raises(FeatureError, match="feature service nope does not exist; there are: fares"):
        resolve(open_store(home, 2), "nope", release=2, as_of=feature_lake.INSTANTS)
    ROWS.to_csv(tmp_path / "rows.csv", index=False)
    words = ("--service", "nope", "--entities", tmp_path / "rows.csv", "--out", tmp_path / "o.csv")
    status, said = cli("features", "get", *words, "--release", 2)
    assert status == 1
    assert f"FeatureError: There is no feature service nope.\n  → {known}" in said


@pytest.mark.parametrize(
    ("number", "message"),
    [(9, "There is no release 9"), (1, "Release 1 cannot be read: it is retired")],
)
def test_a_release_that_does_not_exist_or_was_retired(home, cli, tmp_path, number, message):
    config = repo_config(home)
    config.offline_store.release = number
    asks = (
        lambda: open_store(home, number),
        lambda: get_features(home, SERVICE, ROWS, release=number),
        lambda: publish(home, all_objects(["travel"]), release=number),
        lambda: explain(home, "fare_prices", FARE, feature_lake.day(60), release=number),
        lambda: (
            FeatureStore(config=config)
            .get_historical_features(ROWS, ["fare_prices:fare_mean"])
            .to_df()
        ),
    )
    for ask in asks:
        with pytest.raises(ReleaseError, match=message) as error:
            ask()
        assert error.value.remedy == "choose one of: 2, 3"
    ROWS.to_csv(tmp_path / "rows.csv", index=False)
    files = ("--entities", tmp_path / "rows.csv", "--out", tmp_path / "o.csv")
    key = ",".join(f"{name}={value}" for name, value in FARE.items())
    for words in (
        ("features", "--release", number),
        ("features", "get", "--service", SERVICE, *files, "--release", number),
        ("features", "explain", "fare_prices", key, "2024-03-01", "--release", number),
        ("train", "flight_price", "--release", number),
        ("export", "marts.fare_prices", "--out", tmp_path / "o.csv", "--release", number),
    ):
        status, said = cli(*words)
        assert status == 1, words
        assert f"ReleaseError: {message}" in said, words
        assert "→ choose one of: 2, 3" in said, words


def test_a_release_that_was_retired_while_a_store_was_open(made):
    job = made[1].get_historical_features(ROWS, ["fare_prices:fare_mean"])
    with pytest.raises(ReleaseError, match="Release 1 cannot be read: it is retired") as error:
        job.to_df()
    assert isinstance(error.value.__context__, LakeError)


@pytest.mark.parametrize(
    ("view", "feature", "key", "message", "remedy"),
    [
        ("hotel_stays", "stays", {"hotel_name": "H", "place": "a"},
         r"no table marts\.hotel_stays in release 3", "choose a release that has it"),
        ("fare_prices", "fare_mean", FARE,
         r"marts\.fare_prices has no column fare_mean in release 3; it has .*mean_fare",
         "release the new marts, or use the definitions of that release"),
        ("traveller_profile", "age", {"user_code": 7},
         r"Column age of marts\.traveller_profile is VARCHAR in release 3; .* declares INT64",
         "release the new marts, or use the definitions of that release"),
        ("route_fares", "route_observations", {"origin": "a", "destination": "b"},
         r"event_timestamp of marts\.route_fares is VARCHAR in release 3, so it cannot be an event",
         "cast it in the mart to TIMESTAMP"),
        ("place_demand", "arrivals", {"place": "a"},
         r"marts\.place_demand has no column created_timestamp in release 3",
         "release the new marts, or use the definitions of that release"),
    ],
)  # fmt: skip
def test_a_schema_that_changed_between_releases(home, cli, view, feature, key, message, remedy):
    rows = pd.DataFrame([key | {"event_timestamp": feature_lake.day(60)}])
    assert len(historical(home, rows, [f"{view}:{feature}"], release=2)) == 1
    store = open_store(home, 3)
    text = {name: str(value) for name, value in key.items()}
    for ask in (
        lambda: historical(home, rows, [f"{view}:{feature}"], release=3),
        lambda: store.get_historical_features(
            None, [f"{view}:{feature}"], start_date=feature_lake.day(0), end_date=AS_OF
        ).to_df(),
        lambda: store.materialize(feature_lake.day(0), AS_OF, feature_views=[view]),
        lambda: explain(home, view, text, feature_lake.day(60), release=3),
    ):
        with pytest.raises(SchemaError, match=message) as error:
            ask()
        assert remedy in error.value.remedy
    named = ",".join(f"{name}={value}" for name, value in key.items())
    status, said = cli("features", "explain", view, named, "2024-03-01", "--release", 3)
    assert status == 1
    assert re.search(f"SchemaError: .*{message}", said)
    assert remedy in said


def test_what_cannot_be_published_leaves_what_is_online(home, cli):
    status, said = cli("features", "--release", 3)
    assert status == 1
    assert "SchemaError: " in said
    found = online_status(home, 3)
    assert found.text.startswith("release 2, ")
    assert found.text.endswith(", 1 release behind, a publication begun and not ended")
