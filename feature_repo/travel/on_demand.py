"""On-demand views of travel: request-time features, computed by tambo.requesttime.travel.

The services call the same functions. Feast stores the text of a view's function in its registry
and runs it without this module around it, so each is one call with its import inside.
"""

from __future__ import annotations

from feast import Field, RequestSource, ValueType  # noqa: TID253 - only definitions are here
from feast.on_demand_feature_view import on_demand_feature_view  # noqa: TID253
from feast.types import Float64, from_value_type  # noqa: TID253

from feature_repo.travel.entities import OWNER
from feature_repo.travel.views import (
    hotel_stays,
    place_stays,
    route_fares,
    traveller_hotels,
    traveller_places,
    traveller_stays,
    traveller_travel,
)
from tambo.requesttime.travel import (
    FLIGHT_REQUEST_FEATURES,
    FLIGHT_REQUEST_INPUTS,
    HOTEL_REQUEST_FEATURES,
    HOTEL_REQUEST_INPUTS,
)

flight_request_inputs = RequestSource(
    name="flight_request_inputs",
    schema=[
        Field(name=name, dtype=from_value_type(ValueType[kind]))
        for name, kind in FLIGHT_REQUEST_INPUTS.items()
    ],
    description="What a flight request states; asked_at is the entity time in training",
    owner=OWNER,
)


@on_demand_feature_view(  # type: ignore[untyped-decorator]
    sources=[
        flight_request_inputs,
        traveller_travel[["last_booked_at"]],
        route_fares[["route_distance_km", "route_duration_hours"]],
    ],
    # Feast runs the function to infer its fields and wants them equal, so they have no description;
    # tambo.requesttime.travel has them.
    schema=[Field(name=name, dtype=Float64) for name in FLIGHT_REQUEST_FEATURES],
    mode="python",
    description="One row per flight request: what the request itself tells, and when",
    owner=OWNER,
    # How long ago the traveller last booked is among them.
    tags={"domain": "travel", "tier": "gold", "personal_data": "true"},
)
def flight_request(columns: dict[str, list[object]]) -> dict[str, list[float]]:
    """Compute the request-time features of many requests, column by column."""
    from tambo.requesttime.travel import flight_request_columns

    return flight_request_columns(columns)


hotel_request_inputs = RequestSource(
    name="hotel_request_inputs",
    schema=[
        Field(name=name, dtype=from_value_type(ValueType[kind]))
        for name, kind in HOTEL_REQUEST_INPUTS.items()
    ],
    description="What a request for hotels states; asked_at is the entity time in training",
    owner=OWNER,
)


@on_demand_feature_view(  # type: ignore[untyped-decorator]
    sources=[
        hotel_request_inputs,
        traveller_travel[["trips_booked", "last_booked_at"]],
        traveller_stays[["stays_booked", "mean_nightly_price_paid", "last_stay_booked_at"]],
        traveller_places[["trips_there", "trips_from", "last_trip_booked_at"]],
        traveller_hotels[["stays_here", "last_booked_here_at"]],
        hotel_stays[["stays", "stays_90d", "mean_nightly_price", "mean_nights"]],
        place_stays[["place_stays", "place_stays_90d", "place_mean_nightly_price"]],
    ],
    schema=[Field(name=name, dtype=Float64) for name in HOTEL_REQUEST_FEATURES],
    mode="python",
    description="One row per hotel that could be recommended: how it fits traveller and request",
    owner=OWNER,
    # Shares of the traveller's own trips and stays are among them.
    tags={"domain": "travel", "tier": "gold", "personal_data": "true"},
)
def hotel_request(columns: dict[str, list[object]]) -> dict[str, list[float]]:
    """Compute the request-time features of many hotels, column by column."""
    from tambo.requesttime.travel import hotel_request_columns

    return hotel_request_columns(columns)
