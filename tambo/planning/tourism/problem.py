"""Puts a request, an outlook and a learned response into the arrays of a problem."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from tambo.errors import PlanError
from tambo.planning.tourism.allocate import Problem
from tambo.planning.tourism.learned import Learned, Spend
from tambo.planning.tourism.offpeak import Gap
from tambo.planning.tourism.outlook import Outlook, monday
from tambo.planning.tourism.request import PlanRequest
from tambo.planning.tourism.response import LAGS, Floats


def pose(learned: Learned, outlook: Outlook, request: PlanRequest, gaps: Sequence[Gap]) -> Problem:
    """The problem of sharing a request's budget out over off-peak location-weeks.

    Raises:
        PlanError: there is nowhere to spend, or the budget is below what must be spent.
    """
    names = list(outlook.locations)
    place = np.array([names.index(location) for location, _ in outlook.pairs])
    open_ = np.zeros((len(names), len(outlook.weeks)), dtype=bool)
    for gap in gaps:
        open_[names.index(gap.location), outlook.weeks.index(gap.week)] = True
    allowed = open_[place] & (outlook.middle > 0) & _wanted(outlook, request)[:, None]
    if not allowed.any():
        raise PlanError(
            f"No location-week from {request.first} to {request.last} is off-peak and allowed.",
            remedy="Raise off_peak, plan other weeks, or allow more locations and markets.",
        )
    least, most, required = _limits(outlook, request)
    # What is required is spent in an off-peak week or not: somebody has decided it.
    must = required & np.isin(np.arange(len(names)), place)[:, None]
    wanted = _wanted(outlook, request)
    allowed |= must[place] & (outlook.middle > 0) & wanted[:, None]
    _check_budget(request, outlook, allowed, place, least, must)
    low, high = learned.season_range
    return Problem(
        draws=learned.draws,
        visitors=outlook.middle,
        season=np.clip(outlook.season, low, high),
        given=_given((*_past(learned, request), *request.spent), outlook),
        allowed=allowed,
        place=place,
        least=least,
        most=most,
        required=must,
        budget=request.budget,
    )


def _wanted(outlook: Outlook, request: PlanRequest) -> NDArray[np.bool_]:
    return np.array(
        [
            (not request.locations or location in request.locations)
            and (not request.markets or market in request.markets)
            for location, market in outlook.pairs
        ]
    )


def _limits(outlook: Outlook, request: PlanRequest) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Least, most and whether the least is required [location, week]; the last limit wins."""
    shape = len(outlook.locations), len(outlook.weeks)
    least, most = np.zeros(shape), np.full(shape, np.inf)
    required = np.zeros(shape, dtype=bool)
    for limit in request.limits:
        first = monday(limit.first or request.first)
        last = monday(limit.last or request.last)
        weeks = [first <= week <= last for week in outlook.weeks]
        places = [limit.location in (None, name) for name in outlook.locations]
        where = np.ix_(places, weeks)
        least[where], most[where], required[where] = limit.minimum, limit.maximum, limit.required
    required[:, [week not in request.weeks for week in outlook.weeks]] = False
    return least, most, required & (least > 0)


def _check_budget(
    request: PlanRequest,
    outlook: Outlook,
    allowed: NDArray[np.bool_],
    place: NDArray[np.int64],
    least: Floats,
    must: NDArray[np.bool_],
) -> None:
    open_ = np.array([allowed[place == n].any(axis=0) for n in range(len(least))])
    for n, week in zip(*np.nonzero(must & ~open_), strict=True):
        raise PlanError(
            f"A minimum is required of {outlook.locations[n]} in the week of "
            f"{outlook.weeks[week]}, where nobody is expected or nothing may be spent.",
            remedy="Take the limit back, or allow the location and its markets.",
        )
    needed = float(least[must].sum())
    if needed > request.budget:
        raise PlanError(
            f"The minimums add up to {needed:,.0f} USD, more than the budget of "
            f"{request.budget:,.0f} USD.",
            remedy="Raise the budget, or lower the minimums.",
        )
    if needed == 0 and (fewest := float(least[open_].min())) > request.budget:
        raise PlanError(
            f"The least minimum of a location-week, {fewest:,.0f} USD, is more than the budget of "
            f"{request.budget:,.0f} USD.",
            remedy="Raise the budget, or lower the minimums.",
        )


def _past(learned: Learned, request: PlanRequest) -> tuple[Spend, ...]:
    """What is known to be spent around the plan, unless the request tells of that week itself."""
    told = {(one.location, one.market, monday(one.week)) for one in request.spent}
    return tuple(one for one in learned.past if (one.location, one.market, one.week) not in told)


def _given(spends: Sequence[Spend], outlook: Outlook) -> Floats:
    """USD spent anyway [pair, LAGS - 1 + week]."""
    start = outlook.weeks[0] - timedelta(weeks=LAGS - 1)
    found = np.zeros((len(outlook.pairs), LAGS - 1 + len(outlook.weeks)))
    for one in spends:
        column = (monday(one.week) - start).days // 7
        if 0 <= column < found.shape[1]:
            rows = outlook.rows_of(one.location, one.market)
            share = outlook.usual[rows] / max(float(outlook.usual[rows].sum()), 1e-12)
            found[rows, column] += one.usd * (share if len(rows) > 1 else 1.0)
    return found
