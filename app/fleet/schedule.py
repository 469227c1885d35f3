"""Maintenance schedules: what is asked of the service, and its answers as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd

from app.asking import ask
from app.fleet.answers import Answer, of_known

PATH = "/v1/maintenance-schedule"
MOST = 200
"""Vessels of one schedule."""
SHORTEST, LONGEST, HORIZON = 7, 90, 28
"""Days that can be planned ahead, and those that are where nobody says."""

PROPOSED, OWN, PRACTICE = "the plan", "your dates", "today's practice"
PLANS = (PROPOSED, PRACTICE, OWN)

_SECONDS = 90.0
"""That an answer may take: the optimiser is given 30 on a machine of its own."""

AMOUNTS = ("cost", "earned", "maintenance", "failures", "absence", "worth")
FIGURES = (*AMOUNTS[:-1], "downtime_days", "maintenances", "worth")
"""That the service tells of a plan, in the order of the page."""

MOVES = {
    "today": "today",
    "planned": "as today's practice has it",
    "week_later": "a week later",
    "not_within": "not within these days",
}


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        horizon: days ahead.
        slots: by base, where they are others than those that are stored.
        closed: days on which nobody enters.
        name: of the schedule that decides; None: the best one.
    """

    horizon: int = HORIZON
    slots: Mapping[str, int] = field(default_factory=dict)
    closed: tuple[date, ...] = ()
    name: str | None = None

    def request(self, at: datetime) -> dict[str, Any]:
        """The body of a question at an instant, without the vessels."""
        body: dict[str, Any] = {"horizon": self.horizon, "asked_at": at.isoformat()}
        if self.slots:
            body["hangar_slots"] = dict(self.slots)
        if self.closed:
            body["blackout_dates"] = [one.isoformat() for one in sorted(self.closed)]
        return body if self.name is None else body | {"schedule": self.name}


def make(
    body: Mapping[str, Any], vessels: Sequence[str]
) -> tuple[dict[str, Any], Answer, list[str]]:
    """Ask for a plan.

    Args:
        body: see `Wish.request`.
        vessels: whose maintenance is planned, the first `MOST` of them; at least one.

    Returns:
        The question as it was answered, the answer, and the vessels that the service knows nothing
        of.

    Raises:
        ServingError: the service is down, or refuses more than single vessels.
    """
    asked = dict(body)

    def put(names: list[str]) -> Answer:
        asked["aircraft_ids"] = names
        return ask("fleet", PATH, asked, _SECONDS)

    answer, unknown = of_known(put, vessels[:MOST])
    return asked, answer, unknown


def hold(body: Mapping[str, Any], entries: Sequence[Mapping[str, str]]) -> Answer:
    """Ask for the same plan once more, held against other dates than today's practice.

    Args:
        body: that the plan was asked for with; see `make`.
        entries: see `entries`.

    Raises:
        ServingError: the service is down, or refuses the dates.
    """
    return ask("fleet", PATH, {**body, "current_plan": list(entries)}, _SECONDS)


def planned(answer: Answer) -> pd.DataFrame:
    """One row a vessel, in the order of priority.

    Returns:
        priority, vessel, base, enters and back (dates; None: not within the horizon), practice
        (the date of today's practice), why, cost (of its maintenance), chance (of a failure before
        it enters, percent).
    """
    rows = [
        {
            "priority": one["priority"],
            "vessel": one["aircraft_id"],
            "base": one["base"],
            "enters": day(one["enters"]),
            "back": day(one["back"]),
            "practice": day(one["planned"]),
            "why": one["why"],
            "cost": one["cost"],
            "chance": 100 * one["chance_of_failure"],
        }
        for one in answer["vessels"]
    ]
    return pd.DataFrame(rows)


def stays(answer: Answer, held: str = PRACTICE) -> pd.DataFrame:
    """One row a stay in a hangar: base, vessel, plan, enters, back, why.

    Args:
        answer: the service's.
        held: what its plan is held against, one of `PLANS`.
    """
    rows = []
    for one in answer["vessels"]:
        begins = one["enters"] or (None if one["back"] is None else answer["asked_at"][:10])
        told = (
            (PROPOSED, begins, one["back"], one["why"]),
            (held, one["planned"], one["planned_back"], None),
        )
        rows += [
            (one["base"], one["aircraft_id"], plan, day(enters), day(back), why)
            for plan, enters, back, why in told
            if enters is not None
        ]
    return pd.DataFrame(rows, columns=["base", "vessel", "plan", "enters", "back", "why"])


def editable(answer: Answer, own: Mapping[str, date] | None = None) -> pd.DataFrame:
    """One row a vessel that can enter: vessel, base, enters, proposed, practice (dates).

    Args:
        answer: the service's.
        own: dates that stand in the column enters; None: those of the plan. One that is in its
            hangar now is left out.
    """
    rows = [
        (
            one["aircraft_id"],
            one["base"],
            day(one["enters"]) if own is None else own.get(one["aircraft_id"]),
            day(one["enters"]),
            day(one["planned"]),
        )
        for one in answer["vessels"]
        if one["enters"] is not None or one["back"] is None
    ]
    columns = ["vessel", "base", "enters", "proposed", "practice"]
    # Dates and nothing else: a column of None alone has no type to edit it by.
    dates = dict.fromkeys(columns[2:], "datetime64[s]")
    return pd.DataFrame(rows, columns=columns).astype(dates)


def entries(rows: pd.DataFrame) -> list[dict[str, str]]:
    """The plan that somebody wrote down; a vessel without a date does not enter.

    Args:
        rows: as `editable` gives them.
    """
    return [
        {"aircraft_id": one["vessel"], "enters": f"{one['enters']:%Y-%m-%d}"}
        for one in rows.to_dict("records")
        if pd.notna(one["enters"])
    ]


def compared(plans: Mapping[str, Answer]) -> pd.DataFrame:
    """One row a plan with the service's figures of it: plan, then `FIGURES`."""
    rows = [{"plan": name, **{one: of[one] for one in FIGURES}} for name, of in plans.items()]
    return pd.DataFrame(rows, columns=["plan", *FIGURES])


def alternatives(vessel: Answer) -> pd.DataFrame:
    """One row another day for a vessel, and by how much each figure of the fleet is more then.

    Returns:
        what, enters, cost, maintenance, failures, absence, worth, why_not (None: it is possible),
        limit (of the law, that is reached before; None: none).
    """
    parts = ["cost", "maintenance", "failures", "absence", "worth"]
    rows = [
        {
            "what": MOVES[one["kind"]],
            "enters": day(one["enters"]),
            **{part: one["more"][part] for part in parts},
            "why_not": one["why_not"],
            "limit": one["limit"],
        }
        for one in vessel["alternatives"]
    ]
    return pd.DataFrame(rows, columns=["what", "enters", *parts, "why_not", "limit"])


def simulated(answer: Answer) -> pd.DataFrame:
    """One row a schedule, with what simulated fleets made of a year by it, the most first."""
    columns = ["name", "serves", "earned", "low", "high", "maintenances", "failures"]
    return pd.DataFrame(answer["schedules"], columns=columns)


def day(value: str | None) -> date | None:
    """A date of an answer."""
    return None if value is None else date.fromisoformat(value)
