"""On-demand views of travel: request-time features, computed by tambo.requesttime.travel.

The services call the same functions. Feast stores the text of a view's function in its registry
and runs it without this module around it, so each is one call with its import inside.
"""

from __future__ import annotations

from feast import Field, RequestSource, ValueType  # noqa: TID253 - only definitions are here
from feast.on_demand_feature_view import on_demand_feature_view  # noqa: TID253
from feast.types import Float64, from_value_type  # noqa: TID253

from feature_repo.travel.entities import OWNER
from feature_repo.travel.views import route_fares, traveller_travel
from tambo.requesttime.travel import FLIGHT_REQUEST_FEATURES, FLIGHT_REQUEST_INPUTS

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
