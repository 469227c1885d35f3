"""`tambo prove parity`: it holds on both stores, and says what breaks it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import feature_lake
import online_feast
import pandas as pd
import pytest
import redis
from typer.testing import CliRunner

from feature_repo.definitions import all_objects
from tambo.as_of import AsOf
from tambo.cli import app
from tambo.errors import OnlineStoreError, ProofError
from tambo.featurestore.online import StoreState, write_redis_state, write_sqlite_state
from tambo.featurestore.publish import publish
from tambo.featurestore.store import PROJECT, open_store
from tambo.proofs.parity import prove_parity
from tambo.settings import Settings, get_settings

LATER = (
    "INSERT INTO lake.marts.fare_prices SELECT * REPLACE (TIMESTAMP '2024-03-01' AS "
    "event_timestamp, TIMESTAMP '2024-03-02' AS created_timestamp, 300 AS fare_mean) "
    "FROM lake.marts.fare_prices WHERE fare_mean = 150"
)
# Fresh, expired, withdrawn and null cells; ttls run out from the first days of the year on.
WITHDRAWN = (
    "INSERT INTO lake.marts.hotel_stays SELECT 'Gone' AS hotel_name, 'b' AS place, "
    "TIMESTAMP '2024-03-01' AS event_timestamp, TIMESTAMP '2024-03-01' AS created_timestamp, "
    "NULL::BIGINT AS stays, NULL::DOUBLE AS mean_nightly_price, NULL::DOUBLE AS mean_nights, "
    "NULL::BIGINT AS stays_90d, NULL::DOUBLE AS mean_nightly_price_90d, "
    "NULL::DOUBLE AS last_nightly_price"
)


def release(settings, number, as_of):
    """Name the lake's state a release, made from the raw tables of travel."""
    feature_lake.release(settings, number, as_of=as_of)
    feature_lake.write(
        settings,
        'UPDATE lake.audit.releases SET row_counts = \'{"raw.users": 1, "raw.flights": 1, '
        '"raw.hotels": 1}\'',
    )


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def home(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"parity-{request.param}")
    settings = Settings(home=folder / "home")
    feature_lake.marts(settings)
    feature_lake.write(settings, WITHDRAWN)
    release(settings, 1, feature_lake.day(40))
    if request.param == "sqlite":
        publish(settings, all_objects(["travel"]))
        yield settings
        return
    with online_feast.redis_server(folder) as (port, _):
        settings = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})
        publish(settings, all_objects(["travel"]))
        yield settings


def prove(settings, sample=1_000):
    return prove_parity(settings, sample=sample, seed=1)


@pytest.fixture(scope="module")
def proof(home):
    """Of the store as it was published."""
    return prove(home)


def of(proof, name):
    return next(part for part in (*proof.views, *proof.services) if part.view == name)


@contextmanager
def kept(settings):
    """What is done to the online store inside is undone afterwards."""
    if settings.redis_url is None:
        copy = settings.online_store.with_suffix(".kept")
        shutil.copy(settings.online_store, copy)
        yield
        copy.replace(settings.online_store)
        return
    with redis.Redis.from_url(settings.redis_url) as client:
        dumped = {key: client.dump(key) for key in client.scan_iter()}
        yield
        client.flushdb()
        for key, value in dumped.items():
            client.restore(key, 0, value)


def sql(settings, statement):
    with sqlite3.connect(settings.online_store) as connection:
        changed = connection.execute(statement).rowcount
    connection.close()
    assert changed > 0


def fields(client, view):
    """Keys and hashes that hold a view."""
    for key in client.scan_iter():
        if not key.startswith(b"tambo:") and client.hexists(key, f"_ts:{view}"):
            yield key


