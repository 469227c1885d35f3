"""What the fleet service takes in; one line an operation."""

from __future__ import annotations

from bentos.fleet.downtime.documentation import DOWNTIME
from bentos.fleet.service_logs.documentation import SERVICE_LOGS
from bentos.inference.intake import IntakeEndpoint

INTAKES: tuple[IntakeEndpoint, ...] = (SERVICE_LOGS, DOWNTIME)
"""In the order of the OpenAPI document; they need no model."""
