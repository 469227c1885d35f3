"""Hotels beside the small Feast repository: what `hotel_recommendation` reads, written by Feast."""

from __future__ import annotations

import math
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, RequestSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Array, Float64, Int64, String, UnixTimestamp, from_value_type
from online_feast import CITIES, EVENT, source

from tambo.requesttime import travel

SERVICE = "hotel_recommendation_test"
RECIFE, NATAL, HOME = CITIES
OLINDA = "Olinda (PE)"
"""A place with a hotel, to which no flight is known."""

HOTELS = {
    ("Pousada Sereia", RECIFE): (40, 12, 250.0),
    ("Hotel Mar", RECIFE): (30, 9, 400.0),
    ("Duna", NATAL): (25, 8, 180.0),
    ("Farol", NATAL): (20, 2, 320.0),
    ("Paulista", HOME): (60, 30, 500.0),
    ("Convento", OLINDA): (5, 0, 90.0),
}
"""Stays, those of the last 90 days and mean price of a night, by name and place."""

GONE = ("Miragem", RECIFE)
"""A hotel of which nothing is stored, though it was there when the index was made."""

NEW = ("Aurora", NATAL)
"""A hotel that the index does not know yet."""

STAYS = {
    0: [("Duna", NATAL), ("Pousada Sereia", RECIFE), ("Pousada Sereia", RECIFE)],
    2: [NEW, ("Hotel Mar", RECIFE)],
}
"""Stays of the travellers of whom there are any, the newest first; all left from `HOME`."""

_HOTEL = {"stays": Int64, "stays_90d": Int64, "mean_nightly_price": Float64, "mean_nights": Float64,
          "mean_nightly_price_90d": Float64}  # fmt: skip
_PLACE = {"place_stays": Int64, "place_stays_90d": Int64, "place_mean_nightly_price": Float64}
_USER = {"stays_booked": Int64, "mean_nightly_price_paid": Float64,
         "last_stay_booked_at": UnixTimestamp}  # fmt: skip
_THERE = {"trips_there": Int64, "trips_from": Int64, "last_trip_booked_at": UnixTimestamp}
_HERE = {"stays_here": Int64, "last_booked_here_at": UnixTimestamp}
_RECENT = {"recent_hotels": Array(String), "recent_places": Array(String)}


def repository(store: FeatureStore) -> FeatureStore:
    """Add the views of hotels and their service to what is applied."""
    traveller, place = (store.get_entity(name) for name in ("traveller", "place"))
    hotel = Entity(name="hotel", join_keys=["hotel_name"], value_type=ValueType.STRING)
    trips = store.get_feature_view("traveller_travel")

    def view(name: str, entities: list[Entity], features: dict[str, object]) -> FeatureView:
        key = {"user_code": Int64}
        return FeatureView(
            name=name,
            entities=entities,
            ttl=timedelta(0),
            schema=[
                *(
                    Field(name=one.join_key, dtype=key.get(one.join_key, String))
                    for one in entities
                ),
                *(Field(name=feature, dtype=dtype) for feature, dtype in features.items()),
            ],
            source=source(store, name),
        )

    hotels = view("hotel_stays", [hotel, place], _HOTEL)
    places = view("place_stays", [place], _PLACE)
    stays = view("traveller_stays", [traveller], _USER)
    there = view("traveller_places", [traveller, place], _THERE)
    here = view("traveller_hotels", [traveller, hotel, place], _HERE)
    recent = view("traveller_recent_stays", [traveller], _RECENT)
    views = [hotels, places, stays, there, here, recent]
    asked = RequestSource(
        name="hotel_request_source",
        schema=[
            Field(name=name, dtype=from_value_type(ValueType[kind]))
            for name, kind in travel.HOTEL_REQUEST_INPUTS.items()
        ],
    )

    @on_demand_feature_view(
        sources=[
            asked,
            trips[["trips_booked", "last_booked_at"]],
            stays,
            there,
            here,
            hotels[["stays", "stays_90d", "mean_nightly_price", "mean_nights"]],
            places,
        ],
        schema=[Field(name=name, dtype=Float64) for name in travel.HOTEL_REQUEST_FEATURES],
        mode="python",
    )
    def hotel_request(inputs):
        from tambo.requesttime.travel import hotel_request_columns

        return hotel_request_columns(inputs)

    features = [hotels, places, trips[["trips_booked"]], stays, there, here, recent, hotel_request]
    service = FeatureService(name=SERVICE, features=features)
    store.apply([hotel, *views, hotel_request, service])
    return store


def fill(store: FeatureStore) -> None:
    """Write the online values, through Feast."""
    for name, rows in _rows().items():
        frame = pd.DataFrame(rows)
        frame["event_timestamp"] = frame["created_timestamp"] = pd.Timestamp(EVENT)
        store.write_to_online_store(name, df=frame)


def _rows() -> dict[str, list[dict[str, object]]]:
    known = {**HOTELS, NEW: (1, 1, 210.0)}
    by_place: dict[str, list[tuple[int, int, float]]] = {}
    for (_, place), told in known.items():
        by_place.setdefault(place, []).append(told)
    return {
        "hotel_stays": [
            {"hotel_name": name, "place": place, "stays": stays, "stays_90d": lately,
             "mean_nightly_price": price, "mean_nights": 3.0,
             "mean_nightly_price_90d": 1.1 * price if lately else math.nan}
            for (name, place), (stays, lately, price) in known.items()
        ],
        "place_stays": [
            {"place": place, "place_stays": sum(one[0] for one in told),
             "place_stays_90d": sum(one[1] for one in told),
             "place_mean_nightly_price": sum(one[0] * one[2] for one in told)
             / sum(one[0] for one in told)}
            for place, told in by_place.items()
        ],
        "traveller_stays": [
            {"user_code": user, "stays_booked": len(stays),
             "mean_nightly_price_paid": sum(known[one][2] for one in stays) / len(stays),
             "last_stay_booked_at": EVENT}
            for user, stays in STAYS.items()
        ],
        "traveller_places": [
            {"user_code": user, "place": place,
             "trips_there": sum(one[1] == place for one in stays),
             "trips_from": len(stays) if place == HOME else 0,
             "last_trip_booked_at": EVENT - timedelta(days=0 if place in {HOME, stays[0][1]} else 9)}
            for user, stays in STAYS.items()
            for place in (HOME, *dict.fromkeys(one[1] for one in stays))
        ],
        "traveller_hotels": [
            {"user_code": user, "hotel_name": name, "place": place,
             "stays_here": stays.count((name, place)),
             "last_booked_here_at": EVENT - timedelta(days=9 * stays.index((name, place)))}
            for user, stays in STAYS.items()
            for name, place in dict.fromkeys(stays)
        ],
        "traveller_recent_stays": [
            {"user_code": user, "recent_hotels": [one[0] for one in stays],
             "recent_places": [one[1] for one in stays]}
            for user, stays in STAYS.items()
        ],
    }  # fmt: skip
