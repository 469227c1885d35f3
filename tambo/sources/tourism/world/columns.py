"""Columns of the raw files, in the order of their headers."""

from __future__ import annotations

FLOW, WEATHER, FORECAST = "tourist_flow", "weather", "weather_forecast"
EVENTS, HOLIDAYS, CAMPAIGNS, EXTERNAL = "events", "holidays", "campaigns", "external_factors"

COLUMNS: dict[str, tuple[str, ...]] = {
    FLOW: ("timestamp", "location", "tourist_count", "market", "withdrawn"),
    WEATHER: ("timestamp", "location", "temperature", "precipitation", "humidity"),
    FORECAST: (
        "issued_at", "valid_at", "location", "temperature", "precipitation", "humidity",
    ),
    EVENTS: (
        "event_type", "event_date", "event_end", "location", "name", "announced_at", "withdrawn",
    ),
    HOLIDAYS: ("holiday_type", "holiday_date", "holiday_end", "location", "name", "announced_at"),
    CAMPAIGNS: (
        "campaign_id", "announced_at", "location", "market", "segment", "start_date", "end_date",
        "spend",
    ),
    EXTERNAL: ("name", "published_at", "period", "period_end", "location", "value"),
}  # fmt: skip
NATIONAL = "national"
EXCHANGE_RATE, CLOSURE = "exchange_rate", "closure"
