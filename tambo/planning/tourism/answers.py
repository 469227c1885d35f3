"""What a plan says: where to spend, what comes of it, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tambo.planning.tourism.learned import Evidence, Spend
from tambo.planning.tourism.offpeak import Gap


@dataclass(frozen=True)
class Estimate:
    """Extra visitors, expected and between the tenth and the ninetieth percentile."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class PlanRow:
    """What is spent on a segment in a week, and who comes in that week because of the plan.

    Attributes:
        week: Monday.
        location, market, segment: whom.
        spend: USD in this week; 0 in weeks in which only earlier spending works.
        visitors: expected without the plan, of the whole market.
        visitors_low, visitors_high: tenth and ninetieth percentile of the same.
        extra: extra visitors of this week; None where nothing is known of what spending does.
    """

    week: date
    location: str
    market: str
    segment: str
    spend: float
    visitors: float
    visitors_low: float
    visitors_high: float
    extra: Estimate | None


@dataclass(frozen=True)
class Total:
    """A plan, or a part of it, as a whole.

    Attributes:
        name: location, market or plan.
        spend: USD.
        extra: extra visitors; None where nothing is known of what spending does.
        cost_per_visitor: USD for one extra visitor; None without any.
        return_per_usd: value of the extra visitors for each USD; None without a declared value.
    """

    name: str
    spend: float
    extra: Estimate | None
    cost_per_visitor: float | None
    return_per_usd: float | None


@dataclass(frozen=True)
class Alternative:
    """What a plan is held against.

    Attributes:
        total: of all of it.
        spends: what it spends where and when.
    """

    total: Total
    spends: tuple[Spend, ...]


@dataclass(frozen=True)
class Plan:
    """A plan and what it is held against; all under the same model.

    Attributes:
        basis: "response" if shared out by the learned response, "gaps" if by missing visitors
            alone, because past campaigns do not say enough.
        says: in words: the basis, and what limits the plan.
        gaps: the off-peak location-weeks of the plan's weeks.
        rows: by week, location, market and segment.
        total: of the whole plan.
        by_location, by_market: the same in parts.
        unspent: USD that no location-week may take.
        bound: expected extra visitors that no plan within the limits exceeds; None without a
            response.
        equal_spread: the same budget, the same in every location-week and market of the plan.
        last_year: what was spent 52 weeks before in the location-weeks and markets of the plan,
            scaled to the budget; None if nothing was.
        evidence: what past campaigns say of the plan's markets.
    """

    basis: str
    says: str
    gaps: tuple[Gap, ...]
    rows: tuple[PlanRow, ...]
    total: Total
    by_location: tuple[Total, ...]
    by_market: tuple[Total, ...]
    unspent: float
    bound: float | None
    equal_spread: Alternative
    last_year: Alternative | None
    evidence: tuple[Evidence, ...]

    @property
    def spends(self) -> tuple[Spend, ...]:
        """What the plan spends, for a later plan that takes it as given."""
        return tuple(
            Spend(row.location, row.market, row.week, row.spend, row.segment)
            for row in self.rows
            if row.spend > 0
        )
