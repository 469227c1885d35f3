"""What requests to the tourism service themselves tell."""

from __future__ import annotations

from collections.abc import Callable

from tambo.requesttime.request_view import RequestView
from tambo.requesttime.tourism.calendar import day_number, local_day, zone_named
from tambo.requesttime.tourism.flow import (
    flow_features,
    visitor_flow_request,
    visitor_flow_request_columns,
)
from tambo.requesttime.tourism.flow_fields import (
    EVENTS,
    FLOW_REQUEST_FEATURES,
    FLOW_REQUEST_INPUTS,
    FLOW_REQUEST_STORED,
    HOLIDAYS,
    HORIZON,
    HOURLY_DAYS,
)
from tambo.requesttime.tourism.horizon import Expected, horizon_features

__all__ = [
    "EVENTS",
    "FLOW_REQUEST_FEATURES",
    "FLOW_REQUEST_INPUTS",
    "FLOW_REQUEST_STORED",
    "HOLIDAYS",
    "HORIZON",
    "HOURLY_DAYS",
    "ON_DEMAND",
    "REQUEST_VIEWS",
    "Expected",
    "day_number",
    "flow_features",
    "horizon_features",
    "local_day",
    "visitor_flow_request",
    "visitor_flow_request_columns",
    "zone_named",
]

ON_DEMAND: dict[str, Callable[..., dict[str, float | None]]] = {
    "visitor_flow_request": visitor_flow_request,
}
"""Functions by the name of the on-demand view that they stand behind."""

REQUEST_VIEWS = {
    "visitor_flow_request": RequestView(FLOW_REQUEST_FEATURES, FLOW_REQUEST_STORED),
}
"""What each of them is, for the catalogue."""
