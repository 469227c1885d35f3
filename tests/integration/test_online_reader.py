"""The reader gives what Feast gives, from what Feast wrote, in SQLite and in Redis."""

from __future__ import annotations

import asyncio
import math
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import half_written
import online_feast
import pytest
import redis
from online_feast import AS_OF, CITIES, EVENT, INSTANTS, SERVICE

from tambo.as_of import AsOf
from tambo.errors import FeatureError, OnlineStoreError
from tambo.featurestore.online import (
    OnlineManifest,
    OnlineReader,
    Reason,
    StoreState,
    resolve,
    write_redis_state,
    write_sqlite_state,
)
from tambo.requesttime.travel import FLIGHT_REQUEST_FEATURES, ON_DEMAND

ROWS = [
    {
        "user_code": 0,
        "origin": CITIES[0],
        "destination": CITIES[1],
        "flight_type": "economic",
        "agency": "CloudFy",
    },
    {
        "user_code": 1,
        "origin": CITIES[1],
        "destination": CITIES[2],
        "flight_type": "firstClass",
        "agency": "Rainbow",
    },
    {
        "user_code": -7,
        "origin": CITIES[1],
        "destination": CITIES[0],
        "flight_type": "premium",
        "agency": "Rainbow",
    },
    {
        "user_code": 99,
        "origin": "Atlantis",
        "destination": CITIES[0],
        "flight_type": "premium",
        "agency": "CloudFy",
    },
    {
        "user_code": 0,
        "origin": CITIES[0],
        "destination": CITIES[1],
        "flight_type": "economic",
        "agency": "CloudFy",
    },
]
REQUEST = {
    "asked_at": AS_OF,
    "travel_date": "2026-07-11",
    "distance_km": None,
    "duration_hours": None,
}


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        path = folder / "online.sqlite"
        store = online_feast.repository(folder, {"type": "sqlite", "path": str(path)})
        online_feast.fill(store)
        yield store, {"sqlite": path}
        return
    with online_feast.redis_server(folder) as (port, _):
        store = online_feast.repository(
            folder, {"type": "redis", "connection_string": f"127.0.0.1:{port}"}
        )
        online_feast.fill(store)
        yield store, {"redis_url": f"redis://127.0.0.1:{port}/0"}


@pytest.fixture(scope="module")
def manifest(written):
    return resolve(written[0], SERVICE, release=3, as_of=INSTANTS)


@pytest.fixture(scope="module")
def reader(written, manifest):
    reader = OnlineReader.open(manifest, **written[1])
    yield reader
    reader.close()


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float) and math.isnan(ours):
        return math.isnan(theirs)
    return type(ours) is type(theirs) and ours == theirs


def feast_answer(store, service: str, rows: list[dict[str, object]]) -> dict[str, list[object]]:
    return store.get_online_features(
        features=store.get_feature_service(service), entity_rows=rows, full_feature_names=True
    ).to_dict()


def test_every_cell_equals_feasts_own_answer(written, manifest, reader):
    theirs = feast_answer(written[0], SERVICE, [{**row, **REQUEST} for row in ROWS])
    ours = reader.read(ROWS, AS_OF)
    compared = 0
    for view in manifest.views:
        for feature in view.features:
            if not feature.requested:
                continue
            name = view.full_name(feature)
            for row, entity in enumerate(ROWS):
                cell = ours[row].cells[name]
                if cell.reason is Reason.EXPIRED:
                    assert entity["user_code"] == -7  # Feast does not enforce the ttl online
                    continue
                assert same(cell.value, theirs[name][row]), (name, row)
                compared += cell.value is not None
    assert compared > 30


def test_values_come_in_the_order_of_the_service(written, manifest):
    views = {view.name: view for view in manifest.views}
    names = ("traveller_travel", "fare_prices", "traveller_profile")  # two keys, interleaved
    mixed = manifest.model_copy(update={"views": tuple(views[name] for name in names)})
    expected = [view.full_name(one) for view in mixed.views for one in view.features]
    with OnlineReader.open(mixed, **written[1]) as reader:
        for row in reader.read(ROWS, AS_OF):
            assert list(row.values) == list(row.cells) == expected
            assert row.values == {name: cell.value for name, cell in row.cells.items()}


def test_a_service_without_stored_features_has_rows_without_values(written, manifest):
    alone = manifest.model_copy(update={"views": ()})
    with OnlineReader.open(alone, **written[1]) as reader:
        assert [row.values for row in reader.read(ROWS, AS_OF)] == [{}] * len(ROWS)


def test_on_demand_features_equal_feasts_own_answer(written, manifest, reader):
    store = written[0]
    asked = [{**row, **REQUEST} for row in ROWS]
    theirs = store.get_online_features(
        features=store.get_feature_service("flight_request_alone"), entity_rows=asked
    ).to_dict()
    (view,) = manifest.on_demand
    assert list(view.features) == list(FLIGHT_REQUEST_FEATURES)
    for position, row in enumerate(reader.read(ROWS, AS_OF)):
        if position == 2:
            continue  # expired, which Feast does not see online
        stored = {argument: row.cells[name].value for argument, name in view.stored.items()}
        ours = ON_DEMAND[view.name](**REQUEST, **stored)
        for feature in view.features:
            assert same(ours[feature], theirs[feature][position]), feature
    assert theirs["days_since_last_booking"][0] == 29.0


