"""What the OpenAPI document says of maintenance schedules, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bentos.fleet.maintenance_due.documentation import MODEL_ANSWER, first_vessel
from bentos.fleet.maintenance_schedule.scheduling import FleetScheduler
from bentos.fleet.maintenance_schedule.schemas import (
    EXAMPLE,
    LONGEST,
    REQUEST,
    MaintenanceSchedule,
)
from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import WORDS
from bentos.web.endpoint import Operation
from tambo.access.fleet import ASKS
from tambo.planning.fleet.demand import SEEN
from tambo.serving.spec import ServingSpec

_PLAN = {
    "cost": -2_610_400.0,
    "maintenance": 52_300.0,
    "failures": 21_900.0,
    "absence": 88_100.0,
    "worth": 2_772_700.0,
    "maintenances": 1,
    "downtime_days": 5.4,
    "earned": 611_200.0,
}
_MORE = {
    "cost": 31_400.0,
    "maintenance": 4_800.0,
    "failures": 23_100.0,
    "absence": -2_100.0,
    "worth": -5_600.0,
}
_CURRENT = {
    **_PLAN,
    "cost": -2_579_000.0,
    "maintenance": 57_100.0,
    "failures": 45_000.0,
    "absence": 86_000.0,
    "worth": 2_767_100.0,
    "downtime_days": 5.9,
    "earned": 585_400.0,
}
_ANSWER: dict[str, Any] = {
    "schedule": "optimiser",
    "vessels": [
        {
            "priority": 1,
            "aircraft_id": "OB-1000",
            "base": "Lima",
            "enters": "2026-01-04",
            "back": "2026-01-08",
            "planned": "2026-01-17",
            "planned_back": "2026-01-21",
            "why": "the plan of least expected cost that was found has it enter then: its health"
            " score is 61, and 48% of its legal hours and 66% of its legal days are used by then",
            "cost": 52_300.0,
            "chance_of_failure": 0.012,
            "alternatives": [
                {
                    "kind": "planned",
                    "enters": "2026-01-17",
                    "possible": False,
                    "why_not": "all slots of Lima are taken then",
                    "limit": None,
                    "more": _MORE,
                }
            ],
            "network": {
                "stay": 1_210_400.0,
                "enter": 1_243_900.0,
                "moved_by": [
                    {"what": "its health", "usd": 61_200.0},
                    {"what": "bookings", "usd": -8_400.0},
                ],
            },
        }
    ],
    "plan": _PLAN,
    "current_plan": _CURRENT,
    "difference": {
        "cost": -31_400.0,
        "maintenance": -4_800.0,
        "failures": -23_100.0,
        "absence": 2_100.0,
        "worth": 5_600.0,
        "maintenances": 0,
        "downtime_days": -0.5,
        "earned": 25_800.0,
    },
    "limits": [],
    "current_limits": [],
    "schedules": [
        {
            "name": "optimiser",
            "serves": True,
            "earned": 41_200_000.0,
            "low": 40_900_000.0,
            "high": 41_500_000.0,
            "maintenances": 31.2,
            "failures": 3.4,
        }
    ],
    "proven": True,
    "horizon": 28,
    "ends_on": "2026-01-29",
    "model": {**MODEL_ANSWER, "name": "maintenance_schedule", "estimator": "dqn"},
    "release": 2,
    "as_of": "2026-01-01T04:31:00Z",
    "asked_at": "2026-01-01T04:31:00Z",
    "warnings": [
        f"bookings are seen until 2026-01-{1 + SEEN}, and the horizon ends on 2026-01-29: of the"
        " days between them only what is usual is known"
    ],
}

_DESCRIPTION = f"""
Who enters a hangar on which day within `horizon` days (1 to {LONGEST}), in the order of priority,
and what that is expected to cost against the current plan. Hangars are never overbooked, nobody
enters on one of the `blackout_dates`, and a vessel that has failed or is at a legal limit comes
first. `limits` are those that the plan does not meet, each with the reason.

Figures are expected USD over the horizon, by what the training estimated of wear, failures, costs
and demand; each day ahead counts a little less. `cost` is what plans are compared by. An
alternative is another day for one vessel with all others as they are planned, and by how much each
figure is more then. `network` is what the learned network holds of entering today, whichever
schedule decides, with exact Shapley values.

`schedules` tells what simulated fleets earned by each; the one that earned most decides where
`schedule` is left out. A home whose data cannot give a schedule answers 503, and says what to load.
"""


def _requests(aircraft_id: str, known: datetime) -> dict[str, Any]:
    """A fleet, and one vessel with days on which nobody enters."""
    days = [f"{known + timedelta(days=ahead):%Y-%m-%d}" for ahead in (2, 3)]
    back = f"{known + timedelta(days=4):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "The whole fleet": EXAMPLE,
        "One vessel, some days closed": {
            "aircraft_ids": [aircraft_id],
            "horizon": 14,
            "blackout_dates": days,
            "schedule": "threshold",
            "current_plan": [{"aircraft_id": aircraft_id, "enters": days[1]}],
            "vessels": [{"aircraft_id": aircraft_id, "away_until": back}],
        },
    }


OPERATION = Operation(
    path="/v1/maintenance-schedule",
    name="maintenance_schedule",
    summary="Who enters a hangar on which day, against the current plan",
    description=_DESCRIPTION,
    request=REQUEST,
    answer=TypeAdapter(MaintenanceSchedule),
    words={**WORDS, "too_long": "must hold at most {max_length}"},
    roles=ASKS["maintenance_schedule"],
    request_examples=_requests("OB-1000", datetime(2026, 1, 1, 4, 31, tzinfo=UTC)),
    answer_examples={"A vessel": _ANSWER},
    problem_examples=problem_examples("horizon", f"must be {LONGEST} or less"),
)


def _examples(spec: ServingSpec) -> Mapping[str, Any]:
    return _requests(first_vessel(spec), spec.as_of.astimezone(UTC))


MAINTENANCE_SCHEDULE = Endpoint(
    model="maintenance_schedule",
    operation=OPERATION,
    open=FleetScheduler,
    optional=("maintenance_schedule",),
    artefacts=("maintenance_schedule",),
    heavy=True,
    examples=_examples,
)
"""POST /v1/maintenance-schedule."""
