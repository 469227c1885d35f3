"""Our online stores: SDK and reader agree on ttl; writes are decided by (event, created)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from online_feast import redis_server

from tambo.as_of import AsOf
from tambo.featurestore.online import (
    OnlineReader,
    Reason,
    StoreState,
    resolve,
    write_redis_state,
    write_sqlite_state,
)

PROJECT = "stores"
TTL = timedelta(days=1)
AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
OURS = {
    "sqlite": "tambo.featurestore.stores.sqlite.TamboSqliteOnlineStore",
    "redis": "tambo.featurestore.stores.redis.TamboRedisOnlineStore",
}


def definitions(folder):
    from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
    from feast.types import Float64, Int64, String

    one = Entity(name="one", join_keys=["code"], value_type=ValueType.INT64)
    two = Entity(name="two", join_keys=["zone"], value_type=ValueType.STRING)

    def view(name, entities, ttl):
        batch = FileSource(
            name=f"{name}_batch",
            path=str(folder / f"{name}.parquet"),
            timestamp_field="event_timestamp",
            created_timestamp_column="created_timestamp",
        )
        keys = {"one": Field(name="code", dtype=Int64), "two": Field(name="zone", dtype=String)}
        return FeatureView(
            name=name,
            entities=entities,
            ttl=ttl,
            schema=[
                *(keys[entity.name] for entity in entities),
                Field(name="x", dtype=Float64),
                Field(name="n", dtype=Int64),
            ],
            source=PushSource(name=f"{name}_push", batch_source=batch),
        )

    views = [
        view("short", [one], TTL),
        view("long", [one], timedelta(0)),
        view("pair", [one, two], TTL),
    ]
    return [one, two, *views, FeatureService(name="all_v1", features=views)]


class Store:
    """One database, seen through our store, through Feast's own, and through the reader."""

    def __init__(self, kind, folder, port):
        self.kind, self.folder, self.port = kind, folder, port
        if kind == "redis":
            self.options = {"connection_string": f"127.0.0.1:{port[0]},db={port[1]}"}
            self.where = {"redis_url": f"redis://127.0.0.1:{port[0]}/{port[1]}"}
        else:
            self.options = {"path": str(folder / "online.sqlite")}
            self.where = {"sqlite": folder / "online.sqlite"}
        self.feast = self.open()
        self.feast.apply(definitions(folder))

    def open(self, stock=False, **options):
        from feast import FeatureStore, RepoConfig

        kind = self.kind if stock else OURS[self.kind]
        return FeatureStore(
            config=RepoConfig(
                project=PROJECT,
                provider="local",
                registry=str(self.folder / "registry.db"),
                online_store={"type": kind, **self.options, **options},
                offline_store={"type": "file"},
                entity_key_serialization_version=3,
            )
        )

    def state(self, state):
        if self.kind == "redis":
            write_redis_state(self.where["redis_url"], PROJECT, state)
        else:
            write_sqlite_state(self.where["sqlite"], PROJECT, state)

    def push(self, view, event, x, n=1, created=None, code=1, feast=None):
        row = {"code": code, "zone": "a", "x": x, "n": n, "event_timestamp": event}
        row["created_timestamp"] = created or event
        keys = ["zone"] if view != "pair" else []
        frame = pd.DataFrame([row]).drop(columns=keys)
        (feast or self.feast).write_to_online_store(view, df=frame)

    def response(self, feast=None, code=1):
        store = feast or self.feast
        return store.get_online_features(
            store.get_feature_service("all_v1"),
            [{"code": code, "zone": "a"}],
            full_feature_names=True,
        )

    def x(self, view="long", feast=None):
        return self.response(feast).to_dict()[f"{view}__x"][0]

    def cell(self, view="long", asked_at=None):
        manifest = resolve(self.feast, "all_v1", release=1, as_of=AsOf({"toy": AS_OF}))
        with OnlineReader.open(manifest, **self.where) as reader:
            return reader.read([{"code": 1, "zone": "a"}], asked_at)[0].cells[f"{view}__x"]


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as (port, _):
        yield ((port, number) for number in range(16))


@pytest.fixture(params=["sqlite", "redis"])
def store(request, tmp_path):
    port = next(request.getfixturevalue("ports")) if request.param == "redis" else None
    return Store(request.param, tmp_path, port)


