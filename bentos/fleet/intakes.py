"""What the fleet service answers without a model; one line an operation."""

from __future__ import annotations

from bentos.fleet.downtime.documentation import DOWNTIME
from bentos.fleet.sensors.documentation import SENSOR_HISTORY, SET_SENSOR
from bentos.fleet.service_logs.documentation import SERVICE_LOGS
from bentos.inference.intake import IntakeEndpoint

INTAKES: tuple[IntakeEndpoint, ...] = (SERVICE_LOGS, DOWNTIME, SET_SENSOR, SENSOR_HISTORY)
"""In the order of the OpenAPI document; they need no model."""
