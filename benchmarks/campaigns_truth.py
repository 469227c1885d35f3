"""Campaigns and plans as the sample world knows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from tambo.planning.tourism.answers import Plan
from tambo.planning.tourism.learned import Learned, Spend
from tambo.planning.tourism.plan import make_plan
from tambo.planning.tourism.request import PlanRequest
from tambo.sources.tourism.world import Truth


@dataclass(frozen=True)
class Judged:
    """One plan beside what it is held against, by the world's own extra visitors.

    Attributes:
        name: of the case.
        plan: as it was made.
        true: extra visitors of the plan, of equal spread and of last year's plan (None: there was
            nothing last year).
    """

    name: str
    plan: Plan
    true: tuple[float, float, float | None]

    @property
    def gain(self) -> float:
        """Extra visitors of the plan over those of equal spread, less 1."""
        return self.true[0] / self.true[1] - 1

    @property
    def held(self) -> bool:
        """Whether the plan's interval holds its true extra visitors."""
        told = self.plan.total.extra
        return told is not None and told.low <= self.true[0] <= told.high


def extra(truth: Truth, spends: Iterable[Spend]) -> float:
    """Extra visitors that spending brings in the world."""
    rows = [(one.location, one.market, one.week, one.usd) for one in spends]
    return sum(truth.extra_visitors(rows).values())


def judge(name: str, truth: Truth, learned: Learned, request: PlanRequest) -> Judged:
    """Make a plan, and ask the world what it, equal spread and last year's plan bring."""
    plan = make_plan(learned, request)
    before = None if plan.last_year is None else extra(truth, plan.last_year.spends)
    spread = extra(truth, plan.equal_spread.spends)
    return Judged(name, plan, (extra(truth, plan.spends), spread, before))


def effects(truth: Truth, measured: Sequence[Mapping[str, Any]]) -> list[float]:
    """True log effect of each held-out campaign in a mean week of it.

    Args:
        truth: the world.
        measured: the campaigns, as the model's report tells of them.
    """
    found = []
    for one in measured:
        first = date.fromisoformat(one["first"])
        weeks = [
            [first + timedelta(days=7 * week + n) for n in range(7)] for week in range(one["weeks"])
        ]
        place = one["location"], one["market"]
        visitors = [
            [truth.expected(*place, days, campaigns=each).sum() for each in (True, False)]
            for days in weeks
        ]
        logs = [np.log(with_ / without) for with_, without in visitors if without > 0]
        found.append(float(np.mean(logs)) if logs else 0.0)
    return found
