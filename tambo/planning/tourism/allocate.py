"""Shares a budget out so that the expected extra visitors are most: an exact concave program.

Each draw's response is concave in what is spent, so their mean is. Spending on different pairs
does not interact, and that of weeks LAGS apart does not either. So for a price of money in
visitors, every LAGS-th week is solved at once, cell by cell, until nothing moves; then the price is
found at which the budget is spent (the conditions of Karush, Kuhn and Tucker: equal marginal
returns wherever something is spent, less where nothing is). A least spend "or nothing" is not
concave: location-weeks that fall below it are closed, the worst half at a time, and the rest is
solved again. The optimum before closing bounds what any plan can reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tambo.planning.tourism.response import LAGS, Draws, Floats, carried

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

SWEEPS, NEWTON, SHARING = 60, 6, 30
STEP, LEAST_PRICE = 4.0, 1e-9
"""Factor by which the price is lowered until the budget is spent, and share of the highest return
at which nothing more can be spent."""
STILL, CLOSE = 1e-5, 2e-3
"""Shares of the budget: change of a cell below which it counts as settled, and distance of two
plans between which the best one is taken to lie on a straight line."""


@dataclass(frozen=True)
class Problem:
    """What is to be shared out; weeks without LAGS - 1 after them only carry over.

    Attributes:
        draws: the learned response.
        visitors: without the plan [pair, week].
        season: its index [pair, week].
        given: USD spent anyway, the LAGS - 1 weeks before the first included
            [pair, LAGS - 1 + week].
        allowed: where the plan may spend [pair, week].
        place: number of each pair's location [pair].
        least, most: USD of each location-week: least if anything is spent there, and most
            [location, week].
        required: location-weeks in which the least must be spent [location, week].
        budget: USD.
    """

    draws: Draws
    visitors: Floats
    season: Floats
    given: Floats
    allowed: Flags
    place: Ints
    least: Floats
    most: Floats
    required: Flags
    budget: float

    def added(self, spend: Floats) -> Floats:
        """Extra visitors of a plan over what is given [draw, pair, week].

        Args:
            spend: USD [pair, week].
        """
        weights, scale = self.draws.weights(), self.draws.scale[:, :, None]
        before = carried(self.given, weights) / scale
        planned = np.pad(spend, ((0, 0), (LAGS - 1, 0)))
        added = carried(planned, weights) / scale
        top = self.draws.top(self.season) * self.visitors[None]
        return np.asarray(top * np.exp(-before) * -np.expm1(-added))

    def value(self, spend: Floats) -> float:
        """Expected extra visitors of a plan."""
        return float(self.added(spend).mean(axis=0).sum())


@dataclass(frozen=True)
class Allocation:
    """A budget shared out.

    Attributes:
        spend: USD [pair, week].
        bound: expected extra visitors that no plan exceeds.
    """

    spend: Floats
    bound: float


def allocate(problem: Problem) -> Allocation:
    """Share the budget out; what no location-week may take is left over."""
    first = _Solver(problem).solve()
    bound = problem.value(first)
    spend, left = first, problem
    while (low := _below(left, spend)).any():
        sums = _by_place(left.place, spend, len(left.least))
        rank = np.where(low, sums / np.maximum(left.least, 1e-12), np.inf)
        shut = low & (rank <= np.median(rank[low]))
        if shut.sum() == (_open(left)).sum():
            shut &= rank < rank[low].max()
        if not shut.any():
            break
        left = replace(left, allowed=left.allowed & ~shut[left.place])
        spend = _Solver(left).solve()
    return Allocation(spend, bound)


def equal_spread(problem: Problem) -> Floats:
    """The same sum in every cell, less only where a location-week may not take it [pair, week]."""
    cells = _by_place(problem.place, problem.allowed.astype(float), len(problem.most))
    room = np.where(cells > 0, problem.most, 0.0)
    low, high = 0.0, problem.budget
    for _ in range(100):
        level = (low + high) / 2
        if np.minimum(level * cells, room).sum() > problem.budget:
            high = level
        else:
            low = level
    level = high if np.minimum(high * cells, room).sum() <= problem.budget else low
    each = np.minimum(level * cells, room) / np.maximum(cells, 1.0)
    return np.asarray(np.where(problem.allowed, each[problem.place], 0.0))


def _by_place(place: Ints, values: Floats, count: int) -> Floats:
    found = np.zeros((count, values.shape[1]))
    np.add.at(found, place, values)
    return found


def _open(problem: Problem) -> Flags:
    count = len(problem.least)
    return _by_place(problem.place, problem.allowed.astype(float), count) > 0


def _below(problem: Problem, spend: Floats) -> Flags:
    """Open location-weeks in which less than the least is spent, but they need not be."""
    sums = _by_place(problem.place, spend, len(problem.least))
    short = sums < problem.least - 1e-6 * max(problem.budget, 1.0)
    return np.asarray(short & _open(problem) & ~problem.required & (problem.least > 0))


class _Solver:
    """Solves the concave part: from nothing, or the required least, to the most."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        draws = problem.draws
        self.weights = draws.weights()
        self.weeks = problem.allowed.shape[1]
        self.rate = self.weights[:, None, :] / draws.scale[:, :, None]
        top = draws.top(problem.season) * problem.visitors[None]
        before = carried(problem.given, self.weights) / draws.scale[:, :, None]
        self.worth = top * np.exp(-before)
        self.low = np.where(problem.required & _open(problem), problem.least, 0.0)
        self.high = problem.most
        self.spend = np.zeros(problem.allowed.shape)

    def solve(self) -> Floats:
        """The best plan within the budget [pair, week]."""
        budget, steep = self.problem.budget, self._marginal_at_nothing()
        top = float(steep.max(initial=0.0))
        if top <= 0 or budget <= 0:
            return np.zeros(self.problem.allowed.shape)
        dear, cheap = top, top / STEP
        under = self._settle(dear).copy()
        over = self._settle(cheap).copy()
        while over.sum() <= budget:
            if cheap < top * LEAST_PRICE:
                return over
            dear, under, cheap = cheap, over, cheap / STEP
            over = self._settle(cheap).copy()
        while over.sum() - under.sum() > CLOSE * budget and dear > cheap * (1 + 1e-9):
            price = float(np.sqrt(dear * cheap))
            found = self._settle(price).copy()
            if found.sum() > budget:
                cheap, over = price, found
            else:
                dear, under = price, found
        # Between two plans that keep all limits lies one that spends the budget.
        gap = over.sum() - under.sum()
        part = (budget - under.sum()) / gap if gap > 0 else 0.0
        return np.asarray(under + part * (over - under))

    def _marginal_at_nothing(self) -> Floats:
        slope = np.zeros(self.problem.allowed.shape)
        for lag in range(LAGS):
            now = self.worth[:, :, lag:] * self.rate[:, :, lag, None]
            slope[:, : self.weeks - lag] += now.mean(axis=0)
        return np.where(self.problem.allowed, slope, 0.0)

    def _settle(self, price: float) -> Floats:
        for _ in range(SWEEPS):
            moved = 0.0
            for colour in range(min(LAGS, self.weeks)):
                moved = max(moved, self._week_by_week(price, np.arange(colour, self.weeks, LAGS)))
            if moved < STILL * self.problem.budget:
                break
        return self.spend

    def _week_by_week(self, price: float, weeks: Ints) -> float:
        """Solve weeks that do not interact, with all others as they are; the greatest change."""
        before = self.spend[:, weeks]
        cells = _Cells(self, weeks)
        prices = np.full((len(self.low), len(weeks)), price)
        found = cells.solve(prices, before)
        sums = _by_place(self.problem.place, found, len(self.low))
        low, high = self.low[:, weeks], self.high[:, weeks]
        if (sums > high).any() or (sums < low).any():
            found = cells.within(prices, found, low, high)
        self.spend[:, weeks] = found
        return float(np.abs(found - before).max(initial=0.0))


