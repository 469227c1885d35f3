"""Routes and the fares that were paid on them, from the released lake."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd

from app import released
from tambo.requesttime.travel import FLIGHT_CLASSES, local_date

_FLOWN = "lake.intermediate.int_flight_facts WHERE ended_timestamp IS NULL"
"""Every leg as it is known now: corrected, and without what was withdrawn."""

_ROUTES = f"""
    SELECT origin, destination, count(*) AS legs, avg(distance_km) AS distance_km,
        avg(duration_hours) AS duration_hours, avg(price)::DOUBLE AS mean_fare,
        min(travel_date) AS first_day, max(travel_date) AS last_day
    FROM {_FLOWN} GROUP BY ALL ORDER BY legs DESC, origin, destination
"""

_FARES = f"""
    SELECT flight_type, agency, count(*) AS legs, median(price)::DOUBLE AS median_fare,
        quantile_cont(price, 0.1)::DOUBLE AS low_fare,
        quantile_cont(price, 0.9)::DOUBLE AS high_fare,
        arg_max(price, created_timestamp)::DOUBLE AS last_fare
    FROM {_FLOWN} AND origin = ? AND destination = ? GROUP BY ALL
"""

_HISTORY = f"""
    SELECT date_trunc('month', travel_date) AS month, flight_type, count(*) AS legs,
        median(price)::DOUBLE AS median_fare,
        quantile_cont(price, 0.1)::DOUBLE AS low_fare,
        quantile_cont(price, 0.9)::DOUBLE AS high_fare
    FROM {_FLOWN} AND origin = ? AND destination = ? AND (? = '' OR agency = ?)
    GROUP BY ALL ORDER BY month
"""


def routes() -> pd.DataFrame:
    """One row a route, the most flown first; distance in km, duration in hours, fares in BRL."""
    return released.frame(_ROUTES)


def fares(origin: str, destination: str) -> pd.DataFrame:
    """One row a class and agency of a route: legs, and the fares that were paid, in BRL."""
    found = released.frame(_FARES, origin, destination)
    ranks = {name: rank for rank, name in enumerate(FLIGHT_CLASSES)}
    order = found["flight_type"].map(ranks)
    return found.assign(rank=order).sort_values(["rank", "agency"]).drop(columns="rank")


def history(origin: str, destination: str, agency: str = "") -> pd.DataFrame:
    """One row a month of travel and class: median fare and the middle 80 %, in BRL."""
    return released.frame(_HISTORY, origin, destination, agency, agency)


def agencies(flight_type: str) -> list[str]:
    """Agencies that ever sold a leg of a class, on any route."""
    query = f"SELECT DISTINCT agency FROM {_FLOWN} AND flight_type = ? ORDER BY agency"
    return list(released.frame(query, flight_type)["agency"])


def today() -> date:
    """The day on which services answer: the release's newest, or by the wall clock if so set."""
    if released.settings().online_clock == "wall":
        return local_date(datetime.now(UTC))
    return local_date(released.release().as_of.of("travel"))