def test_expired_values_are_null_for_the_sdk_as_for_the_reader(store):
    from feast.protos.feast.serving.ServingService_pb2 import FieldStatus

    store.state(StoreState(1, AsOf({"toy": AS_OF})))
    edge = AS_OF - TTL
    for view in ("short", "pair", "long"):
        store.push(view, edge, 1.5)
    assert [store.x(view) for view in ("short", "pair", "long")] == [1.5, 1.5, 1.5]
    store.state(StoreState(2, AsOf({"toy": AS_OF + timedelta(microseconds=1)})))
    fresh = store.open()
    answer = store.response(fresh)
    assert {name: cells[0] for name, cells in answer.to_dict().items()} == {
        "code": 1, "zone": "a", "short__x": None, "short__n": None,
        "pair__x": None, "pair__n": None, "long__x": 1.5, "long__n": 1,
    }  # fmt: skip
    names = list(answer.proto.metadata.feature_names.val)
    statuses = dict(zip(names, (one.statuses[0] for one in answer.proto.results), strict=True))
    assert statuses["short__x"] == FieldStatus.OUTSIDE_MAX_AGE
    assert statuses["long__x"] == FieldStatus.PRESENT
    missing = store.response(fresh, code=7).proto
    assert {one.statuses[0] for one in missing.results[2:]} == {FieldStatus.NOT_FOUND}
    cell = store.cell("short")
    assert (cell.value, cell.reason, cell.event_timestamp) == (None, Reason.EXPIRED, edge)
    # Other parts of Feast read one view alone.
    view = fresh.get_feature_view("short")
    assert store.cell("long").value == 1.5
    assert fresh._get_provider().online_read(fresh.config, view, keys(1))[0][0] == edge


def keys(code):
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    return [EntityKey(join_keys=["code"], entity_values=[Value(int64_val=code)])]


def test_the_wall_clock_is_counted_to_where_the_store_says_so(store):
    now = datetime.now(UTC)
    store.push("short", now - TTL + timedelta(minutes=5), 1.0)
    store.push("pair", now - TTL - timedelta(minutes=5), 2.0)
    # A store that was never published says nothing: ages count to now.
    assert (store.x("short"), store.x("pair")) == (1.0, None)
    store.state(StoreState(1, AsOf({"toy": now - timedelta(days=9)}), clock="wall"))
    fresh = store.open()
    assert (store.x("short", fresh), store.x("pair", fresh)) == (1.0, None)
    assert (store.cell("short").value, store.cell("pair").reason) == (1.0, Reason.EXPIRED)
    store.state(StoreState(1, AsOf({"toy": now - timedelta(days=9)})))
    chosen = store.open(as_of=now + timedelta(days=3))
    assert (store.x("short", chosen), store.x("long", chosen)) == (None, None)
    # Counted to the release's as_of, what was pushed later is new, not from the future.
    assert store.x("pair", store.open()) == 2.0
    assert store.cell("pair").value == 2.0
    assert store.cell("pair", now - timedelta(days=9)).reason is Reason.LATER


def test_the_http_server_answers_as_the_reader_does(store):
    from fastapi.testclient import TestClient
    from feast.feature_server import get_app

    store.state(StoreState(1, AsOf({"toy": AS_OF})))
    store.push("short", AS_OF - TTL - timedelta(microseconds=1), 1.5)
    store.push("pair", AS_OF - TTL, 2.5)
    served = store.open()
    with TestClient(get_app(served)) as client:
        for _ in range(2):
            answer = client.post(
                "/get-online-features",
                json={
                    "feature_service": "all_v1",
                    "entities": {"code": [1, 7], "zone": ["a", "a"]},
                    "full_feature_names": True,
                },
            ).json()
            names = answer["metadata"]["feature_names"]
            found = dict(zip(names, answer["results"], strict=True))
            assert found["short__x"]["values"] == [None, None]
            assert found["short__x"]["statuses"] == ["OUTSIDE_MAX_AGE", "NOT_FOUND"]
            assert found["pair__x"]["values"] == [2.5, None]
            assert found["pair__x"]["statuses"] == ["PRESENT", "NOT_FOUND"]


def test_the_sdk_reads_on_any_event_loop(store):
    if store.kind == "sqlite":
        pytest.skip("Feast has no asynchronous SQLite store")
    store.push("long", AS_OF, 2.5)

    async def ask():
        found = await store.feast.get_online_features_async(["long:x"], [{"code": 1}])
        await store.feast._get_provider().online_store._served(store.feast.config).close_async()
        return found.to_dict()["x"]

    assert asyncio.run(ask()) == asyncio.run(ask()) == [2.5]


