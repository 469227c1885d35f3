"""On-demand views of the fleet: request-time features, computed by tambo.requesttime.fleet.

The service calls the same functions. Feast stores the text of a view's function in its registry
and runs it without this module around it, so each is one call with its import inside.
"""

from __future__ import annotations

from feast import Field, RequestSource, ValueType  # noqa: TID253 - only definitions are here
from feast.on_demand_feature_view import on_demand_feature_view  # noqa: TID253
from feast.types import Float64, from_value_type  # noqa: TID253

from feature_repo.fleet import views
from feature_repo.fleet.entities import OWNER
from tambo.requesttime.fleet import (
    DEMAND_REQUEST_FEATURES,
    DEMAND_REQUEST_STORED,
    MAINTENANCE_REQUEST_FEATURES,
    MAINTENANCE_REQUEST_INPUTS,
    MAINTENANCE_REQUEST_STORED,
)

fleet_request_inputs = RequestSource(
    name="fleet_request_inputs",
    schema=[
        Field(name=name, dtype=from_value_type(ValueType[kind]))
        for name, kind in MAINTENANCE_REQUEST_INPUTS.items()
    ],
    description="What a request about the fleet states; asked_at is the entity time in training",
    owner=OWNER,
)
TAGS = {"domain": "fleet", "tier": "gold", "personal_data": "false"}


@on_demand_feature_view(  # type: ignore[untyped-decorator]
    sources=[
        fleet_request_inputs,
        *(
            getattr(views, view)[
                [name for name, held in MAINTENANCE_REQUEST_STORED.items() if held == view]
            ]
            for view in dict.fromkeys(MAINTENANCE_REQUEST_STORED.values())
        ),
    ],
    # Feast runs the function to infer its fields and wants them equal, so they have no description;
    # tambo.requesttime.fleet has them.
    schema=[Field(name=name, dtype=Float64) for name in MAINTENANCE_REQUEST_FEATURES],
    mode="python",
    description="One row per vessel that is asked for: days since and to what is stored of it",
    owner=OWNER,
    tags=TAGS,
)
def maintenance_request(columns: dict[str, list[object]]) -> dict[str, list[float]]:
    """Compute the request-time features of many vessels, column by column."""
    from tambo.requesttime.fleet import maintenance_request_columns

    return maintenance_request_columns(columns)


@on_demand_feature_view(  # type: ignore[untyped-decorator]
    sources=[fleet_request_inputs, views.fleet_demand[list(DEMAND_REQUEST_STORED)]],
    schema=[Field(name=name, dtype=Float64) for name in DEMAND_REQUEST_FEATURES],
    mode="python",
    description="One row per base and kind of vessel that is asked for: what is booked ahead",
    owner=OWNER,
    tags=TAGS,
)
def demand_request(columns: dict[str, list[object]]) -> dict[str, list[float]]:
    """Compute what is booked after many requests, column by column."""
    from tambo.requesttime.fleet import demand_request_columns

    return demand_request_columns(columns)
