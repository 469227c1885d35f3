"""Who flies which booked trip, and what is at risk: the service's plan as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from app.asking import ask
from app.fleet.answers import AT_ONCE, Answer, of_known
from tambo.planning.fleet.demand import ANY

PATH = "/v1/operations-plan"

FLOWN, MAY_FAIL, NOBODY = "flown", "its vessel may fail", "nobody flies it"
STATES = (FLOWN, NOBODY, MAY_FAIL)


def plan(
    trips: pd.DataFrame, vessels: Sequence[str], at: datetime, days: int, least_chance: float
) -> tuple[Answer, list[str]]:
    """Ask for a plan of some trips.

    Args:
        trips: see `bookings.ahead`; at least one, at most `AT_ONCE`.
        vessels: that may fly them.
        at: the instant of asking.
        days: that are planned ahead.
        least_chance: of a failure, from which on a trip is at risk.

    Returns:
        The answer, and the vessels that the service knows nothing of.

    Raises:
        ServingError: the service is down, or refuses more than single vessels.
    """
    body = {
        "trips": [_trip(one) for one in trips.to_dict("records")],
        "asked_at": at.isoformat(),
        "horizon": days,
        "least_chance": least_chance,
    }
    return of_known(
        lambda names: ask("fleet", PATH, {**body, "aircraft_ids": names}), vessels[:AT_ONCE]
    )


def _trip(one: dict[object, object]) -> dict[str, object]:
    departs = pd.Timestamp(str(one["departs_at"])).tz_localize("UTC")
    return {
        "booking_id": one["booking_id"],
        "vessel_type": None if one["vessel_type"] == ANY else one["vessel_type"],
        "origin": one["base"],
        "departs_at": departs.isoformat(),
        "hours": one["hours"],
        "revenue": one["revenue"],
    }


def planned(trips: pd.DataFrame, answer: Answer) -> pd.DataFrame:
    """One row a trip that departs within the days that are planned, soonest first.

    Returns:
        booking, state (one of `STATES`), vessel (None: nobody flies it), departs, returns, base,
        destination, kind, hours, revenue, chance (of a failure before it is over, percent; None:
        none is foretold), why_not (None: it is flown).
    """
    fails = {one["booking_id"] for one in answer["at_risk"] if one["kind"] == "failure"}
    told = answer["trips"]
    rows = trips.rename(
        columns={
            "booking_id": "booking",
            "vessel_type": "kind",
            "departs_at": "departs",
            "returns_at": "returns",
        }
    )
    rows["vessel"] = pd.Series([one["aircraft_id"] for one in told], dtype=object)
    rows["state"] = [_state(one, fails) for one in told]
    rows["chance"] = pd.Series([_percent(one["chance_of_failure"]) for one in told], dtype=float)
    rows["why_not"] = pd.Series([one["why_not"] for one in told], dtype=object)
    columns = ["booking", "state", "vessel", "departs", "returns", "base", "destination"]
    end = pd.Timestamp(answer["ends_at"]).tz_convert("UTC").tz_localize(None)
    within = rows[rows["departs"] < end]
    return within[[*columns, "kind", "hours", "revenue", "chance", "why_not"]]


def at_risk(rows: pd.DataFrame, answer: Answer) -> pd.DataFrame:
    """One row a booking at risk, the most revenue at risk first.

    Args:
        rows: see `planned`.
        answer: the service's.

    Returns:
        rank, booking, at_risk (revenue), state, why, instead (the alternative, in words),
        departs, base, destination, kind, vessel, hours, revenue.
    """
    found = pd.DataFrame(
        [
            {
                "rank": one["rank"],
                "booking": one["booking_id"],
                "at_risk": one["revenue_at_risk"],
                "why": one["says"],
                "instead": one["alternative"]["says"],
            }
            for one in answer["at_risk"]
        ],
        columns=["rank", "booking", "at_risk", "why", "instead"],
    )
    columns = ["rank", "booking", "at_risk", "state", "why", "instead"]
    columns += ["departs", "base", "destination", "kind", "vessel", "hours", "revenue"]
    return found.merge(rows, on="booking", how="left", sort=False)[columns]


def used(register: pd.DataFrame, answer: Answer) -> pd.DataFrame:
    """One row a vessel of the plan, by kind and base.

    Args:
        register: see `vessels.register`.
        answer: the service's.

    Returns:
        vessel, kind, base, trips, hours, away and in_hangar (percent of the time), revenue,
        legal_hours_left (at the end; None: the law sets no limit).
    """
    places = {one["aircraft_id"]: one for one in register.to_dict("records")}
    rows = [
        {
            "vessel": one["aircraft_id"],
            "kind": _text(places[one["aircraft_id"]]["aircraft_type"]),
            "base": _text(places[one["aircraft_id"]]["home_base"]),
            "trips": one["trips"],
            "hours": one["hours"],
            "away": 100 * one["away"],
            "in_hangar": 100 * one["in_hangar"],
            "revenue": one["revenue"],
            "legal_hours_left": one["legal_hours_left"],
        }
        for one in answer["vessels"]
    ]
    return pd.DataFrame(rows).sort_values(["kind", "base", "vessel"], ignore_index=True)


def _state(one: Answer, fails: set[str]) -> str:
    if one["aircraft_id"] is None:
        return NOBODY
    return MAY_FAIL if one["booking_id"] in fails else FLOWN


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _text(value: object) -> str:
    return value if isinstance(value, str) else "not told"
