"""What the fleet service answers; one line an operation."""

from __future__ import annotations

from bentos.fleet.intakes import INTAKES
from bentos.fleet.maintenance_alerts.documentation import MAINTENANCE_ALERTS
from bentos.fleet.maintenance_due.documentation import MAINTENANCE_DUE
from bentos.fleet.maintenance_schedule.documentation import MAINTENANCE_SCHEDULE
from bentos.fleet.operations_plan.documentation import OPERATIONS_PLAN
from bentos.inference.endpoint import AnyEndpoint

ENDPOINTS: tuple[AnyEndpoint, ...] = (
    MAINTENANCE_DUE,
    MAINTENANCE_ALERTS,
    MAINTENANCE_SCHEDULE,
    OPERATIONS_PLAN,
    *INTAKES,
)
"""In the order of the OpenAPI document; models are `bentos.fleet.MODELS`, intakes need none."""