class _Cells:
    """Marginal returns of the cells of some weeks, all others as they are."""

    def __init__(self, solver: _Solver, weeks: Ints) -> None:
        self.place, self.allowed = solver.problem.place, solver.problem.allowed[:, weeks]
        others = solver.spend.copy()
        others[:, weeks] = 0.0
        padded = np.pad(others, ((0, 0), (LAGS - 1, LAGS - 1)))
        worth = np.pad(solver.worth, ((0, 0), (0, 0), (0, LAGS - 1)))
        slopes = []
        for lag in range(LAGS):
            at = weeks + lag
            works = sum(
                solver.rate[:, :, k, None] * padded[None, :, at - k + LAGS - 1] for k in range(LAGS)
            )
            slopes.append(worth[:, :, at] * solver.rate[:, :, lag, None] * np.exp(-works))
        self.slope = np.stack(slopes, axis=-1)
        self.rate = solver.rate[:, :, None, :]
        self.still = 0.1 * STILL * solver.problem.budget

    def solve(self, prices: Floats, start: Floats) -> Floats:
        """Spend at which the marginal return is the price of the location-week [pair, week].

        The return is convex and falls, so Newton's steps from below never overshoot, and one from
        above ends below.
        """
        price, spend = prices[self.place], start
        for _ in range(NEWTON):
            now = self.slope * np.exp(-self.rate * spend[None, :, :, None])
            value = now.sum(axis=-1).mean(axis=0)
            fall = (now * self.rate).sum(axis=-1).mean(axis=0)
            step = (value - price) / np.maximum(fall, 1e-300)
            after = np.where(self.allowed & (fall > 0), np.maximum(spend + step, 0.0), 0.0)
            if np.abs(after - spend).max(initial=0.0) < self.still:
                return after
            spend = after
        return spend

    def within(self, prices: Floats, found: Floats, low: Floats, high: Floats) -> Floats:
        """The same with prices of their own where a location-week would leave its limits."""
        sums = _by_place(self.place, found, len(low))
        over, under = sums > high, sums < low
        aim = np.where(over, high, np.where(under, low, sums))
        markets = _by_place(self.place, self.allowed.astype(float), len(low))
        shared = (over | under) & (markets > 1)
        if shared.any():
            found = self._share(np.where(shared, prices, np.nan), aim, found, over)
            sums = _by_place(self.place, found, len(low))
        # One market alone takes what may be spent; the others are off by rounding only.
        even = aim / np.maximum(markets, 1.0)
        scaled = found * (aim / np.where(sums > 0, sums, 1.0))[self.place]
        evened = np.where(self.allowed, even[self.place], 0.0)
        inside = np.where((sums > 0)[self.place], scaled, evened)
        return np.asarray(np.where((over | under)[self.place], inside, found))

    def _share(self, prices: Floats, aim: Floats, found: Floats, over: Flags) -> Floats:
        """Share out what location-weeks of several markets may take: at equal returns."""
        shared = np.isfinite(prices)
        dear = np.where(shared & over, self._dearest(prices.shape), prices)
        cheap = np.where(shared & ~over, prices * 1e-9, prices)
        spend = found
        for _ in range(SHARING):
            middle = np.sqrt(dear * cheap)
            each = self.solve(np.where(shared, middle, 1.0), spend)
            spend = np.where(shared[self.place], each, found)
            sums = _by_place(self.place, spend, len(aim))
            if np.abs(sums - aim)[shared].max() < 1e-4 * aim[shared].max():
                break
            above = sums > aim
            cheap, dear = np.where(above, middle, cheap), np.where(above, dear, middle)
        return spend

    def _dearest(self, shape: tuple[int, ...]) -> Floats:
        """Highest return of a first dollar in each location-week."""
        first = self.slope.sum(axis=-1).mean(axis=0)
        found = np.full(shape, 1e-300)
        np.maximum.at(found, self.place, first)
        return found
