"""What the OpenAPI document says of alerts, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from bentos.fleet.maintenance_alerts.alerting import FleetAlerter
from bentos.fleet.maintenance_alerts.schemas import EXAMPLE, LONGEST, REQUEST, MaintenanceAlerts
from bentos.fleet.maintenance_alerts.urgency import GRAVE_DAYS
from bentos.fleet.maintenance_due.documentation import COST_ANSWER, MODEL_ANSWER, first_vessel
from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import WORDS
from bentos.web.endpoint import Operation
from tambo.access.fleet import ASKS
from tambo.serving.spec import ServingSpec

_ANSWER: dict[str, Any] = {
    "alerts": [
        {
            "rank": 1,
            "aircraft_id": "YT-1049",
            "urgency": "soon",
            "deadline": "2026-01-05",
            "reasons": [
                {
                    "kind": "legal_hours",
                    "says": "12 of 500 legal hours are left: 4 days at today's use",
                    "deadline": "2026-01-05",
                }
            ],
            "chance_of_failure": 0.087,
            "cost": COST_ANSWER,
        }
    ],
    "quiet": ["OB-1000"],
    "in_maintenance": [],
    "horizon": 30,
    "least_chance": 0.1,
    "model": MODEL_ANSWER,
    "release": 2,
    "as_of": "2026-01-01T04:31:00Z",
    "asked_at": "2026-01-01T04:31:00Z",
    "warnings": [],
}

_DESCRIPTION = f"""
Which vessels of a fleet need attention, the most urgent first, each with its reasons and the day
until which each can wait. Without `aircraft_ids`, of all vessels that the model was trained on.

Reasons are: a chance of a failure within `horizon` days (1 to {LONGEST}) of `least_chance` or more;
legal hours or days between two overhauls that end within the horizon, or are over; a planned
maintenance that has not begun; a major or critical entry in the service log in the last
{GRAVE_DAYS:.0f} days that no maintenance followed.
"""


def _requests(aircraft_id: str) -> dict[str, Any]:
    return {
        "The whole fleet": EXAMPLE,
        "Some vessels, a quarter ahead": {"aircraft_ids": [aircraft_id], "horizon": 90},
    }


OPERATION = Operation(
    path="/v1/maintenance-alerts",
    name="maintenance_alerts",
    summary="Which vessels need attention, and until when",
    description=_DESCRIPTION,
    request=REQUEST,
    answer=TypeAdapter(MaintenanceAlerts),
    words=WORDS,
    roles=ASKS["maintenance_alerts"],
    request_examples=_requests("OB-1000"),
    answer_examples={"A fleet": _ANSWER},
    problem_examples=problem_examples("horizon", f"must be {LONGEST} or less"),
)


def _examples(spec: ServingSpec) -> Mapping[str, Any]:
    return _requests(first_vessel(spec))


MAINTENANCE_ALERTS = Endpoint(
    model="maintenance_due",
    operation=OPERATION,
    open=FleetAlerter,
    others=("maintenance_cost",),
    optional=("maintenance_cost",),
    heavy=True,
    examples=_examples,
)
"""POST /v1/maintenance-alerts."""