def test_every_value_type_equals_feasts_own_answer(written):
    store, where = written
    manifest = resolve(store, "every_type_v1", release=3, as_of=INSTANTS)
    codes = [{"code": code} for code in ("a", "b", "c", "null")]
    theirs = feast_answer(store, "every_type_v1", codes)
    ours = OnlineReader.open(manifest, **where).read(codes, AS_OF)
    for name in online_feast.SCALARS:
        for row in range(4):
            value = ours[row].values[f"every_type__{name}"]
            assert same(value, theirs[f"every_type__{name}"][row]), (name, row)
        assert ours[3].cells[f"every_type__{name}"].reason is Reason.NULL, name


def test_event_time_age_and_the_reason_of_a_null(reader):
    known, empty, old, unknown, _ = reader.read(ROWS, AS_OF)
    cell = known.cells["fare_prices__fare_mean"]
    assert (cell.event_timestamp, cell.age_seconds, cell.reason) == (
        EVENT,
        (AS_OF - EVENT).total_seconds(),
        None,
    )
    assert empty.cells["traveller_travel__mean_fare_paid"].reason is Reason.NULL
    assert old.cells["traveller_travel__trips_booked"].reason is Reason.EXPIRED
    assert old.cells["traveller_travel__trips_booked"].age_seconds == 91 * 86_400
    assert unknown.cells["route_fares__route_fare_mean"].reason is Reason.UNKNOWN_KEY
    (nobody,) = reader.read([{**ROWS[0], "user_code": None}], AS_OF)
    assert nobody.cells["traveller_travel__trips_booked"].reason is Reason.NO_KEY
    assert nobody.cells["fare_prices__fare_mean"].value is not None
    (early,) = reader.read(ROWS[:1], EVENT - timedelta(seconds=1))
    assert early.cells["fare_prices__fare_mean"].reason is Reason.LATER


def test_ttl_is_inclusive_at_its_edge(reader, manifest):
    ttl = next(view.ttl_seconds for view in manifest.views if view.name == "origin_place")
    edge = EVENT + timedelta(seconds=ttl)
    (at_edge,) = reader.read(ROWS[:1], edge)
    (past_edge,) = reader.read(ROWS[:1], edge + timedelta(microseconds=1))
    assert at_edge.cells["origin_place__arrivals"].value == 10
    assert past_edge.cells["origin_place__arrivals"].reason is Reason.EXPIRED
    # a ttl of 0 never expires
    assert past_edge.cells["fare_prices__fare_mean"].value is not None
    (far,) = reader.read(ROWS[:1], datetime(2999, 1, 1, tzinfo=UTC))
    assert far.cells["fare_prices__fare_mean"].value is not None


def test_thousands_of_rows_in_one_call(reader):
    rows = [{**ROWS[0], "user_code": code} for code in range(25_000)]
    answers = reader.read(rows, AS_OF)
    assert [row.values["traveller_travel__trips_booked"] for row in answers[:3]] == [3, 0, None]
    assert {row.values["fare_prices__fare_mean"] for row in answers} == {
        online_feast.price(CITIES[0], CITIES[1], "economic")
    }
    assert reader.read([], AS_OF) == []


def test_threads_share_a_reader(reader):
    expected = [row.values for row in reader.read(ROWS, AS_OF)]

    def ask(position: int) -> bool:
        turn = position % len(ROWS)
        rows = reader.read([*ROWS[turn:], *ROWS[:turn]], AS_OF)
        return [row.values for row in rows] == [*expected[turn:], *expected[:turn]]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))


def test_a_wrong_key_type_is_named(reader):
    for wrong in ("7", 7.5, True, 2**63):
        with pytest.raises(FeatureError, match="user_code"):
            reader.read([{**ROWS[0], "user_code": wrong}], AS_OF)
    with pytest.raises(FeatureError, match="no zone"):
        reader.read(ROWS, datetime(2026, 1, 1))


def test_manifest_survives_its_file(manifest, tmp_path):
    manifest.save(tmp_path / "m.json")
    assert OnlineManifest.load(tmp_path / "m.json") == manifest
    (tmp_path / "m.json").write_text('{"project": 1}')
    with pytest.raises(FeatureError, match=r"m\.json"):
        OnlineManifest.load(tmp_path / "m.json")


def test_a_service_that_does_not_exist(written):
    with pytest.raises(FeatureError, match=f"there are: every_type_v1, {SERVICE}"):
        resolve(written[0], "nothing_v1", release=1, as_of=INSTANTS)