def test_every_key_of_every_view_is_the_same(proof):
    assert proof.failures == []
    assert (proof.release, proof.latest) == (1, 1)
    assert [view.view for view in proof.views] == feature_lake.VIEWS
    assert of(proof, "place_demand").keys == of(proof, "hotel_stays").keys == 2
    # The withdrawn hotel has six nulls; nothing else of the two is null.
    assert (of(proof, "hotel_stays").cells, of(proof, "hotel_stays").filled) == (12, 6)
    assert of(proof, "fare_prices").filled == 5
    assert of(proof, "traveller_travel").filled == 7
    assert of(proof, "traveller_recent_stays").filled == 2


def test_every_service_is_asked_with_its_aliases_and_on_demand_features(proof):
    asked = [service.view for service in proof.services]
    assert asked == [
        "fares_v1",
        "flight_price_v1",
        "hotel_recommendation_v1",
        "traveller_gender_v1",
    ]
    # As many requests as there are places; the route's deviation is the only null.
    service = of(proof, "flight_price_v1")
    assert (service.keys, service.pushed, service.mismatches) == (2, 0, ())
    assert (service.cells, service.filled) == (2 * 41, 2 * 40)


def test_a_sample_is_a_sample(home):
    view = of(prove(home, sample=1), "place_demand")
    assert (view.keys, view.all_keys) == (1, 2)


def test_a_corrupted_value_is_found(home):
    with kept(home):
        if home.redis_url is None:
            sql(
                home,
                "UPDATE tambo_fare_prices SET value = (SELECT value FROM tambo_fare_prices WHERE "
                "feature_name = 'fare_std') WHERE feature_name = 'fare_mean'",
            )
        else:
            with redis.Redis.from_url(home.redis_url) as client:
                (key,) = fields(client, "fare_prices")
                store = open_store(home)
                view = store.get_feature_view("fare_prices")
                from tambo.featurestore.stores.served import layout_of

                layout = layout_of(view, store.config, ["fare_mean", "fare_std"])
                client.hset(key, layout.fields[0], client.hget(key, layout.fields[1]))
        proof = prove(home)
    assert proof.failures == [
        "fare_prices differs in 2 cells",
        "fares_v1 differs in 2 cells",
        "flight_price_v1 differs in 4 cells",
    ]
    (first, second) = of(proof, "fare_prices").mismatches
    assert {first.reader, second.reader} == {"Feast's SDK", "OnlineReader"}
    assert (first.feature, first.offline, first.online) == ("fare_prices__fare_mean", 150.0, 15.0)
    assert first.key == ("a", "b", "economic", "X")


def test_a_missing_key_is_found(home):
    with kept(home):
        if home.redis_url is None:
            sql(home, "DELETE FROM tambo_traveller_travel")
        else:
            with redis.Redis.from_url(home.redis_url) as client:
                (key,) = fields(client, "traveller_travel")
                client.hdel(key, "_ts:traveller_travel")
        proof = prove(home)
    assert proof.failures[0] == "traveller_travel differs in 14 cells"
    wrong = {one.feature for one in of(proof, "flight_price_v1").mismatches}
    # What is computed from a missing feature is missing as well.
    assert "flight_request__days_since_last_booking" in wrong
    assert {name.partition("__")[0] for name in wrong} == {"traveller_travel", "flight_request"}
    assert {one.why for one in of(proof, "traveller_travel").mismatches} == {"online: unknown key"}


def test_a_missing_place_is_found_under_both_its_aliases(home):
    with kept(home):
        if home.redis_url is None:
            sql(home, "DELETE FROM tambo_place_demand")
        else:
            with redis.Redis.from_url(home.redis_url) as client:
                for key in [*fields(client, "place_demand")]:
                    client.hdel(key, "_ts:place_demand")
        proof = prove(home)
    wrong = {one.feature.partition("__")[0] for one in of(proof, "flight_price_v1").mismatches}
    assert wrong == {"origin_place", "destination_place"}


