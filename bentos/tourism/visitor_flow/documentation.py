"""What the OpenAPI document says of visitor forecasts, with examples."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import TypeAdapter

from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import MAX_ITEMS, WORDS
from bentos.tourism.visitor_flow.explaining import Explainer
from bentos.tourism.visitor_flow.forecasting import ByUnit, Forecaster
from bentos.tourism.visitor_flow.schemas import (
    EXAMPLE,
    EXPLAIN,
    MOST_EXPLAINED,
    MOST_STEPS,
    REQUEST,
    Explanation,
    Explanations,
    VisitorFlow,
    VisitorFlows,
)
from bentos.web.endpoint import Operation
from tambo.requesttime.tourism import EVENTS
from tambo.serving.spec import ServingSpec

_LOCATION: dict[str, Any] = {
    "location": EXAMPLE["location"],
    "unit": "day",
    "new_to_model": False,
    "origin": "2026-01-01T05:00:00Z",
    "model": {
        "name": "visitor_flow",
        "version": "2",
        "estimator": "xgboost",
        "baseline": False,
        "release": 1,
    },
    "release": 1,
    "as_of": "2026-01-01T07:42:00Z",
    "asked_at": "2026-01-01T07:42:00Z",
    "warnings": [],
    "freshness": [
        {
            "view": "location_flow",
            "event_timestamp": "2026-01-01T05:00:00Z",
            "age_seconds": 9720.0,
            "reason_if_null": None,
        }
    ],
}
_STEP: dict[str, Any] = {
    "date": "2026-01-01",
    "hour": None,
    "starts_at": "2026-01-01T00:00:00-05:00",
    "closed": False,
}
_ANSWER = {**_LOCATION, "visitors": [{**_STEP, "p10": 2210.4, "p50": 2604.0, "p90": 3015.7}]}
_EXPLAINED = {
    **_LOCATION,
    "explained": [
        {
            **_STEP,
            "p50": 2604.0,
            "ordinary": 2100.0,
            "says": "Public holiday: +412 visitors",
            "drivers": [
                {"driver": "holidays", "visitors": 412.0, "says": "Public holiday: +412 visitors"},
                {"driver": "weekday", "visitors": 92.0, "says": "Thursday: +92 visitors"},
            ],
        }
    ],
}

_ASKED = f"""
`unit` says whether days (up to {MOST_STEPS["day"]}) or hours (up to {MOST_STEPS["hour"]}) are asked
for, `horizon` how many. The first day is the local day of `asked_at`, hours begin at its midnight;
without it, it is `as_of`: the newest that the release online knows of tourism. `what_if` states
weather in place of the forecast's, and events ({", ".join(EVENTS)}) that were not announced; a
strike keeps visitors away. Its days lie within the horizon.

A location that the model has not learnt is forecast from its counts alone (`new_to_model`). One of
which nothing is stored, or that was not counted for eight weeks, is refused.
"""

_FORECAST = f"""
Visitors of a location by day or by hour, of one location or of up to {MAX_ITEMS} in `items`: the
middle, and the ends between which 80 of 100 counts lie. On a day that was announced to be shut
nobody comes.
{_ASKED}"""

_EXPLAIN = f"""
What moved the forecast of each day or hour (`p50`), of one location or of up to {MOST_EXPLAINED}
in `items`.

It is compared with an ordinary day of the location: the median count of its last eight weeks, no
weekday or time of the year busier than another, nothing announced, the usual weather of the month.
What each driver adds is its exact Shapley value, so `ordinary` and all drivers sum to `p50`. It
tells what moved the model, which need not be what moves visitors.
{_ASKED}"""

_WORDS = {**WORDS, "too_long": "must hold at most {max_length}"}
_PROBLEMS = problem_examples("horizon", f"must be {MOST_STEPS['day']} days or less")


def _request_examples(location: str) -> dict[str, Any]:
    one = {**EXAMPLE, "location": location}
    return {
        "A week": one,
        "Three days by hour": {**one, "unit": "hour", "horizon": MOST_STEPS["hour"]},
        "Many": {"items": [one, {**one, "horizon": MOST_STEPS["day"]}]},
    }


def _examples(spec: ServingSpec) -> dict[str, Any]:
    """Ask for a location that the model knows."""
    return _request_examples((spec.known_values("location") or (EXAMPLE["location"],))[0])


VISITOR_FLOW = Endpoint(
    model="visitor_flow",
    others=("visitor_flow_hourly",),
    operation=Operation(
        path="/v1/visitor-flow",
        name="visitor_flow",
        summary="Forecast the visitors of a location, or of many",
        description=_FORECAST,
        request=REQUEST,
        answer=TypeAdapter(VisitorFlow | VisitorFlows),
        words=_WORDS,
        # The choice between one location and many is not in the request.
        skip=1,
        request_examples=_request_examples(EXAMPLE["location"]),
        answer_examples={"One location": _ANSWER, "Many": {"items": [_ANSWER]}},
        problem_examples=_PROBLEMS,
    ),
    open=partial(ByUnit, Forecaster),
    many=VisitorFlows,
    examples=_examples,
)
"""POST /v1/visitor-flow."""

EXPLANATIONS = Endpoint(
    model="visitor_flow",
    others=("visitor_flow_hourly",),
    operation=Operation(
        path="/v1/visitor-flow/explanations",
        name="visitor_flow_explanations",
        summary="Explain the forecast of a location, or of some",
        description=_EXPLAIN,
        request=EXPLAIN,
        answer=TypeAdapter(Explanation | Explanations),
        words=_WORDS,
        skip=1,
        request_examples=_request_examples(EXAMPLE["location"]),
        answer_examples={"One location": _EXPLAINED, "Some": {"items": [_EXPLAINED]}},
        problem_examples=_PROBLEMS,
    ),
    open=partial(ByUnit, Explainer),
    many=Explanations,
    heavy=True,
    examples=_examples,
)
"""POST /v1/visitor-flow/explanations."""