def test_reading_imports_neither_feast_nor_pandas():
    code = (
        "import sys; import tambo.featurestore.online, tambo.featurestore.online.redis_store,"
        "tambo.featurestore.online.sqlite_store;"
        "print(sorted(set(sys.modules) & {'feast', 'pandas', 'pyarrow', 'google.protobuf', 'duckdb'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def copied(written, manifest, tmp_path):
    where = written[1]
    path = tmp_path / "online.sqlite"
    shutil.copy(where["sqlite"], path)
    return path, OnlineReader.open(manifest, sqlite=path)


@pytest.mark.parametrize("written", ["sqlite"], indirect=True)
def test_sqlite_missing_empty_or_damaged_is_said_with_a_remedy(copied):
    path, reader = copied
    reader.check()
    tables = [f"{online_feast.PROJECT}_{view.stored}" for view in reader.manifest.views]
    writer = sqlite3.connect(path)
    for table in set(tables):
        writer.execute(f'DELETE FROM "{table}"')
    writer.commit()
    with pytest.raises(OnlineStoreError, match="is empty") as error:
        reader.check()
    assert "tambo features" in str(error.value)
    writer.execute(f'DROP TABLE "{tables[0]}"')
    writer.commit()
    writer.close()
    with pytest.raises(OnlineStoreError, match="no table"):
        reader.check()
    with pytest.raises(OnlineStoreError, match="no such table"):
        reader.read(ROWS)
    path.unlink()
    with pytest.raises(OnlineStoreError, match="not there"):
        reader.read(ROWS)
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(OnlineStoreError, match="not an online store"):
        reader.read(ROWS)


def test_the_store_says_which_release_it_holds(written, manifest):
    where = written[1]
    with OnlineReader.open(manifest, **where) as reader:
        row = reader.read(ROWS[:1])[0]
        assert (row.release, row.as_of, row.asked_at) == (3, AS_OF, AS_OF)
    newer = StoreState(4, AsOf({"travel": datetime(2026, 7, 9)}))
    if "sqlite" in where:
        write_sqlite_state(where["sqlite"], online_feast.PROJECT, newer)
    else:
        write_redis_state(where["redis_url"], online_feast.PROJECT, newer)
    with OnlineReader.open(manifest, **where) as reader:
        row, other = reader.read(ROWS[:2], [None, AS_OF])
        expected = datetime(2026, 7, 9, tzinfo=UTC)
        assert (row.release, row.as_of, row.asked_at) == (4, expected, expected)
        assert (other.as_of, other.asked_at) == (expected, AS_OF)
        age = row.cells["fare_prices__fare_mean"].age_seconds
        assert age == (expected - EVENT).total_seconds()


@pytest.mark.parametrize("written", ["sqlite"], indirect=True)
def test_a_replaced_file_is_opened_again_and_never_written(copied, written):
    path, reader = copied
    before = path.stat().st_mtime_ns
    assert reader.read(ROWS, AS_OF)[0].values["traveller_profile__age"] == 44
    assert path.stat().st_mtime_ns == before
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]
    newer = path.with_name("newer.sqlite")
    shutil.copy(path, newer)
    with sqlite3.connect(newer) as connection:
        connection.execute(f'DELETE FROM "{online_feast.PROJECT}_traveller_profile"')
    connection.close()
    newer.replace(path)
    assert reader.read(ROWS, AS_OF)[0].cells["traveller_profile__age"].reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("written", ["sqlite"], indirect=True)
def test_a_push_that_was_killed_half_way_is_taken_back_by_who_reads(copied, opened):
    path, reader = copied
    if opened:
        reader.read(ROWS, AS_OF)
    before = path.read_bytes()
    half_written.leave(path, f"{online_feast.PROJECT}_traveller_profile")
    assert path.read_bytes() != before
    assert reader.read(ROWS, AS_OF)[0].values["traveller_profile__age"] == 44
    assert path.read_bytes() == before
    reader.check()


def test_redis_empty_or_down_is_said_without_its_password(manifest, tmp_path):
    with online_feast.redis_server(tmp_path) as (port, _):
        reader = OnlineReader.open(manifest, redis_url=f"redis://127.0.0.1:{port}/0")

        async def wait():
            try:
                return await reader.read_async(ROWS, AS_OF)
            finally:
                await reader.close_async()

        asked = (reader.check, lambda: reader.read(ROWS, AS_OF), lambda: asyncio.run(wait()))
        for ask in asked:
            with pytest.raises(OnlineStoreError, match="holds no features"):
                ask()
        with redis.Redis(port=port) as others:
            others.set("theirs", 1)
            with pytest.raises(OnlineStoreError, match="holds no features"):
                reader.read(ROWS, AS_OF)
            # What says which release it holds is filled; the keys are unknown to it.
            others.set(f"tambo:state:{manifest.project}", StoreState(1, INSTANTS).dump())
            (row, *_) = reader.read(ROWS, AS_OF)
            assert row.cells["fare_prices__fare_mean"].reason is Reason.UNKNOWN_KEY
    reader = OnlineReader.open(manifest, redis_url=f"redis://:geheim@127.0.0.1:{port}/0")
    for call in (reader.check, lambda: reader.read(ROWS, AS_OF)):
        with pytest.raises(OnlineStoreError, match="does not answer") as error:
            call()
        assert "geheim" not in str(error.value)
    with pytest.raises(OnlineStoreError, match="address"):
        OnlineReader.open(manifest, redis_url="localhost:6379")