def test_a_key_that_the_release_does_not_have_is_found(home):
    with kept(home):
        if home.redis_url is None:
            sql(
                home,
                "INSERT INTO tambo_traveller_profile (entity_key, feature_name, value, event_ts, "
                "event_us, created_us, tambo_publication) SELECT "
                "CAST(replace(entity_key, x'07', x'08') AS BLOB), feature_name, value, event_ts, "
                "event_us, created_us, tambo_publication FROM tambo_traveller_profile",
            )
        else:
            with redis.Redis.from_url(home.redis_url) as client:
                (key,) = fields(client, "traveller_profile")
                other = key.replace(b"\x07", b"\x08")
                client.restore(other, 0, client.dump(key))
                client.hdel(other, "_ts:traveller_travel")
        proof = prove(home)
    view = of(proof, "traveller_profile")
    assert view.keys == 2
    assert {one.key for one in view.mismatches} == {(8,)}
    assert {one.offline for one in view.mismatches} == {None}


def test_what_was_pushed_later_is_left_out_and_too_much_of_it_fails(home):
    with kept(home):
        frame = pd.DataFrame(
            {
                "user_code": [7],
                "event_timestamp": pd.to_datetime([feature_lake.day(40) + timedelta(hours=1)]),
                "created_timestamp": pd.to_datetime([feature_lake.day(40) + timedelta(hours=1)]),
                "first_name": ["Ana"],
                "company": ["New"],
                "age": [34],
                "gender": ["male"],
            }
        )
        frame["event_timestamp"] = frame["event_timestamp"].dt.tz_localize("UTC")
        frame["created_timestamp"] = frame["created_timestamp"].dt.tz_localize("UTC")
        open_store(home).write_to_online_store("traveller_profile", df=frame)
        proof = prove(home)
    view = of(proof, "traveller_profile")
    assert view.mismatches == ()
    assert (view.filled, view.pushed) == (4, 4)
    assert proof.failures == ["only 0% of traveller_profile could be compared"]


def test_a_store_that_lies_about_its_clock_is_refused(home):
    with kept(home):
        _say(home, StoreState(1, AsOf({"travel": feature_lake.day(41)})))
        with pytest.raises(OnlineStoreError, match="another home"):
            prove(home)


def _say(home, state):
    if home.redis_url is None:
        write_sqlite_state(home.online_store, PROJECT, state)
    else:
        write_redis_state(home.redis_url, PROJECT, state)


def test_a_stale_store_is_found_whatever_it_says(home):
    """Last of this module's: it makes a second release, which stays."""
    feature_lake.write(home, LATER)
    release(home, 2, feature_lake.day(70))
    stale = prove(home)
    name = "SQLite" if home.redis_url is None else "Redis"
    assert stale.failures == [f"{name} is stale: it holds release 1, the latest is 2"]
    with kept(home):
        _say(home, StoreState(2, AsOf({"travel": feature_lake.day(70)}), publication=1))
        lying = prove(home)
    mismatches = of(lying, "fare_prices").mismatches
    assert {(one.feature, one.offline, one.online) for one in mismatches} == {
        ("fare_prices__fare_mean", 300.0, 150.0)
    }
    publish(home, all_objects(["travel"]))
    assert prove(home).failures == []


@pytest.fixture
def run(home, monkeypatch):
    monkeypatch.setenv("TAMBO_HOME", str(home.home))
    if home.redis_url is not None:
        monkeypatch.setenv("TAMBO_REDIS_URL", home.redis_url)
    get_settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, ["prove", "parity", *words])
    get_settings.cache_clear()


def test_the_command_compares_both_stores(home, run):
    publish(home, all_objects(["travel"]))
    done = run("--both")
    assert done.exit_code == 0, done.output
    assert "SQLite" in done.output
    assert "Redis" in done.output
    with kept(home):
        if home.redis_url is None:
            sql(home, "DELETE FROM tambo_place_demand")
        else:
            with redis.Redis.from_url(home.redis_url) as client:
                for key in [*fields(client, "place_demand")]:
                    client.hdel(key, "_ts:place_demand")
        broken = run()
    assert broken.exit_code == 1
    assert isinstance(broken.exception, ProofError)
    assert "place_demand differs" in str(broken.exception)
