"""A repository with every kind of view, for both sides of the conformance tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
from conformance import NOW, Side, cells
from feast import (
    BatchFeatureView,
    Entity,
    FeatureService,
    FeatureView,
    Field,
    PushSource,
    RequestSource,
    StreamFeatureView,
    ValueType,
)
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float32, Float64, Int64, String


def days(*numbers: float) -> list[pd.Timestamp]:
    """Instants so many days before NOW."""
    return [pd.Timestamp(NOW) - timedelta(days=number) for number in numbers]


TRIPS = pd.DataFrame(
    {
        "user_code": [1, 1, 1, 2, 2, 3],
        # The second row of traveller 1 corrects the first; the last of 2 is older than its ttl.
        "event_timestamp": days(4, 4, 1, 10, 30, 2),
        "created": days(4, 3, 1, 10, 2, 2),
        "trips": [1, 2, 3, 4, 5, 6],
        "spend": [10.5, 20.5, None, 40.5, 50.5, 60.5],
    }
)
WEATHER = pd.DataFrame(
    {
        "place": ["Cusco", "Cusco", "Lima", "Puno"],
        "event_timestamp": days(3, 1, 1.5, 0.25),
        "created": days(3, 1, 1.5, 0.25),
        "temperature": [11.1, 12.5, 19.25, 8.0],
    }
)
FARES = pd.DataFrame(
    {
        "orig": ["Lima", "Lima", "Cusco", "1", "11"],
        "dest": ["Cusco", "Puno", "Lima", "11", "1"],
        "at": days(5, 5, 4, 3, 3),
        "known": days(5, 5, 4, 3, 3),
        "mean": [100.0, 200.0, 300.0, 400.0, 500.0],
    }
)
WORLD = pd.DataFrame({"event_timestamp": days(6, 2), "created": days(6, 2), "column_name": [7, 8]})
ASKED = pd.DataFrame(
    {
        "user_code": [1, 1, 2, 3, 4, 1, 1],
        "place": ["Cusco", "Lima", "Puno", "Quito", "Cusco", "Cusco", "Cusco"],
        "origin": ["Lima", "Cusco", "1", "11", "Lima", "Lima", "Lima"],
        "destination": ["Cusco", "Lima", "11", "1", "Puno", "Cusco", "Cusco"],
        # At the edge of a ttl, in the middle, before all, and one row twice.
        "event_timestamp": days(0, 3.5, 0, 1, 0, 9, 9),
        "budget": [100.0, 50.0, 25.0, 0.0, 1.0, 2.0, 2.0],
        "n": range(7),
    }
)

FEATURES = {
    "batch": ["trips_view:trips", "trips_view:spend"],
    "composite key and field mapping": ["fares:fare_mean"],
    "without entity, with field mapping": ["world:total"],
    "batch feature view": ["trips_batch:trips"],
    "stream with push": ["pushed_weather:temperature"],
    "on demand, pandas": ["over_budget:over", "over_budget:share"],
    "on demand, pandas, one of its features": ["over_budget:share"],
    "on demand, python": ["per_trip:spend_per_trip"],
    "several at once": [
        "trips_view:spend",
        "fares:fare_mean",
        "world:total",
        "pushed_weather:temperature",
        "over_budget:over",
    ],
}
"""Feature references by kind of view."""

SERVICES = ["some", "aliases", "everything"]


def define(side: Side) -> list[Any]:
    """Entities, views of all kinds, services."""
    traveller = Entity(name="traveller", join_keys=["user_code"], value_type=ValueType.INT64)
    place, origin, destination = (
        Entity(name=name, join_keys=[name], value_type=ValueType.STRING)
        for name in ("place", "origin", "destination")
    )
    trips_source = side.source("trips", TRIPS)
    schema = [Field(name="user_code", dtype=Int64), Field(name="trips", dtype=Int64)]
    schema.append(Field(name="spend", dtype=Float64))
    trips = FeatureView(
        name="trips_view",
        entities=[traveller],
        ttl=timedelta(days=10),
        schema=schema,
        source=trips_source,
    )
    batch = BatchFeatureView(
        name="trips_batch", entities=[traveller], ttl=None, schema=schema, source=trips_source
    )
    weather_source = side.source("weather", WEATHER)
    temperature = [Field(name="place", dtype=String), Field(name="temperature", dtype=Float32)]
    weather = FeatureView(
        name="weather",
        entities=[place],
        ttl=timedelta(days=2),
        schema=temperature,
        source=weather_source,
    )
    pushed = StreamFeatureView(
        name="pushed_weather",
        entities=[place],
        ttl=timedelta(0),
        schema=temperature,
        source=PushSource(name="weather_push", batch_source=weather_source),
    )
    fares = FeatureView(
        name="fares",
        entities=[origin, destination],
        schema=[
            Field(name="origin", dtype=String),
            Field(name="destination", dtype=String),
            Field(name="fare_mean", dtype=Float64),
        ],
        source=side.source(
            "fares",
            FARES,
            created_timestamp_column="created",
            field_mapping={
                "orig": "origin",
                "dest": "destination",
                "at": "event_timestamp",
                "known": "created",
                "mean": "fare_mean",
            },
        ),
    )
    world = FeatureView(
        name="world",
        entities=[],
        schema=[Field(name="total", dtype=Int64)],
        source=side.source("world", WORLD, field_mapping={"column_name": "total"}),
    )
    on_demand = _on_demand(trips)
    services = [
        FeatureService(name="some", features=[trips[["spend"]], fares, world]),
        FeatureService(
            name="aliases",
            features=[
                weather.with_name("at_origin").with_join_key_map({"place": "origin"}),
                weather.with_name("at_destination").with_join_key_map({"place": "destination"}),
            ],
        ),
        FeatureService(name="everything", features=[trips, fares, weather, *on_demand[:2]]),
    ]
    entities = [traveller, place, origin, destination]
    return [*entities, trips, batch, weather, pushed, fares, world, *on_demand, *services]


def _on_demand(trips: FeatureView) -> list[Any]:
    request = RequestSource(name="request", schema=[Field(name="budget", dtype=Float64)])

    @on_demand_feature_view(
        sources=[request, trips[["spend"]]],
        schema=[Field(name="over", dtype=Float64), Field(name="share", dtype=Float64)],
        mode="pandas",
    )
    def over_budget(inputs):
        import pandas as pd

        frame = pd.DataFrame()
        frame["over"] = inputs["spend"] - inputs["budget"]
        frame["share"] = inputs["spend"] / (inputs["budget"] + 1)
        return frame

    @on_demand_feature_view(
        sources=[trips[["spend", "trips"]]],
        schema=[Field(name="spend_per_trip", dtype=Float64)],
        mode="python",
    )
    def per_trip(inputs):
        pairs = zip(inputs["spend"], inputs["trips"], strict=True)
        return {
            "spend_per_trip": [spend / trips if spend and trips else None for spend, trips in pairs]
        }

    @on_demand_feature_view(
        sources=[request, trips[["trips"]]],
        schema=[Field(name="budget_per_trip", dtype=Float64)],
        mode="python",
        singleton=True,
    )
    def budget_per_trip(inputs):
        trips = inputs["trips"]
        return {"budget_per_trip": inputs["budget"] / trips if trips else None}

    return [over_budget, per_trip, budget_per_trip]


ENTITIES = [
    {"user_code": 1, "place": "Cusco", "origin": "Lima", "destination": "Cusco", "budget": 5.0},
    {"user_code": 2, "place": "Puno", "origin": "1", "destination": "11", "budget": 0.0},
    {"user_code": 9, "place": "Quito", "origin": "11", "destination": "1", "budget": 1.0},
]


def question(side, name):
    return FEATURES.get(name) or side.store.get_feature_service(name)


def ask(side, name, asked=ASKED, *, full=False, by="n", **options):
    job = side.store.get_historical_features(
        asked.copy(), question(side, name), full_feature_names=full, **options
    )
    return cells(job.to_df(), by)
