"""What is told of the fleet over HTTP."""

from __future__ import annotations

from tambo.intake.received import Intake

SERVICE_LOGS = Intake(
    domain="fleet",
    table="service_logs",
    columns=("aircraft_id", "logged_at", "author", "severity", "entry", "withdrawn"),
    key=("aircraft_id", "logged_at", "author"),
)
DOWNTIME = Intake(
    domain="fleet",
    table="downtime",
    columns=("aircraft_id", "started_at", "ended_at", "reason", "withdrawn"),
    key=("aircraft_id", "started_at"),
)

INTAKES = (SERVICE_LOGS, DOWNTIME)
