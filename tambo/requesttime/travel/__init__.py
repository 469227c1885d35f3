"""What requests to the travel service themselves tell."""

from __future__ import annotations

from collections.abc import Callable

from tambo.requesttime.calendar import month_circle, weekday_circle
from tambo.requesttime.request_view import RequestView
from tambo.requesttime.travel.calendar import ZONE, local_date
from tambo.requesttime.travel.flights import (
    FLIGHT_CLASSES,
    FLIGHT_REQUEST_FEATURES,
    FLIGHT_REQUEST_INPUTS,
    FLIGHT_REQUEST_STORED,
    flight_request,
    flight_request_columns,
)
from tambo.requesttime.travel.hotels import (
    HOTEL_REQUEST_FEATURES,
    HOTEL_REQUEST_INPUTS,
    HOTEL_REQUEST_STORED,
    hotel_request,
    hotel_request_columns,
)
from tambo.requesttime.travel.names import first_name

__all__ = [
    "FLIGHT_CLASSES",
    "FLIGHT_REQUEST_FEATURES",
    "FLIGHT_REQUEST_INPUTS",
    "FLIGHT_REQUEST_STORED",
    "HOTEL_REQUEST_FEATURES",
    "HOTEL_REQUEST_INPUTS",
    "HOTEL_REQUEST_STORED",
    "ON_DEMAND",
    "REQUEST_VIEWS",
    "ZONE",
    "first_name",
    "flight_request",
    "flight_request_columns",
    "hotel_request",
    "hotel_request_columns",
    "local_date",
    "month_circle",
    "weekday_circle",
]

ON_DEMAND: dict[str, Callable[..., dict[str, float | None]]] = {
    "flight_request": flight_request,
    "hotel_request": hotel_request,
}
"""Functions by the name of the on-demand view that they stand behind."""

REQUEST_VIEWS = {
    "flight_request": RequestView(FLIGHT_REQUEST_FEATURES, FLIGHT_REQUEST_STORED),
    "hotel_request": RequestView(HOTEL_REQUEST_FEATURES, HOTEL_REQUEST_STORED),
}
"""What each of them is, for the catalogue."""
