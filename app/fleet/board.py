"""The board: one row a vessel, with what is served of it and what must be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from app.fleet.answers import Answer, Fleet
from tambo.requesttime.fleet.calendar import days_between

NOW, SOON, LATER = "today", "within a week", "within a month"
QUIET, WITHHELD, HANGAR, UNKNOWN = "nothing urgent", "not told", "in maintenance", "nothing known"
STATES = (NOW, SOON, LATER, QUIET, WITHHELD, HANGAR, UNKNOWN)
"""In the order of the board."""

URGENCY = {"now": NOW, "soon": SOON, "watch": LATER}

_TEXTS = {"kind": "aircraft_type", "model": "model", "base": "home_base"}
_NUMBERS = {
    "health": "aircraft_health__engine_health_score",
    "hours": "aircraft_operations__hours_since_maintenance",
    "hours_limit": "aircraft_profile__hours_between_overhauls",
    "days_limit": "aircraft_profile__days_between_overhauls",
    "days": "maintenance_request__days_since_last_maintenance",
}
_COLUMNS = [
    "vessel", "kind", "base", "state", "health", "hours", "next", "lately", "week", "age", "chance",
    "hours_limit", "hours_share", "days", "days_limit", "planned", "earliest", "latest", "until",
    "model",
]  # fmt: skip


def table(
    register: pd.DataFrame, lately: Mapping[str, Sequence[float]], fleet: Fleet
) -> pd.DataFrame:
    """One row a vessel, the most urgent first.

    Args:
        register: see `vessels.register`.
        lately: health score of the last days by vessel.
        fleet: what is served now.

    Returns:
        vessel, kind, base and model; state and until (the deadline, if any); health (score now),
        lately (scores of days, then now), week (points a week), age (hours since the newest
        reading); hours and days since maintenance with what the law allows, and hours_share of
        it (percent); planned, next, earliest and latest (dates); chance of a failure within 30
        days (percent).
    """
    alerts = {one["aircraft_id"]: (rank, one) for rank, one in enumerate(fleet.alerts)}
    rows = []
    for known in register.to_dict("records"):
        name = known["aircraft_id"]
        answer = fleet.due.get(name)
        rank, alert = alerts.get(name, (len(alerts), None))
        row = _row(known, lately.get(name, ()), answer, alert)
        if fleet.withheld is not None and row["state"] == QUIET:
            row["state"] = WITHHELD
        order = (STATES.index(row["state"]), rank, row["next"] or date.max, name)
        rows.append((order, row))
    rows.sort(key=lambda pair: pair[0])
    return pd.DataFrame([row for _, row in rows], columns=_COLUMNS)


def _row(
    known: Mapping[Any, Any],
    lately: Sequence[float],
    answer: Answer | None,
    alert: Answer | None,
) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_COLUMNS)
    row |= {name: _text(known[column]) for name, column in _TEXTS.items()}
    row |= {"vessel": known["aircraft_id"], "lately": list(lately), "state": UNKNOWN}
    if answer is None:
        return row
    found = values(answer)
    row |= {name: found.get(feature) for name, feature in _NUMBERS.items()}
    trend = found.get("aircraft_health__engine_health_score_trend_28d")
    score = row["health"]
    return row | {
        "state": state(found, alert),
        "until": None if alert is None else date.fromisoformat(alert["deadline"]),
        "lately": [*lately, *([] if score is None else [score])],
        "week": None if trend is None else 7 * trend,
        "age": hours_old(answer),
        "hours_share": share(row["hours"], row["hours_limit"]),
        "planned": _day(found.get("aircraft_maintenance__next_maintenance_date")),
        "next": _day(answer["date"]),
        "earliest": _day(answer["interval"]["earliest"]),
        "latest": _day(answer["interval"]["latest"]),
        "chance": 100 * chance(answer, 30),
    }


def values(answer: Answer) -> dict[str, Any]:
    """Values of the features that an answer rests on, by name; None where there is none."""
    return {one["name"]: one["value"] for one in answer["features"]}


def state(found: Mapping[str, Any], alert: Answer | None) -> str:
    """What a vessel is to a fleet manager, in words.

    >>> state({"aircraft_maintenance__in_maintenance": True}, None), state({}, {"urgency": "soon"})
    ('in maintenance', 'within a week')
    >>> state({}, None)
    'nothing urgent'
    """
    if found.get("aircraft_maintenance__in_maintenance") is True:
        return HANGAR
    return QUIET if alert is None else URGENCY[alert["urgency"]]


def share(part: float | None, whole: float | None) -> float | None:
    """A part of what is allowed, in percent.

    >>> share(380.0, 400.0), share(None, 400.0), share(3.0, None)
    (95.0, None, None)
    """
    return None if part is None or not whole else 100 * part / whole


def hours_old(answer: Answer) -> float | None:
    """Hours from the newest reading to the answer; None: there is none.

    Readings of the sample world go on after the release, by whose clock ages count: such are new.
    """
    read_at = values(answer).get("aircraft_health__read_at")
    if read_at is None:
        return None
    days = days_between(pd.Timestamp(read_at), pd.Timestamp(answer["asked_at"]))
    return None if days is None else max(0.0, 24 * days)


def chance(answer: Answer, within: int) -> float:
    """Chance of a failure within some days where no other maintenance comes first."""
    (found,) = (one["chance"] for one in answer["failure"] if one["within_days"] == within)
    return float(found)


def urgent(alerts: Sequence[Answer]) -> pd.DataFrame:
    """One row a reason for attention; the vessel that is most urgent first.

    Returns:
        rank and vessel, when (how urgent the vessel is, in words), why, until (the reason's own
        deadline), chance (percent), cost (None: not foretold).
    """
    columns = ["rank", "vessel", "when", "why", "until", "chance", "cost"]
    rows = [
        (
            rank,
            one["aircraft_id"],
            URGENCY[one["urgency"]],
            reason["says"],
            date.fromisoformat(reason["deadline"]),
            100 * one["chance_of_failure"],
            None if one["cost"] is None else round(one["cost"]["amount"]),
        )
        for rank, one in enumerate(alerts, 1)
        for reason in one["reasons"]
    ]
    return pd.DataFrame(rows, columns=columns)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "not told"


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value[:10])
