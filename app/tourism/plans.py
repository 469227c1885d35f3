"""Campaign plans as the service makes them: what is asked for, and the answer as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from app import released
from app.asking import ask_task
from tambo.errors import PlanError
from tambo.planning.tourism.outlook import monday

PATH = "/v1/campaign-plan"

CELL = ["week", "location", "market"]
"""Columns that name what money is spent on."""

_ROWS = [*CELL, "segment", "spend", "visitors", "visitors_low", "visitors_high"]
_EXTRA = ["expected", "low", "high"]
_PAST = """
    SELECT sum(usd)::DOUBLE AS spend FROM (
        SELECT DISTINCT title, market, segment, announced_for, first_day, last_day, amount,
            amount * (1 + date_diff('day', first_day, last_day)) AS usd
        FROM lake.intermediate.int_announcements
        WHERE ended_timestamp IS NULL AND kind = 'campaign'
            AND first_day BETWEEN ?::DATE AND ?::DATE
    )
"""


@dataclass(frozen=True)
class Limit:
    """Least and most that may be spent in a week.

    Attributes:
        location: its name; None: each location.
        minimum: USD, if anything is spent.
        maximum: USD; None: no limit.
        required: whether the minimum must be spent.
    """

    location: str | None = None
    minimum: float = 0.0
    maximum: float | None = None
    required: bool = False

    def request(self) -> dict[str, Any]:
        """The part of the body that the service wants."""
        return {
            "location": self.location,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "required": self.required,
        }


@dataclass(frozen=True)
class Wish:
    """What a plan is asked for.

    Attributes:
        budget: USD.
        first, last: any day of its first and of its last week.
        locations, markets: where and on whom it may be spent; empty: on all.
        limits: later ones win over earlier ones.
        off_peak: weeks below this share of a location's own mean week are planned.
        value: of one more visitor, USD; None: no return is told.
    """

    budget: float
    first: date
    last: date
    locations: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    off_peak: float = 0.9
    value: float | None = None

    def request(self) -> dict[str, Any]:
        """The body that the service wants."""
        return {
            "budget": self.budget,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "locations": list(self.locations),
            "markets": list(self.markets),
            "limits": [one.request() for one in self.limits],
            "off_peak": self.off_peak,
            "value_per_visitor": self.value,
        }


def make(request: Mapping[str, Any]) -> dict[str, Any]:
    """The plan that the service answers to a body; it takes seconds.

    Raises:
        ServingError: the service is down, or cannot plan it.
        ProblemError: it refuses the request.
    """
    return ask_task("tourism", PATH, request)


def again(
    request: Mapping[str, Any], plan: Mapping[str, Any], today: date, told: float | None
) -> dict[str, Any]:
    """The body that plans the rest of a running plan again.

    Args:
        request: of the running plan.
        plan: its answer.
        today: from whose week on it is planned again.
        told: USD spent of it in the weeks before; None: as planned. It is taken to have been spent
            where the plan said.

    Raises:
        PlanError: nothing was planned before, so it cannot be told where it was spent.
    """
    start = monday(today).isoformat()
    before = [*request.get("already", []), *(one for one in spends(plan) if one["week"] < start)]
    planned = sum(one["usd"] for one in before)
    if told and not planned:
        raise PlanError(
            f"Nothing of the plan was to be spent before the week from {start}.",
            remedy="Leave out what was spent, or plan from a later week on.",
        )
    share = 1.0 if told is None or not planned else told / planned
    already = [one | {"usd": one["usd"] * share} for one in before]
    return {**request, "today": today.isoformat(), "already": already}


def spends(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a plan spends, by week, location and market."""
    found = rows(plan).groupby(CELL, sort=False, as_index=False)["spend"].sum()
    spent = found[found["spend"] > 0].rename(columns={"spend": "usd"})
    return [{str(name): value for name, value in one.items()} for one in spent.to_dict("records")]


def rows(plan: Mapping[str, Any]) -> pd.DataFrame:
    """One row a week, location, market and segment.

    Returns:
        week (text, its Monday), location, market, segment, spend (USD), visitors with visitors_low
        and visitors_high (without the plan, of the whole market), extra, extra_low, extra_high (NaN
        where nothing is known of what spending does).
    """
    found = [
        (*(one[name] for name in _ROWS), *((one["extra"] or {}).get(name) for name in _EXTRA))
        for one in plan["rows"]
    ]
    names = [*_ROWS, "extra", "extra_low", "extra_high"]
    numbers = dict.fromkeys(names[4:], float)
    return pd.DataFrame(found, columns=names).astype(numbers)


def gaps(plan: Mapping[str, Any]) -> pd.DataFrame:
    """One row an off-peak location-week: location, week, expected, usual, share, gap."""
    columns = ["location", "week", "expected", "usual", "share", "gap"]
    return pd.DataFrame(plan["gaps"], columns=columns)


def totals(found: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row a total: name, spend, extra, extra_low, extra_high, cost, return (NaN: not known)."""
    made = [
        (
            one["name"],
            one["spend"],
            *((one["extra"] or {}).get(name) for name in _EXTRA),
            one["cost_per_visitor"],
            one["return_per_usd"],
        )
        for one in found
    ]
    names = ["name", "spend", "extra", "extra_low", "extra_high", "cost", "return"]
    return pd.DataFrame(made, columns=names).astype(dict.fromkeys(names[1:], float))


def compared(plan: Mapping[str, Any]) -> pd.DataFrame:
    """The plan beside equal spread and last year's spending, under the same model."""
    others = (plan["equal_spread"], plan["last_year"])
    return totals([plan["total"], *(one["total"] for one in others if one is not None)])


def spent_last_year(today: date) -> float:
    """USD of the campaigns that began in the year before a day; 0 without any."""
    first = today - timedelta(days=364)
    found = released.frame(_PAST, first.isoformat(), today.isoformat())["spend"].iloc[0]
    return 0.0 if pd.isna(found) else float(found)
