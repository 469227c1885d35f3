"""What the fleet service answers; one line an operation."""

from __future__ import annotations

from bentos.fleet.maintenance_alerts.documentation import MAINTENANCE_ALERTS
from bentos.fleet.maintenance_due.documentation import MAINTENANCE_DUE
from bentos.inference.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (MAINTENANCE_DUE, MAINTENANCE_ALERTS)
"""In the order of the OpenAPI document; their models are `bentos.fleet.MODELS`."""
