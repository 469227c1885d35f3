"""Travellers and their past trips, from the released lake; by number, never by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from app import released

MOST = 50
"""Travellers that a search shows."""

_STAYS = "lake.intermediate.int_hotel_facts WHERE ended_timestamp IS NULL"
_LEGS = "lake.intermediate.int_flight_facts WHERE ended_timestamp IS NULL"
_USERS = "lake.intermediate.int_user_facts WHERE ended_timestamp IS NULL"

_SEARCH = f"""
    WITH people AS (
        SELECT user_code, any_value(company) AS company FROM {_USERS}
        AND (? = '' OR starts_with(user_code::VARCHAR, ?) OR contains(lower(company), lower(?)))
        GROUP BY user_code
    ),
    stays AS (
        SELECT user_code, count(*) AS stays, max(stay_date) AS last_stay FROM {_STAYS}
        GROUP BY user_code
    )
    SELECT user_code, company, coalesce(stays, 0) AS stays, last_stay
    FROM people LEFT JOIN stays USING (user_code)
    ORDER BY user_code::VARCHAR = ? DESC, stays DESC, user_code LIMIT {MOST}
"""

_HISTORY = f"""
    SELECT hotel_name, place, stay_date, nights, nightly_price::DOUBLE AS nightly_price
    FROM {_STAYS} AND user_code = ? ORDER BY stay_date DESC
"""

_TRIPS = f"""
    SELECT count(DISTINCT travel_code) AS trips,
        mode(origin) FILTER (leg_number = 1) AS home
    FROM {_LEGS} AND user_code = ?
"""


@dataclass(frozen=True)
class Traveller:
    """One person, as far as the app shows them."""

    code: int
    company: str
    stays: int
    last_stay: date | None

    def label(self) -> str:
        """One line for a list."""
        last = "" if self.last_stay is None else f", the last on {self.last_stay:%d %b %Y}"
        stays = f"{self.stays:,} stay{'s' * (self.stays != 1)}{last}" if self.stays else "no stay"
        return f"{self.code} · {self.company} · {stays}"


def search(text: str) -> list[Traveller]:
    """Travellers whose number starts so, or whose company is called so; the most stays first."""
    text = text.strip()
    found = released.frame(_SEARCH, text, text, text, text)
    return [_traveller(one) for one in found.to_dict("records")]


def _traveller(row: dict[Any, Any]) -> Traveller:
    last = None if pd.isna(row["last_stay"]) else row["last_stay"].date()
    return Traveller(int(row["user_code"]), row["company"] or "no company", int(row["stays"]), last)


def history(code: int) -> pd.DataFrame:
    """One row a stay, the newest first: hotel, place, day of arrival, nights, BRL a night."""
    return released.frame(_HISTORY, code)


def trips(code: int) -> tuple[int, str | None]:
    """How many trips somebody made, and where most of them began."""
    found = released.frame(_TRIPS, code).iloc[0]
    return int(found["trips"]), None if pd.isna(found["home"]) else str(found["home"])


def hotel_places() -> list[str]:
    """Places that have a hotel."""
    return list(released.frame(f"SELECT DISTINCT place FROM {_STAYS} ORDER BY place")["place"])


def origins() -> list[str]:
    """Places that flights leave from."""
    query = f"SELECT DISTINCT origin FROM {_LEGS} ORDER BY origin"
    return list(released.frame(query)["origin"])
