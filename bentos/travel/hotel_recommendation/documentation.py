"""What the OpenAPI document says of hotel recommendations, with examples."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import MAX_ITEMS, WORDS
from bentos.travel.hotel_recommendation.recommending import MAX_DAYS_AHEAD, HotelRecommender
from bentos.travel.hotel_recommendation.schemas import (
    EXAMPLE,
    MOST,
    MOST_IN_ALL,
    REQUEST,
    HotelRecommendationLists,
    HotelRecommendations,
)
from bentos.web.endpoint import Operation
from tambo.requesttime.travel import local_date
from tambo.serving.spec import ServingSpec

_DAYS_AHEAD, _NIGHTS = 90, 4

_ANSWER: dict[str, Any] = {
    "recommendations": [
        {
            "rank": 1,
            "hotel": "Pousada Sereia",
            "place": "Recife (PE)",
            "score": 0.081,
            "nightlyPrice": 263.4,
            "totalPrice": 1053.6,
            "reasons": ["you stayed here twice", "in your usual price range"],
            "features": [
                {
                    "name": "traveller_hotels__stays_here",
                    "value": 2,
                    "event_timestamp": "2026-10-02T14:12:00Z",
                    "age_seconds": 4193280.0,
                    "reason_if_null": None,
                },
                {
                    "name": "hotel_request__price_to_usual",
                    "value": -0.08,
                    "event_timestamp": None,
                    "age_seconds": None,
                    "reason_if_null": None,
                },
            ],
        }
    ],
    "coldStart": False,
    "home": "Sao Paulo (SP)",
    "considered": 57,
    "scored": 52,
    "currency": "BRL",
    "model": {
        "name": "hotel_recommendation",
        "version": "3",
        "estimator": "xgboost",
        "baseline": False,
        "release": 2,
    },
    "release": 2,
    "as_of": "2026-11-20T03:00:00Z",
    "asked_at": "2026-11-20T03:00:00Z",
    "warnings": [],
}

_DESCRIPTION = f"""
Up to {MOST} hotels for one traveller, the likeliest first; or lists for up to {MAX_ITEMS}
travellers in `items`, {MOST_IN_ALL} hotels in all.

Everything may be left out. Without `userCode`, or of somebody unknown, nothing personal is known:
`coldStart` is true, and what is popular comes first. `to` keeps to one place, `budget` to hotels
whose usual price a night (`nightlyPrice`) is no higher. With `checkIn` and `checkOut` the order
minds season and length, and `totalPrice` is given; `checkIn` lies at most {MAX_DAYS_AHEAD} days
after `asked_at`, and not before it. Left out are hotels in the place that they leave from (`from`,
else their home), and in places to which no flight from there was known in the last year, on that
day of the week if `checkIn` is given. `diversity` keeps one place from filling the list: at 0.5 a
hotel stays below one of a place not yet listed unless its chance is 12 times as high, at 1 always.

`score` is the chance that a hotel is chosen among the `scored` ones, those that fit the request.
An empty list comes with a warning that says why. `reasons` are read off the `features` beside
them. A hotel is recommended from the first training after its first known stay on, and no more when
all its stays have been withdrawn.
"""


def _request_examples(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "A traveller": {"userCode": 0},
        "With dates and a budget": one,
        "Somebody new": {"k": 3, "diversity": 1.0},
        "Many travellers": {"items": [{"userCode": 0}, {"userCode": 1, "k": 1}]},
    }


OPERATION = Operation(
    path="/v1/hotel-recommendations",
    name="hotel_recommendations",
    summary="Recommend hotels to a traveller, or to many",
    description=_DESCRIPTION,
    request=REQUEST,
    answer=TypeAdapter(HotelRecommendations | HotelRecommendationLists),
    words=WORDS,
    # The choice between one traveller and many is not in the request.
    skip=1,
    request_examples=_request_examples(EXAMPLE),
    answer_examples={"One traveller": _ANSWER, "Many travellers": {"items": [_ANSWER]}},
    problem_examples=problem_examples("to", "is no place that is known; did you mean Recife (PE)?"),
)


def _examples(spec: ServingSpec) -> dict[str, Any]:
    return _request_examples(_example(spec))


def _refine(schemas: dict[str, Any], spec: ServingSpec) -> None:
    schemas["HotelRequest"]["examples"] = [_example(spec)]


def _example(spec: ServingSpec) -> dict[str, Any]:
    """A request whose dates lie ahead of what this model knows."""
    arrival = local_date(spec.as_of) + timedelta(days=_DAYS_AHEAD)
    departure = arrival + timedelta(days=_NIGHTS)
    return {**EXAMPLE, "checkIn": arrival.isoformat(), "checkOut": departure.isoformat()}


HOTEL_RECOMMENDATIONS = Endpoint(
    model="hotel_recommendation",
    operation=OPERATION,
    open=HotelRecommender,
    many=HotelRecommendationLists,
    examples=_examples,
    refine=_refine,
)
"""POST /v1/hotel-recommendations."""
