"""What the OpenAPI document says of flight prices, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import MAX_ITEMS, WORDS
from bentos.travel.flight_price.pricing import MAX_DAYS_AHEAD, FlightPricer
from bentos.travel.flight_price.schemas import EXAMPLE, REQUEST, FlightPrice, FlightPrices
from bentos.web.endpoint import Operation
from tambo.requesttime.travel import local_date
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
travel are counted from; without it, it is `as_of`: the newest that the release online knows of
travel. `date` lies at most {MAX_DAYS_AHEAD} days after it, and not before it.
"""


def _request_examples(one: Mapping[str, Any]) -> dict[str, Any]:
    new = {**one, "to": "Vila Nova (XX)", "distance": 2830.5, "time": 7.4}
    return {
        "One flight": one,
        "A new route": new,
        "Many flights": {"items": [one, {**one, "flightType": "economic"}]},
    }


OPERATION = Operation(
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
    problem_examples=problem_examples(
        "flightType", "must be 'economic', 'premium' or 'firstClass'"
    ),
)


def _examples(spec: ServingSpec) -> dict[str, Any]:
    return _request_examples(_example(spec))


def _refine(schemas: dict[str, Any], spec: ServingSpec) -> None:
    """Offer the agencies that the fare model knows, and a flight that it can price."""
    asked = schemas["FlightRequest"]
    asked["examples"] = [_example(spec)]
    agencies = spec.known_values("agency")
    if agencies:
        asked["properties"]["agency"]["enum"] = list(agencies)


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


FLIGHT_PRICE = Endpoint(
    model="flight_price",
    operation=OPERATION,
    open=FlightPricer,
    many=FlightPrices,
    examples=_examples,
    refine=_refine,
)
"""POST /v1/flight-price."""
