"""What the OpenAPI document says of the next maintenance, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from bentos.fleet.maintenance_due.expecting import MOST_EXPLAINED, WITHIN, DueExpecter
from bentos.fleet.maintenance_due.schemas import (
    EXAMPLE,
    REQUEST,
    MaintenanceDue,
    MaintenancesDue,
)
from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import MAX_ITEMS, WORDS
from bentos.web.endpoint import Operation
from tambo.access.fleet import ASKS
from tambo.serving.spec import ServingSpec

MODEL_ANSWER: dict[str, Any] = {
    "name": "maintenance_due",
    "version": "3",
    "estimator": "xgboost",
    "baseline": False,
    "release": 2,
}
COST_ANSWER: dict[str, Any] = {
    "amount": 187_400.0,
    "currency": "USD",
    "level": 0.9,
    "low": 81_200.0,
    "high": 402_900.0,
    "model": {**MODEL_ANSWER, "name": "maintenance_cost", "version": "2"},
}
_ANSWER: dict[str, Any] = {
    "aircraft_id": "OB-1000",
    "days": 41.5,
    "date": "2026-02-11",
    "horizon": 180,
    "interval": {
        "level": 0.8,
        "earliest_days": 7.0,
        "latest_days": 90.0,
        "earliest": "2026-01-08",
        "latest": "2026-04-01",
    },
    "failure": [
        {"within_days": 7, "chance": 0.011, "chance_before_other": 0.011},
        {"within_days": 30, "chance": 0.052, "chance_before_other": 0.049},
        {"within_days": 90, "chance": 0.176, "chance_before_other": 0.118},
    ],
    "cost": COST_ANSWER,
    "moved_by": [
        {"what": "the sensors", "chance": 0.021, "days": -9.4},
        {"what": "hours and use", "chance": 0.004, "days": -17.2},
    ],
    "model": MODEL_ANSWER,
    "release": 2,
    "as_of": "2026-01-01T04:31:00Z",
    "asked_at": "2026-01-01T04:31:00Z",
    "warnings": [],
    "features": [
        {
            "name": "aircraft_health__engine_health_score",
            "value": 71.4,
            "event_timestamp": "2025-12-31T18:00:00Z",
            "age_seconds": 37860.0,
            "reason_if_null": None,
        },
        {
            "name": "maintenance_request__days_to_planned_maintenance",
            "value": None,
            "event_timestamp": None,
            "age_seconds": None,
            "reason_if_null": "an input of it is missing",
        },
    ],
}

_DESCRIPTION = f"""
When a vessel needs maintenance next, or up to {MAX_ITEMS} in `items`: days and date by which it is
as likely to have begun as not, an interval, the chance of a failure within
{", ".join(map(str, WITHIN))} days, and the cost to expect.

`chance` is that of a failure where no other maintenance comes before it: what waiting risks.
`chance_before_other` is that of a failure where maintenance goes on as it did until now.
`moved_by` says what moves the answer against an ordinary vessel; in calls of more than
{MOST_EXPLAINED} vessels it is empty. A vessel of which nothing is stored is refused.
"""


def _requests(aircraft_id: str) -> dict[str, Any]:
    one = {**EXAMPLE, "aircraft_id": aircraft_id}
    return {"One vessel": one, "Many vessels": {"items": [one]}}


OPERATION = Operation(
    path="/v1/maintenance-due",
    name="maintenance_due",
    summary="When a vessel needs maintenance next, or many",
    description=_DESCRIPTION,
    request=REQUEST,
    answer=TypeAdapter(MaintenanceDue | MaintenancesDue),
    words=WORDS,
    roles=ASKS["maintenance_due"],
    # The choice between one vessel and many is not in the request.
    skip=1,
    request_examples=_requests(EXAMPLE["aircraft_id"]),
    answer_examples={"One vessel": _ANSWER, "Many vessels": {"items": [_ANSWER]}},
    problem_examples=problem_examples("aircraft_id", "nothing is stored of OB-9"),
)


def first_vessel(spec: ServingSpec) -> str:
    """A vessel that this model knows."""
    known = spec.known_values("aircraft_id") or (str(EXAMPLE["aircraft_id"]),)
    return known[0]


def _examples(spec: ServingSpec) -> Mapping[str, Any]:
    return _requests(first_vessel(spec))


def _refine(schemas: dict[str, Any], spec: ServingSpec) -> None:
    """Offer a vessel that the model knows."""
    schemas["VesselRequest"]["examples"] = [{"aircraft_id": first_vessel(spec)}]


MAINTENANCE_DUE = Endpoint(
    model="maintenance_due",
    operation=OPERATION,
    open=DueExpecter,
    many=MaintenancesDue,
    others=("maintenance_cost",),
    optional=("maintenance_cost",),
    heavy=True,
    examples=_examples,
    refine=_refine,
)
"""POST /v1/maintenance-due."""