def test_the_later_by_event_then_created_stays(store):
    tick = timedelta(microseconds=1)
    store.push("long", AS_OF, 1.0, created=AS_OF)
    store.push("long", AS_OF, 2.0, created=AS_OF + tick)
    assert store.x() == 2.0  # a correction at the same event time
    store.push("long", AS_OF, 3.0, created=AS_OF)
    assert store.x() == 2.0  # known before it
    store.push("long", AS_OF, 4.0, created=AS_OF + tick)
    assert store.x() == 4.0  # the same times: the last word
    store.push("long", AS_OF - tick, 5.0, created=AS_OF + timedelta(days=1))
    assert store.x() == 4.0  # known later, of an earlier event
    store.push("long", AS_OF + tick, 6.0, created=AS_OF + tick)
    assert store.x() == 6.0
    assert store.cell(asked_at=AS_OF + tick).event_timestamp == AS_OF + tick
    assert store.cell(asked_at=AS_OF).reason is Reason.LATER


def test_one_batch_may_hold_a_key_twice_and_nulls_clear(store):
    rows = [
        {"code": 1, "x": x, "n": n, "event_timestamp": AS_OF + timedelta(seconds=at)}
        for at, (x, n) in enumerate([(1.0, 1), (None, None)])
    ]
    frame = pd.DataFrame([rows[1], rows[0]]).astype({"n": "Int64"})
    frame["created_timestamp"] = frame["event_timestamp"]
    store.feast.write_to_online_store("long", df=frame)
    assert store.response().to_dict()["long__n"] == [None]
    assert store.cell().reason is Reason.NULL


def test_feasts_own_store_reads_what_ours_writes_and_the_other_way_round(store):
    for view in ("short", "long", "pair"):
        store.push(view, AS_OF + timedelta(microseconds=250_000), 7.25, n=2**53 + 1)
    stock = store.open(stock=True)
    theirs = store.response(stock).to_dict()
    assert theirs["long__n"] == [2**53 + 1]
    assert {theirs[f"{view}__x"][0] for view in ("short", "long", "pair")} == {7.25}
    # What a stock store writes decides, too: our exact time of the row before does not linger.
    later, earlier = AS_OF + timedelta(days=1), AS_OF + timedelta(hours=1)
    store.push("long", later, 8.0, feast=stock)
    assert store.x(feast=store.open()) == 8.0
    assert store.cell(asked_at=later + TTL).event_timestamp == later
    if store.kind == "redis":
        store.push("long", earlier, 9.0, feast=store.open())
        assert store.x(feast=store.open()) == 8.0
    store.push("long", later + timedelta(days=1), 10.0, feast=store.open())
    assert store.x(feast=store.open()) == 10.0


def test_a_table_that_feast_made_takes_our_rows(store):
    if store.kind == "redis":
        pytest.skip("Redis has no tables")
    store.where["sqlite"].unlink()
    stock = store.open(stock=True)
    stock.apply(definitions(store.folder))
    store.push("long", AS_OF, 1.0, feast=stock)
    ours = store.open()
    ours.apply(definitions(store.folder))
    store.push("long", AS_OF - timedelta(days=1), 2.0, feast=ours)
    assert store.x(feast=ours) == 1.0
    store.push("long", AS_OF + timedelta(microseconds=5), 3.0, feast=ours)
    assert store.x(feast=ours) == 3.0
    assert store.cell(asked_at=AS_OF + TTL).event_timestamp == AS_OF + timedelta(microseconds=5)


def test_redis_forgets_its_scripts_and_refuses_when_full(store):
    from tambo.errors import OnlineStoreError

    if store.kind == "sqlite":
        pytest.skip("SQLite has neither")
    import redis

    client = redis.Redis.from_url(store.where["redis_url"])
    store.push("long", AS_OF, 1.0)
    client.script_flush()
    store.push("long", AS_OF, 2.0)
    assert store.x() == 2.0
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(OnlineStoreError, match="does not take"):
            store.push("long", AS_OF, 3.0)
    finally:
        client.config_set("maxmemory", 0)
    store.push("long", AS_OF, 4.0)
    assert store.x() == 4.0


def test_a_cluster_is_refused_with_a_word(tmp_path):
    from tambo.featurestore.stores.redis import TamboRedisOnlineStoreConfig

    with pytest.raises(ValueError, match="one server"):
        TamboRedisOnlineStoreConfig(redis_type="redis_cluster")
