"""The off-season campaign plan: made, and made again while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from tambo.errors import PlanError
from tambo.planning.tourism.allocate import Allocation, allocate
from tambo.planning.tourism.answers import Plan
from tambo.planning.tourism.fallback import by_gap
from tambo.planning.tourism.learned import Learned, Spend
from tambo.planning.tourism.offpeak import off_peak
from tambo.planning.tourism.outlook import Expected, monday, with_tail
from tambo.planning.tourism.problem import pose
from tambo.planning.tourism.request import PlanRequest, check
from tambo.planning.tourism.telling import Telling


def make_plan(learned: Learned, request: PlanRequest, forecast: Sequence[Expected] = ()) -> Plan:
    """Share a budget out over off-peak location-weeks.

    Args:
        learned: what past campaigns tell.
        request: budget, weeks, limits.
        forecast: visitors expected; where there is none, the season expects them.

    Raises:
        PlanError: the request cannot be planned.
    """
    if request.first > request.last:
        check(request, learned.outlook([monday(request.first)]))
    outlook = learned.outlook(with_tail(request.weeks)).with_forecast(forecast)
    check(request, outlook)
    below = np.inf if request.off_peak is None else request.off_peak
    planned = set(request.weeks)
    gaps = tuple(gap for gap in off_peak(outlook, below) if gap.week in planned)
    problem = pose(learned, outlook, request, gaps)
    if learned.enough:
        found, basis = allocate(problem), "response"
    else:
        found, basis = Allocation(by_gap(problem, outlook, gaps), 0.0), "gaps"
    return Telling(learned, request, outlook, problem).plan(found, basis, gaps)


def replan(
    learned: Learned,
    request: PlanRequest,
    spent: Sequence[Spend],
    today: date,
    forecast: Sequence[Expected] = (),
) -> Plan:
    """Plan the rest of a running plan again; what is spent is taken as given.

    Args:
        learned: what past campaigns tell by now.
        request: as the running plan was asked for; see `rest_of`.
        spent: see `rest_of`.
        today: see `rest_of`.
        forecast: as in `make_plan`.

    Raises:
        PlanError: more was spent than there is, or no week is left.
    """
    return make_plan(learned, rest_of(request, spent, today), forecast)


def rest_of(request: PlanRequest, spent: Sequence[Spend], today: date) -> PlanRequest:
    """What is asked for of the rest of a running plan.

    Args:
        request: as the running plan was asked for; its budget is that of the whole plan.
        spent: what has been spent of it in the weeks before that of `today`.
        today: the first day that can still be planned.

    Raises:
        PlanError: more was spent than there is, or no week is left.
    """
    if request.first > request.last:
        return request  # What is wrong with it is told where it is planned.
    start = monday(today)
    within = [one for one in spent if monday(one.week) >= request.weeks[0]]
    late = [one for one in within if monday(one.week) >= start]
    if late:
        raise PlanError(
            f"{late[0].usd} USD are told as spent in the week of {late[0].week}, which is planned "
            f"again from {start} on.",
            remedy="Tell only what was spent before; put what is committed into `request.spent`.",
        )
    rest = request.budget - sum(one.usd for one in within)
    if rest <= 0 or start > request.last:
        raise PlanError(
            f"Nothing is left to plan: {max(rest, 0):,.0f} USD from {start} to {request.last}.",
            remedy="Raise the budget or the last day.",
        )
    first = max(start, monday(request.first))
    return replace(request, budget=rest, first=first, spent=(*request.spent, *spent))
