"""Visitors as they were counted and cleaned, by location, from the released lake."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from app import released
from tambo.requesttime.calendar import date_in

_COUNTED = "lake.intermediate.int_visitor_days WHERE ended_timestamp IS NULL"
"""Every day as it is known now: corrected, cleaned, and without what was withdrawn."""

_ZONE = "SELECT any_value(time_zone) AS zone FROM lake.marts.label_visitor_flow"

_LOCATIONS = f"""
    SELECT location, count(visitors) AS days, min(local_day) AS first_day,
        max(local_day) FILTER (WHERE visitors IS NOT NULL) AS last_day,
        avg(visitors)::DOUBLE AS mean_day
    FROM {_COUNTED} GROUP BY location HAVING count(visitors) > 0 ORDER BY location
"""

_DAYS = f"""
    SELECT local_day AS day, visitors::DOUBLE AS visitors, hours_missing AS missing,
        coalesce(hours_filled, 0) + coalesce(hours_outlying, 0) AS mended
    FROM {_COUNTED} AND location = ? AND local_day BETWEEN ?::DATE AND ?::DATE ORDER BY day
"""

_HOURS = f"""
    SELECT local_day AS day, unnest(range(24)) AS hour, unnest(hourly_visitors)::DOUBLE AS visitors
    FROM {_COUNTED} AND location = ? AND local_day BETWEEN ?::DATE AND ?::DATE ORDER BY ALL
"""

_SHUT = """
    SELECT first_day, last_day FROM lake.intermediate.int_announcements
    WHERE ended_timestamp IS NULL AND kind = 'closure' AND location = ? ORDER BY first_day
"""

_WEEKDAYS = f"""
    SELECT location, isodow(local_day) AS weekday, avg(visitors)::DOUBLE AS mean
    FROM {_COUNTED} AND local_day BETWEEN ?::DATE AND ?::DATE GROUP BY ALL
"""

_MARKETS = f"""
    SELECT DISTINCT unnest(markets) AS market
    FROM {_COUNTED} AND markets IS NOT NULL ORDER BY market
"""

_MARKET_WEEKS = """
    WITH newest AS (
        SELECT location, local_day, date_trunc('week', local_day)::DATE AS week,
            arg_max(visitors IS NULL, created_timestamp) AS gap,
            arg_max(markets, created_timestamp) AS markets,
            arg_max(market_visitors, created_timestamp) AS counts
        FROM lake.marts.label_visitor_flow WHERE local_day BETWEEN ?::DATE AND ?::DATE GROUP BY ALL
    ),
    gaps AS (SELECT location, week, count(*) FILTER (WHERE gap) AS gaps FROM newest GROUP BY ALL),
    counted AS (
        SELECT location, week, unnest(markets) AS market, unnest(counts) AS visitors FROM newest
        WHERE NOT gap
    )
    SELECT week, location, coalesce(market, 'all') AS market,
        coalesce(sum(visitors), 0)::DOUBLE AS visitors, any_value(gaps) AS gaps
    FROM gaps LEFT JOIN counted USING (location, week) GROUP BY ALL ORDER BY ALL
"""


def locations() -> pd.DataFrame:
    """One row a location that was ever counted: days, first_day, last_day, mean_day (visitors)."""
    return released.frame(_LOCATIONS)


def days(location: str, first: date, last: date) -> pd.DataFrame:
    """One row a day on which somebody counted.

    Returns:
        day, visitors (NaN where a gap in the hours could not be filled), missing (hours of that
        gap), mended (hours that were filled or set aside).
    """
    return released.frame(_DAYS, location, first.isoformat(), last.isoformat())


def hours(location: str, first: date, last: date) -> pd.DataFrame:
    """One row an hour of some days: day, hour (local), visitors; NaN where a gap stays."""
    return released.frame(_HOURS, location, first.isoformat(), last.isoformat())


def closures(location: str) -> list[tuple[date, date]]:
    """First and last day of each closure that was announced."""
    found = released.frame(_SHUT, location)
    return [
        (one["first_day"].date(), one["last_day"].date())
        for one in found.to_dict("records")
        if pd.notna(one["first_day"]) and pd.notna(one["last_day"])
    ]


def mean_weekdays(first: date, last: date) -> dict[tuple[str, int], float]:
    """Visitors of a mean weekday (1 is Monday) by location, of some days."""
    found = released.frame(_WEEKDAYS, first.isoformat(), last.isoformat()).dropna()
    rows = found.to_dict("records")
    return {(one["location"], int(one["weekday"])): float(one["mean"]) for one in rows}


def markets() -> list[str]:
    """Markets that visitors were counted of."""
    return list(released.frame(_MARKETS)["market"])


def market_weeks(first: date, last: date) -> pd.DataFrame:
    """One row a Monday, location and market: visitors, and days of the location with a gap."""
    return released.frame(_MARKET_WEEKS, first.isoformat(), last.isoformat())


def zone() -> ZoneInfo:
    """The zone of local days; some location must have been counted."""
    return ZoneInfo(released.frame(_ZONE)["zone"].iloc[0])


def today() -> date:
    """The local day on which the service answers: the newest, or by the wall clock if so set."""
    wall = released.settings().online_clock == "wall"
    now = datetime.now(UTC) if wall else released.release().as_of.of("tourism")
    return date_in(now, zone())
