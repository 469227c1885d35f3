"""On-demand views of tourism: request-time features, computed by tambo.requesttime.tourism.

The service calls the same functions. Feast stores the text of a view's function in its registry
and runs it without this module around it, so each is one call with its import inside.
"""

from __future__ import annotations

from feast import Field, RequestSource, ValueType  # noqa: TID253 - only definitions are here
from feast.on_demand_feature_view import on_demand_feature_view  # noqa: TID253
from feast.types import Float64, from_value_type  # noqa: TID253

from feature_repo.tourism import views
from feature_repo.tourism.entities import OWNER
from tambo.requesttime.tourism import (
    FLOW_REQUEST_FEATURES,
    FLOW_REQUEST_INPUTS,
    FLOW_REQUEST_STORED,
)

flow_request_inputs = RequestSource(
    name="flow_request_inputs",
    schema=[
        Field(name=name, dtype=from_value_type(ValueType[kind]))
        for name, kind in FLOW_REQUEST_INPUTS.items()
    ],
    description="What a request for visitors states: the day, and what-ifs",
    owner=OWNER,
)


@on_demand_feature_view(  # type: ignore[untyped-decorator]
    sources=[
        flow_request_inputs,
        *(
            getattr(views, view)[
                [name for name, held in FLOW_REQUEST_STORED.items() if held == view]
            ]
            for view in dict.fromkeys(FLOW_REQUEST_STORED.values())
        ),
    ],
    # Feast runs the function to infer its fields and wants them equal, so they have no description;
    # tambo.requesttime.tourism has them.
    schema=[Field(name=name, dtype=Float64) for name in FLOW_REQUEST_FEATURES],
    mode="python",
    description="One row per location and day that is asked for: all of it known in advance",
    owner=OWNER,
    tags={"domain": "tourism", "tier": "gold", "personal_data": "false"},
)
def visitor_flow_request(columns: dict[str, list[object]]) -> dict[str, list[float]]:
    """Compute the request-time features of many days, column by column."""
    from tambo.requesttime.tourism import visitor_flow_request_columns

    return visitor_flow_request_columns(columns)
