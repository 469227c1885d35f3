"""Vessels, their readings and log entries, from the released lake."""

from __future__ import annotations

import pandas as pd

from app import released
from tambo.sources import contracts

BACK_DAYS = 28
"""Days of readings that are shown."""

LOG_DAYS = 90
"""Days of log entries that are shown."""

MOST_ENTRIES = 200

_REGISTER = """
    SELECT aircraft_id, aircraft_type, model, home_base FROM lake.intermediate.int_vessels
    WHERE ended_timestamp IS NULL ORDER BY aircraft_id
"""

_SLOTS = """
    SELECT home_base, max(hangar_slots)::INTEGER AS slots FROM lake.intermediate.int_vessels
    WHERE ended_timestamp IS NULL AND home_base IS NOT NULL GROUP BY ALL ORDER BY home_base
"""

_SCORE, _VARIANCE = (
    f"(avg({name}) FILTER (WHERE {name}_is_outlier IS NOT TRUE) / 1e6)::DOUBLE"
    for name in ("engine_health_score", "temperature_variance")
)
"""Means of what was read, outliers left out; the lake holds millionths."""

_SINCE = f"""
    lake.intermediate.int_readings WHERE ended_timestamp IS NULL
        AND event_timestamp > ?::TIMESTAMP - INTERVAL {BACK_DAYS} DAY
"""

_READINGS = f"""
    SELECT max(event_timestamp) AS read_at, {_SCORE} AS score, {_VARIANCE} AS variance
    FROM {_SINCE} AND aircraft_id = ? GROUP BY date_trunc('hour', event_timestamp) ORDER BY read_at
"""

_DAYS = f"""
    WITH days AS (
        SELECT aircraft_id, event_timestamp::DATE AS day, {_SCORE} AS score
        FROM {_SINCE} GROUP BY ALL
    )
    SELECT aircraft_id, list(score ORDER BY day) AS scores
    FROM days WHERE score IS NOT NULL GROUP BY ALL
"""

_ENTRIES = f"""
    SELECT event_timestamp AS logged_at, severity FROM lake.intermediate.int_log_entries
    WHERE ended_timestamp IS NULL AND aircraft_id = ?
        AND event_timestamp > ?::TIMESTAMP - INTERVAL {LOG_DAYS} DAY
    ORDER BY logged_at DESC LIMIT {MOST_ENTRIES}
"""


def register() -> pd.DataFrame:
    """One row a vessel: aircraft_id, aircraft_type, model, home_base (null: not told)."""
    return released.frame(_REGISTER)


def slots() -> dict[str, int | None]:
    """Hangar slots of each base of the fleet; None: not told."""
    rows = released.frame(_SLOTS).to_dict("records")
    return {one["home_base"]: None if pd.isna(one["slots"]) else int(one["slots"]) for one in rows}


def currency() -> str:
    """Of the fleet's amounts."""
    return contracts.load("fleet").currency


def readings(aircraft_id: str) -> pd.DataFrame:
    """One row an hour with readings: read_at (UTC, of the last of them), score, variance (°C²)."""
    return released.frame(_READINGS, _now(), aircraft_id)


def score_days() -> dict[str, list[float]]:
    """Mean health score of each of the last days with readings, oldest first, by vessel."""
    rows = released.frame(_DAYS, _now()).to_dict("records")
    return {one["aircraft_id"]: [float(score) for score in one["scores"]] for one in rows}


def entries(aircraft_id: str) -> pd.DataFrame:
    """One row an entry of a vessel's service log, newest first: logged_at (UTC), severity.

    Who wrote it and the text are personal data, and stay in the lake.
    """
    return released.frame(_ENTRIES, aircraft_id, _now())


def _now() -> str:
    """The instant that the release's fleet is of."""
    return released.release().as_of.of("fleet").isoformat(sep=" ")
