"""Bad input of the feature store, provoked for real: each has its own error, with the remedy."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
from datetime import UTC, timedelta

import feature_lake
import online_feast
import pandas as pd
import pytest
import redis
from feast import Entity, FeatureStore

from feature_repo.definitions import all_objects
from tambo.cli import main
from tambo.errors import (
    EntityRowsError,
    FeatureError,
    LakeError,
    OnlineStoreError,
    ReleaseError,
    SchemaError,
)
from tambo.featurestore.explain import explain
from tambo.featurestore.historical import get_features
from tambo.featurestore.online import OnlineReader, resolve
from tambo.featurestore.online_status import online_status
from tambo.featurestore.publish import publish
from tambo.featurestore.store import open_store, repo_config
from tambo.lake.retention import retire
from tambo.proofs.parity import prove_parity
from tambo.settings import Settings, get_settings

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
    publish(settings, all_objects())
    opened = open_store(settings, 1)
    feature_lake.write(settings, "UPDATE lake.marts.hotel_stays SET stays = 2")
    feature_lake.release(settings, 2, as_of=AS_OF + timedelta(days=1))
    publish(settings, all_objects())
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
    """Run a verb as a user would; returns its exit status and all that it printed."""

    def run(*words, settings=home):
        monkeypatch.setenv("TAMBO_HOME", str(settings.home))
        if settings.redis_url is not None:
            monkeypatch.setenv("TAMBO_REDIS_URL", settings.redis_url)
        monkeypatch.setattr(sys, "argv", ["tambo", *map(str, words)])
        get_settings.cache_clear()
        with pytest.raises(SystemExit) as done:
            main()
        get_settings.cache_clear()
        said = capsys.readouterr()
        return done.value.code or 0, said.out + said.err

    return run


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


def test_a_feature_service_that_does_not_exist(home, cli, tmp_path):
    known = "choose one of: fares_v1, flight_price_v1"
    with pytest.raises(FeatureError, match="no feature service nope") as error:
        get_features(home, "nope", ROWS, release=2)
    assert error.value.remedy == known
    with pytest.raises(FeatureError, match="feature service nope does not exist; there are: fares"):
        resolve(open_store(home, 2), "nope", release=2, as_of=AS_OF.replace(tzinfo=UTC))
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
        lambda: publish(home, all_objects(), release=number),
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
    assert found.text.endswith(", 1 releases behind, a publication begun and not ended")


def fares():
    """The definitions that the service of fares needs."""
    names = {SERVICE, "fare_prices", "route_fares"}
    return [one for one in all_objects() if isinstance(one, Entity) or one.name in names]


@pytest.fixture(params=["sqlite", "redis"])
def online(request, tmp_path):
    """A published home, its reader, and what stops, empties and damages its store."""
    settings = Settings(home=tmp_path / "home")
    feature_lake.marts(settings)
    feature_lake.release(settings, 1)
    if request.param == "sqlite":
        publish(settings, fares())
        yield _Online(settings, settings.online_store.unlink, _emptied(settings))
        return
    with online_feast.redis_server(tmp_path) as (port, process):
        settings = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})
        publish(settings, fares())

        def stop():
            process.terminate()
            process.wait(10)

        with redis.Redis(port=port) as client:
            yield _Online(settings, stop, client.flushdb)


def _emptied(settings):
    def empty():
        connection = sqlite3.connect(settings.online_store)
        with connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in names.fetchall():
                connection.execute(f'DELETE FROM "{name}"')
        connection.close()

    return empty


class _Online:
    def __init__(self, settings, stop, empty):
        self.settings, self.stop, self.empty = settings, stop, empty
        self.store = open_store(settings)
        manifest = resolve(self.store, SERVICE, release=1, as_of=AS_OF.replace(tzinfo=UTC))
        where = {"redis_url": settings.redis_url} if settings.redis_url else {}
        self.reader = OnlineReader.open(manifest, **(where or {"sqlite": settings.online_store}))

    def reads(self):
        async def wait():
            try:
                return await self.reader.read_async([FARE])
            finally:
                await self.reader.close_async()

        yield lambda: self.reader.read([FARE])
        yield lambda: asyncio.run(wait())
        yield self.reader.check

    def by_sdk(self):
        return self.store.get_online_features(["fare_prices:fare_mean"], [FARE]).to_dict()


def test_an_online_store_that_is_empty_and_then_down(online, cli):
    assert online.by_sdk()["fare_mean"] == [150.0]
    online.empty()
    for ask in online.reads():
        with pytest.raises(OnlineStoreError, match=r"is empty|holds no features") as error:
            ask()
        assert "run tambo features" in error.value.remedy
    # Feast's interface knows keys that are not found, not stores that are empty.
    assert online.by_sdk()["fare_mean"] == [None]
    found = online_status(online.settings, 1)
    assert found.text.endswith("has lost what was published")
    assert found.remedy == "tambo features"

    online.stop()
    for ask in (*online.reads(), online.by_sdk):
        with pytest.raises(OnlineStoreError, match=r"does not answer|is not there") as error:
            ask()
        assert re.search("start Redis|run tambo features", error.value.remedy)
    with pytest.raises(OnlineStoreError, match=r"does not answer|is not there"):
        prove_parity(online.settings, sample=5, seed=1)
    found = online_status(online.settings, 1)
    assert re.search("does not answer|has lost what was published", found.text)
    assert found.remedy
    if online.settings.redis_url:
        status, said = cli("features", settings=online.settings)
        assert (status, "OnlineStoreError: Redis does not answer" in said) == (1, True)
    else:
        publish(online.settings, fares())
        assert online.by_sdk()["fare_mean"] == [150.0]


def test_an_online_store_that_is_stale_or_cut_off_says_so(online):
    feature_lake.write(
        online.settings, "UPDATE lake.marts.fare_prices SET fare_mean = 300 WHERE fare_mean = 150"
    )
    feature_lake.release(online.settings, 2, as_of=AS_OF + timedelta(days=1))
    (row,) = online.reader.read([FARE])
    assert (row.release, row.as_of) == (1, AS_OF.replace(tzinfo=UTC))
    assert row.values["fare_prices__fare_mean"] == 150.0
    found = online_status(online.settings, 2)
    assert ("1 releases behind" in found.text, found.remedy) == (True, "tambo features")
    proof = prove_parity(online.settings, sample=5, seed=1)
    assert any("is stale: it holds release 1, the latest is 2" in one for one in proof.failures)

    def cut(message, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(online.settings, fares(), progress=cut)
    (row,) = online.reader.read([FARE])
    assert (row.release, row.values["fare_prices__fare_mean"]) == (1, 150.0)
    found = online_status(online.settings, 2)
    assert "release 1" in found.text
    assert found.text.endswith("begun and not ended")
    assert found.remedy == "tambo features"
    publish(online.settings, fares())
    assert online_status(online.settings, 2).remedy is None
    assert online.reader.read([FARE])[0].values["fare_prices__fare_mean"] == 300.0


def test_a_file_that_is_no_online_store_is_replaced(home, tmp_path):
    settings = Settings(home=tmp_path / "home")
    feature_lake.marts(settings)
    feature_lake.release(settings, 1)
    settings.online_store.parent.mkdir(parents=True)
    settings.online_store.write_bytes(b"no database" * 1000)
    manifest = resolve(open_store(home, 2), SERVICE, release=1, as_of=AS_OF.replace(tzinfo=UTC))
    with (
        OnlineReader.open(manifest, sqlite=settings.online_store) as reader,
        pytest.raises(OnlineStoreError, match="is not an online store") as error,
    ):
        reader.read([FARE])
    assert error.value.remedy == "delete it and run tambo features"
    publish(settings, fares())
    with OnlineReader.open(manifest, sqlite=settings.online_store) as reader:
        assert reader.read([FARE])[0].values["fare_prices__fare_mean"] == 150.0
