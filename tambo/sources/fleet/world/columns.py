"""Columns of the raw files, in the order of their headers."""

from __future__ import annotations

AIRCRAFT, HANGARS, LIMITS, FLIGHTS = "aircraft", "hangars", "legal_limits", "flights_log"
BOOKINGS, PLANS, TELEMETRY = "bookings", "maintenance_plan", "telemetry"
MAINTENANCE, DOWNTIME, LOGS = "maintenance", "downtime", "service_logs"

COLUMNS: dict[str, tuple[str, ...]] = {
    AIRCRAFT: ("aircraft_id", "aircraft_type", "model", "home_base", "in_service_since"),
    HANGARS: ("base", "slots"),
    LIMITS: ("aircraft_type", "measure", "limit"),
    FLIGHTS: (
        "flight_id", "aircraft_id", "origin", "destination", "departed_at", "arrived_at",
        "flight_hours", "fuel_litres", "passengers", "status", "revenue",
    ),
    BOOKINGS: (
        "booking_id", "booked_at", "departs_at", "aircraft_type", "origin", "destination", "hours",
        "revenue", "cancelled_at",
    ),
    PLANS: ("aircraft_id", "planned_at", "due_at"),
    TELEMETRY: ("aircraft_id", "read_at", "engine_health_score", "temperature_variance"),
    MAINTENANCE: ("maintenance_id", "aircraft_id", "kind", "started_at", "finished_at", "cost"),
    DOWNTIME: ("aircraft_id", "started_at", "ended_at", "reason"),
    LOGS: ("aircraft_id", "logged_at", "author", "severity", "entry"),
}  # fmt: skip
