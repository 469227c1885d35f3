"""What a plan is asked for, and what is wrong with a request."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tambo.errors import PlanError
from tambo.planning.tourism.learned import Spend
from tambo.planning.tourism.outlook import Outlook, weeks_of

MOST_WEEKS = 53


@dataclass(frozen=True)
class Limit:
    """Least and most that a location-week may take.

    Attributes:
        location: its name; None: each.
        first, last: days of the first and last week; None: of the plan.
        minimum: USD that are spent in a location-week if anything is.
        maximum: USD.
        required: the minimum must be spent.
    """

    location: str | None = None
    first: date | None = None
    last: date | None = None
    minimum: float = 0.0
    maximum: float = math.inf
    required: bool = False


@dataclass(frozen=True)
class PlanRequest:
    """What a plan is asked for. Later limits win over earlier ones.

    Attributes:
        budget: USD to share out, more than 0; what is in `spent` is not part of it.
        first, last: any day of the first and of the last week.
        locations, markets: where and on whom it may spend; empty: on all.
        limits: on what location-weeks take.
        off_peak: weeks below this share of the location's own mean week are off-peak; only these
            are planned. None plans all weeks.
        value_per_visitor: what one more visitor is worth, USD; None: no return is told.
        spent: what is spent anyway, by week: before the plan and in its weeks.
        segments: share of each segment in what is spent, by market; a market that is left out is
            shared as it was so far.
    """

    budget: float
    first: date
    last: date
    locations: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    off_peak: float | None = 0.9
    value_per_visitor: float | None = None
    spent: tuple[Spend, ...] = ()
    segments: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def weeks(self) -> tuple[date, ...]:
        """Mondays of the plan."""
        return weeks_of(self.first, self.last)


def check(request: PlanRequest, outlook: Outlook) -> None:
    """Refuse a request that cannot be planned.

    Raises:
        PlanError: what is wrong, and what to do.
    """
    _check_money(request)
    if request.first > request.last:
        raise PlanError(
            f"The plan ends on {request.last}, before it begins on {request.first}.",
            remedy="Exchange the two days.",
        )
    if len(request.weeks) > MOST_WEEKS:
        raise PlanError(
            f"The plan has {len(request.weeks)} weeks.", remedy=f"At most {MOST_WEEKS} are planned."
        )
    for location in request.locations:
        outlook.rows_of(location, "all")
    _check_markets(request, outlook)
    for limit in request.limits:
        _check_limit(limit, request, outlook)
    for one in request.spent:
        outlook.rows_of(one.location, one.market)
        if not 0 <= one.usd < math.inf:
            raise PlanError(
                f"{one.usd} USD cannot be spent on {one.location} in the week of {one.week}.",
                remedy="Give what was spent as 0 or more.",
            )


def _check_money(request: PlanRequest) -> None:
    if not 0 < request.budget < math.inf:
        raise PlanError(
            f"A budget of {request.budget} USD cannot be planned.", remedy="Give more than 0 USD."
        )
    for name in ("off_peak", "value_per_visitor"):
        value = getattr(request, name)
        if value is not None and not 0 < value < math.inf:
            raise PlanError(f"{name} is {value}.", remedy="Give more than 0, or leave it out.")


def _check_markets(request: PlanRequest, outlook: Outlook) -> None:
    known = sorted({market for _, market in outlook.pairs})
    for market in (*request.markets, *request.segments):
        if market not in known:
            raise PlanError(
                f"Nobody was ever counted of the market {market!r}.",
                remedy=f"one of: {', '.join(known)}",
            )
    for market, shares in request.segments.items():
        if not shares or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-6:
            raise PlanError(
                f"The segments of {market} do not share it out: {dict(shares)}.",
                remedy="Give shares of 0 or more that add up to 1.",
            )


def _check_limit(limit: Limit, request: PlanRequest, outlook: Outlook) -> None:
    where = limit.location or "each location"
    if limit.location is not None:
        outlook.rows_of(limit.location, "all")
    if not 0 <= limit.minimum < math.inf or math.isnan(limit.maximum):
        raise PlanError(
            f"The limits of {where} are {limit.minimum} and {limit.maximum} USD.",
            remedy="Give a minimum of 0 or more.",
        )
    if limit.minimum > limit.maximum:
        raise PlanError(
            f"The minimum of {where}, {limit.minimum} USD, is above its maximum, {limit.maximum}.",
            remedy="Lower the minimum or raise the maximum.",
        )
    first, last = limit.first or request.first, limit.last or request.last
    if first > last:
        raise PlanError(
            f"A limit of {where} ends on {last}, before it begins on {first}.",
            remedy="Exchange the two days.",
        )
