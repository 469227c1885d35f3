"""What the OpenAPI document says of operations plans, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bentos.fleet.maintenance_due.documentation import MODEL_ANSWER, first_vessel
from bentos.fleet.operations_plan.planning import OperationsPlanner
from bentos.fleet.operations_plan.schemas import EXAMPLE, REQUEST, STAY, TRIP, OperationsPlan
from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import WORDS
from bentos.web.endpoint import Operation
from tambo.access.fleet import ASKS
from tambo.planning.fleet.alternatives import SHIFT
from tambo.serving.spec import ServingSpec

_WHY = "is in its hangar from 2026-01-04 08:00 to 2026-01-07 18:00"
_ANSWER: dict[str, Any] = {
    "trips": [
        {
            "booking_id": "B-7012",
            "aircraft_id": None,
            "chance_of_failure": None,
            "why_not": f"OB-1000 {_WHY}",
            "blocked": [{"aircraft_id": "OB-1000", "kind": "in_hangar", "says": _WHY}],
        }
    ],
    "vessels": [
        {
            "aircraft_id": "OB-1000",
            "trips": 0,
            "hours": 0.0,
            "away": 0.0,
            "in_hangar": 0.244,
            "revenue": 0.0,
            "legal_hours_left": 400.0,
        }
    ],
    "at_risk": [
        {
            "rank": 1,
            "booking_id": "B-7012",
            "aircraft_id": None,
            "kind": "not_flown",
            "revenue_at_risk": 21_000.0,
            "says": f"nobody flies it: OB-1000 {_WHY}",
            "alternative": {
                "kind": "shift",
                "aircraft_id": "OB-1000",
                "days": 2,
                "says": "OB-1000 can fly it if its maintenance of 2026-01-04 begins 2 days later",
            },
        }
    ],
    "limits": [],
    "revenue": 0.0,
    "revenue_at_risk": 21_000.0,
    "proven": True,
    "horizon": 14,
    "ends_at": "2026-01-15T04:31:00Z",
    "model": MODEL_ANSWER,
    "release": 2,
    "as_of": "2026-01-01T04:31:00Z",
    "asked_at": "2026-01-01T04:31:00Z",
    "warnings": [
        "the last booked trip is over on 2026-01-05, and the horizon ends on 2026-01-15: what will"
        " be booked between them is not in the plan"
    ],
}

_DESCRIPTION = f"""
Which vessel flies which booked trip, given when vessels are in maintenance, so that the revenue
flown, less what failures are expected to cost, is most. A vessel flies one trip at a time, never in
its hangar, and keeps to the hours and days that the law allows between two overhauls; a maintenance
renews both. Trips end where they begin, and vessels of that base fly them: those of `vessel_type`,
or of any kind where it is left out.

A booking is at risk if nobody flies it, or if its vessel fails before it is over with a chance of
`least_chance` or more. Each has an `alternative`: another vessel, one that is ferried from another
base, or a maintenance that is moved by up to {SHIFT} days where the hangar has a slot. Each is
possible beside the plan, but alone. `limits` are the legal limits that the maintenance plan does
not keep. After a maintenance no failure is foretold.

Left out, `maintenance` is what is planned in the register, `stay_days` each.
"""


def _requests(aircraft_id: str, known: datetime) -> dict[str, Any]:
    """Trips that lie ahead of what is known."""

    def ahead(days: float) -> str:
        return f"{known + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"

    plain = {**EXAMPLE, "trips": [{**TRIP, "departs_at": ahead(4.5)}]}
    stay = {**STAY, "aircraft_id": aircraft_id, "begins_at": ahead(3), "ends_at": ahead(6)}
    planned = {**plain, "aircraft_ids": [aircraft_id], "maintenance": [stay]}
    return {"A trip": plain, "With a maintenance plan": planned}


OPERATION = Operation(
    path="/v1/operations-plan",
    name="operations_plan",
    summary="Which vessel flies which booked trip, and which bookings are at risk",
    description=_DESCRIPTION,
    request=REQUEST,
    answer=TypeAdapter(OperationsPlan),
    words={**WORDS, "too_long": "must hold at most {max_length}"},
    roles=ASKS["operations_plan"],
    request_examples=_requests(STAY["aircraft_id"], datetime(2026, 1, 1, 4, 31, tzinfo=UTC)),
    answer_examples={"A maintenance in the way": _ANSWER},
    problem_examples=problem_examples(
        "trips.0.departs_at", "lies before asked_at, 2026-01-01T04:31:00+00:00"
    ),
)


def _examples(spec: ServingSpec) -> Mapping[str, Any]:
    return _requests(first_vessel(spec), spec.as_of.astimezone(UTC))


OPERATIONS_PLAN = Endpoint(
    model="maintenance_due",
    operation=OPERATION,
    open=OperationsPlanner,
    heavy=True,
    examples=_examples,
)
"""POST /v1/operations-plan."""
