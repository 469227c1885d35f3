"""Puts a budget that was shared out into the words and figures of a plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tambo.planning.tourism.allocate import Allocation, Problem, equal_spread
from tambo.planning.tourism.answers import Alternative, Estimate, Plan, PlanRow, Total
from tambo.planning.tourism.learned import Evidence, Learned, Spend, last_year
from tambo.planning.tourism.offpeak import Gap
from tambo.planning.tourism.outlook import NORMAL_90, Outlook
from tambo.planning.tourism.request import PlanRequest
from tambo.planning.tourism.response import LAGS, Floats

LEVEL = 0.8
"""Of all intervals: from the tenth to the ninetieth percentile."""
CENT = 0.005


class Telling:
    """Puts what was shared out into words and figures."""

    def __init__(
        self, learned: Learned, request: PlanRequest, outlook: Outlook, problem: Problem
    ) -> None:
        self.learned, self.request, self.outlook = learned, request, outlook
        self.problem = problem
        # A location's error is one in all its weeks: the most careful reading.
        random = np.random.default_rng(0)
        draws = len(problem.draws.carry)
        z = random.normal(size=(draws, len(outlook.locations)))[:, problem.place]
        spread = outlook.spread
        self.luck = np.exp(spread[None] * z[:, :, None] - spread[None] ** 2 / 2)

    def plan(self, found: Allocation, basis: str, gaps: tuple[Gap, ...]) -> Plan:
        """The whole plan."""
        spend, names = found.spend, self.outlook.pairs
        equal = equal_spread(self.problem)
        before = self._last_year()
        extra = self._extra(spend)
        unspent = max(self.request.budget - float(spend.sum()), 0.0)
        if unspent < 1e-6 * self.request.budget:
            unspent = 0.0
        return Plan(
            basis=basis,
            says=self._says(unspent, self._evidence(spend)),
            gaps=gaps,
            rows=self._rows(spend, extra),
            total=self._total("plan", spend, extra),
            by_location=self._parts([location for location, _ in names], spend, extra),
            by_market=self._parts([market for _, market in names], spend, extra),
            unspent=unspent,
            bound=found.bound if self.learned.enough else None,
            equal_spread=self._alternative("equal spread", equal),
            last_year=None if before is None else self._alternative("last year's plan", before),
            evidence=tuple(self._evidence(spend)),
        )

    def _alternative(self, name: str, spend: Floats) -> Alternative:
        spends = tuple(
            Spend(location, market, week, float(spend[row, column]))
            for row, (location, market) in enumerate(self.outlook.pairs)
            for column, week in enumerate(self.outlook.weeks)
            if spend[row, column] > 0
        )
        return Alternative(self._total(name, spend, self._extra(spend)), spends)

    def _extra(self, spend: Floats) -> Floats | None:
        if not self.learned.enough:
            return None
        return self.problem.added(spend)

    def _evidence(self, spend: Floats) -> list[Evidence]:
        planned = {
            market
            for (_, market), usd in zip(self.outlook.pairs, spend.sum(axis=1), strict=True)
            if usd > CENT
        }
        return [one for one in self.learned.evidence if one.market in planned]

    def _says(self, unspent: float, evidence: Sequence[Evidence]) -> str:
        said = [self.learned.says]
        few = [one.market for one in evidence if not one.enough]
        if not self.learned.enough:
            said.append("The budget is shared out by the visitors that are missing.")
        elif few:
            said.append(
                f"There is not enough data on {', '.join(few)} alone: what all markets have in "
                "common is taken, and the intervals are wide."
            )
        if unspent:
            said.append(f"{unspent:,.0f} USD are left over: every location-week has its maximum.")
        return " ".join(said)

    def _rows(self, spend: Floats, extra: Floats | None) -> tuple[PlanRow, ...]:
        rows = []
        middle, apart = self.outlook.middle, np.exp(NORMAL_90 * self.outlook.spread)
        worked = np.zeros_like(spend, dtype=bool)
        for lag in range(LAGS):
            worked[:, lag:] |= spend[:, : spend.shape[1] - lag] > CENT
        for week, pair in zip(*np.nonzero(worked.T), strict=True):
            location, market = self.outlook.pairs[pair]
            given = self.request.segments.get(market)
            for segment, share in (given or self.learned.segments(market)).items():
                told = None if extra is None else self._cell(extra, pair, week, share)
                rows.append(
                    PlanRow(
                        week=self.outlook.weeks[week],
                        location=location,
                        market=market,
                        segment=segment,
                        spend=float(spend[pair, week]) * share,
                        visitors=float(middle[pair, week]),
                        visitors_low=float(middle[pair, week] / apart[pair, week]),
                        visitors_high=float(middle[pair, week] * apart[pair, week]),
                        extra=told,
                    )
                )
        return tuple(rows)

    def _parts(self, of: Sequence[str], spend: Floats, extra: Floats | None) -> tuple[Total, ...]:
        found = []
        for name in sorted(set(of)):
            mine = np.array([one == name for one in of])
            if spend[mine].sum() > CENT:
                found.append(self._total(name, spend, extra, mine))
        return tuple(found)

    def _cell(self, extra: Floats, pair: int, week: int, share: float) -> Estimate:
        told = share * extra[:, pair, week]
        return _estimate(told, told * self.luck[:, pair, week])

    def _total(
        self,
        name: str,
        spend: Floats,
        extra: Floats | None,
        pairs: NDArray[np.bool_] | slice = slice(None),
    ) -> Total:
        usd = float(spend[pairs].sum())
        if extra is None:
            return Total(name, usd, None, None, None)
        some = extra[:, pairs]
        sums = some.sum(axis=(1, 2)), (some * self.luck[:, pairs]).sum(axis=(1, 2))
        told = _estimate(*sums)
        value = self.request.value_per_visitor
        return Total(
            name=name,
            spend=usd,
            extra=told,
            cost_per_visitor=usd / told.expected if told.expected > 0 else None,
            return_per_usd=value * told.expected / usd if value is not None and usd > 0 else None,
        )

    def _last_year(self) -> Floats | None:
        """Last year's spending where the plan may spend, scaled to the budget [pair, week]."""
        spend = np.zeros(self.problem.visitors.shape)
        row_of = {pair: n for n, pair in enumerate(self.outlook.pairs)}
        column_of = {week: n for n, week in enumerate(self.request.weeks)}
        for one in last_year(self.learned.past, self.request.weeks):
            if (row := row_of.get((one.location, one.market))) is not None:
                spend[row, column_of[one.week]] += one.usd
        spend = np.where(self.problem.allowed, spend, 0.0)
        total = spend.sum()
        return spend * (self.request.budget / total) if total > 0 else None


def _estimate(draws: Floats, lucky: Floats) -> Estimate:
    """Mean of draws, and the interval of draws in which also the visitors differ."""
    low, high = np.quantile(lucky, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(draws.mean()), float(low), float(high))
