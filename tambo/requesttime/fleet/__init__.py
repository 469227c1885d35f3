"""What requests to the fleet service themselves tell."""

from __future__ import annotations

from collections.abc import Callable

from tambo.requesttime.fleet.demand import (
    DEMAND_REQUEST_FEATURES,
    DEMAND_REQUEST_INPUTS,
    DEMAND_REQUEST_STORED,
    demand_request,
    demand_request_columns,
)
from tambo.requesttime.fleet.maintenance import (
    MAINTENANCE_REQUEST_FEATURES,
    MAINTENANCE_REQUEST_INPUTS,
    MAINTENANCE_REQUEST_STORED,
    maintenance_request,
    maintenance_request_columns,
)
from tambo.requesttime.request_view import RequestView

__all__ = [
    "DEMAND_REQUEST_FEATURES",
    "DEMAND_REQUEST_INPUTS",
    "DEMAND_REQUEST_STORED",
    "MAINTENANCE_REQUEST_FEATURES",
    "MAINTENANCE_REQUEST_INPUTS",
    "MAINTENANCE_REQUEST_STORED",
    "ON_DEMAND",
    "REQUEST_VIEWS",
    "demand_request",
    "demand_request_columns",
    "maintenance_request",
    "maintenance_request_columns",
]

ON_DEMAND: dict[str, Callable[..., dict[str, float | None]]] = {
    "demand_request": demand_request,
    "maintenance_request": maintenance_request,
}
"""Functions by the name of the on-demand view that they stand behind."""

REQUEST_VIEWS = {
    "demand_request": RequestView(DEMAND_REQUEST_FEATURES, DEMAND_REQUEST_STORED),
    "maintenance_request": RequestView(MAINTENANCE_REQUEST_FEATURES, MAINTENANCE_REQUEST_STORED),
}
"""What each of them is, for the catalogue."""
