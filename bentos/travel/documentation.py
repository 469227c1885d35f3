"""What the travel service's OpenAPI document says, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bentos.travel.pricing import MAX_DAYS_AHEAD
from bentos.travel.schemas import (
    EXAMPLE,
    MAX_ITEMS,
    REQUEST,
    WORDS,
    FlightPrice,
    FlightPrices,
)
from bentos.web.endpoint import STORE_DOWN, Operation
from bentos.web.openapi import document
from tambo import __version__
from tambo.requesttime.travel import local_date
from tambo.serving.problem import Problem, invalid, problem
from tambo.serving.spec import ServingSpec

_DAYS_AHEAD = 90
"""From the model's release to the flight of the examples: they stay askable that long."""

_ANSWER: dict[str, Any] = {
    "price": 1434.38,
    "currency": "BRL",
    "interval": {
        "level": 0.9,
        "low": 1361.2,
        "high": 1510.9,
        "basis": "flights of type firstClass",
    },
    "model": {
        "name": "flight_price",
        "version": "3",
        "estimator": "xgboost",
        "baseline": False,
        "release": 2,
    },
    "release": 2,
    "as_of": "2026-11-20T03:00:00Z",
    "asked_at": "2026-11-20T03:00:00Z",
    "warnings": [],
    "features": [
        {
            "name": "fare_prices__fare_mean",
            "value": 1418.9,
            "event_timestamp": "2026-11-18T03:00:00Z",
            "age_seconds": 172800.0,
            "reason_if_null": None,
        },
        {
            "name": "traveller_travel__mean_fare_paid",
            "value": None,
            "event_timestamp": None,
            "age_seconds": None,
            "reason_if_null": "unknown key",
        },
        {
            "name": "flight_request__days_to_travel",
            "value": 11.0,
            "event_timestamp": None,
            "age_seconds": None,
            "reason_if_null": None,
        },
    ],
}

_DESCRIPTION = f"""
The price of one flight, or of up to {MAX_ITEMS} in `items`.

The traveller (`userCode`), the flight's length (`distance`, km) and duration (`time`, hours) may
be left out. An unknown route or traveller is no error: its features are null, each with the
reason, and the price comes with a wider interval. `asked_at` is the instant that ages and days to
travel are counted from; without it, it is `as_of`: the newest knowledge in the release online.
`date` lies at most {MAX_DAYS_AHEAD} days after it, and not before it.
"""


def _shown(one: Problem) -> dict[str, Any]:
    return one.model_dump(exclude_defaults=True)


def _request_examples(one: Mapping[str, Any]) -> dict[str, Any]:
    new = {**one, "to": "Vila Nova (XX)", "distance": 2830.5, "time": 7.4}
    return {
        "One flight": one,
        "A new route": new,
        "Many flights": {"items": [one, {**one, "flightType": "economic"}]},
    }


FLIGHT_PRICE = Operation(
    path="/v1/flight-price",
    name="flight_price",
    summary="Price one flight, or many",
    description=_DESCRIPTION,
    request=REQUEST,
    answer=TypeAdapter(FlightPrice | FlightPrices),
    words=WORDS,
    # The choice between one flight and many is not in the request.
    skip=1,
    request_examples=_request_examples(EXAMPLE),
    answer_examples={"One flight": _ANSWER, "Many flights": {"items": [_ANSWER]}},
    problem_examples={
        400: _shown(problem(400, "the body is not JSON: EOF while parsing an object")),
        422: _shown(
            invalid(("flightType",), "must be 'economic', 'premium' or 'firstClass'").problem
        ),
        503: _shown(problem(503, STORE_DOWN, remedy="start Redis, or correct TAMBO_REDIS_URL")),
    },
)
"""POST /v1/flight-price."""


def openapi(specs: Mapping[str, ServingSpec]) -> dict[str, Any]:
    """Describe the travel service.

    Args:
        specs: by model name. Agencies and examples are those that the fare model knows, so that
            what the page offers to try can be answered; without the model they are made up.
    """
    spec = specs.get("flight_price")
    one = EXAMPLE if spec is None else _example(spec)
    made = document(
        "travel",
        __version__,
        "Flight prices from Tambo's champion model and the features that are online now.",
        [replace(FLIGHT_PRICE, request_examples=_request_examples(one))],
    )
    asked = made["components"]["schemas"]["FlightRequest"]
    asked["examples"] = [one]
    agencies = None if spec is None else spec.known_values("agency")
    if agencies:
        asked["properties"]["agency"]["enum"] = list(agencies)
    return made


def _example(spec: ServingSpec) -> dict[str, Any]:
    """A request that this model can answer."""
    origins = spec.known_values("origin") or (EXAMPLE["from"],)
    destinations = spec.known_values("destination") or (EXAMPLE["to"],)
    agencies = spec.known_values("agency") or (EXAMPLE["agency"],)
    day = local_date(spec.as_of) + timedelta(days=_DAYS_AHEAD)
    elsewhere = (place for place in destinations if place != origins[0])
    return {
        **EXAMPLE,
        "from": origins[0],
        "to": next(elsewhere, EXAMPLE["to"]),
        "agency": agencies[0],
        "date": day.isoformat(),
    }
