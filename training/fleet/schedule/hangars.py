"""What a stay in a hangar takes, costs and leaves: estimated from known maintenances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.errors import FewLabelsError
from tambo.planning.fleet.parameters import Flags, Floats, Ints
from training.fleet.schedule.failures import Uses
from training.fleet.schedule.history import History
from training.fleet.schedule.stints import Stints
from training.fleet.schedule.wear import Wearing

LEAST_MAINTENANCES = 8
WEAR_SHARES = np.linspace(0.0, 3.0, 61)
"""Of the cost, what wear of 1 may add."""
USUAL_LEFT = (0.0, 0.3)
"""Where too few maintenances have readings before and after."""


@dataclass(frozen=True)
class Stays:
    """What was found.

    Attributes:
        left: least and greatest share of the wear that a maintenance leaves.
        days, failed_days: usual days, planned and after a failure, of each kind.
        days_spread: standard deviation of their logarithm.
        cost: USD of a planned one without wear, of each kind; not a number: none is known.
        failed_cost: its factor after a failure.
        cost_by_wear: share of the cost that wear of 1 adds.
        cost_spread: standard deviation of its logarithm.
    """

    left: tuple[float, float]
    days: Floats
    failed_days: Floats
    days_spread: float
    cost: Floats
    failed_cost: float
    cost_by_wear: float
    cost_spread: float


def estimate_stays(history: History, stints: Stints, wearing: Wearing, used: Uses) -> Stays:
    """Estimate stays.

    Raises:
        FewLabelsError: too few maintenances are known to have ended.
    """
    told = history.maintenances
    kind = history.roster.kind[told.vessel]
    length = told.finished - told.day
    known = length > 0
    if known.sum() < LEAST_MAINTENANCES:
        raise FewLabelsError(
            f"{int(known.sum())} maintenances are known to have ended, where "
            f"{LEAST_MAINTENANCES} are needed.",
            remedy="load more maintenance: tambo ingest <folder>",
        )
    days, failed_factor, days_spread = _lengths(length[known], kind[known], told.failed[known])
    before = _wear_before(stints, used, len(told.day))
    cost, failed_cost, by_wear, cost_spread = _costs(
        told.cost, kind, told.failed, before, len(history.kinds)
    )
    return Stays(
        left=_left(stints, wearing, before),
        days=_filled(days, len(history.kinds)),
        failed_days=_filled(days, len(history.kinds)) * failed_factor,
        days_spread=days_spread,
        cost=cost,
        failed_cost=failed_cost,
        cost_by_wear=by_wear,
        cost_spread=cost_spread,
    )


def _filled(of_kind: dict[int, float], kinds: int) -> Floats:
    """A kind of which nothing is known is as the others are."""
    usual = float(np.exp(np.mean(np.log(list(of_kind.values())))))
    return np.array([of_kind.get(kind, usual) for kind in range(kinds)])


def _wear_before(stints: Stints, used: Uses, maintenances: int) -> Floats:
    """Wear with which each maintenance was entered, not a number where it is not known."""
    found = np.full(maintenances, np.nan)
    last = np.full(stints.count, np.nan)
    last[used.stint] = used.wear
    ended = stints.after >= 0
    found[stints.after[ended]] = last[ended]
    return found


def _lengths(length: Floats, kind: Ints, failed: Flags) -> tuple[dict[int, float], float, float]:
    """Days of each kind, the factor after a failure, and the spread; in logarithms."""
    logs = np.log(length)
    both = [one for one in np.unique(kind) if len(np.unique(failed[kind == one])) == 2]
    more = [
        logs[(kind == one) & failed].mean() - logs[(kind == one) & ~failed].mean() for one in both
    ]
    factor = float(np.mean(more)) if more else 0.0
    usual = logs - factor * failed
    of_kind = {int(one): float(np.exp(usual[kind == one].mean())) for one in np.unique(kind)}
    rest = usual - np.log([of_kind[one] for one in kind.tolist()])
    return of_kind, float(np.exp(factor)), float(rest.std())


def _costs(
    cost: Floats, kind: Ints, failed: Flags, wear: Floats, kinds: int
) -> tuple[Floats, float, float, float]:
    """Cost of each kind, factor of failures, share by wear and spread: least squares of logs."""
    of = (cost > 0) & ~np.isnan(wear)
    if of.sum() < LEAST_MAINTENANCES:
        return np.full(kinds, np.nan), 1.0, 0.0, 0.0
    present = np.unique(kind[of])
    columns = [(kind[of] == one).astype(float) for one in present]
    design = np.column_stack([*columns, failed[of].astype(float)])

    def fit(share: float) -> tuple[float, Floats]:
        target = np.log(cost[of]) - np.log1p(share * wear[of])
        fitted = np.linalg.lstsq(design, target, rcond=None)[0]
        return float((target - design @ fitted).std()), fitted

    share = float(min(WEAR_SHARES, key=lambda one: fit(float(one))[0]))
    spread, fitted = fit(share)
    of_kind = {int(one): float(np.exp(value)) for one, value in zip(present, fitted, strict=False)}
    return _filled(of_kind, kinds), float(np.exp(fitted[-1])), share, spread


def _left(stints: Stints, wearing: Wearing, before: Floats) -> tuple[float, float]:
    """Bounds of the uniform share that is left: its mean, and its spread beyond the noise."""
    after = np.flatnonzero(wearing.known & (stints.before >= 0))
    entered = before[stints.before[after]]
    told = after[entered > 0]
    if len(told) < LEAST_MAINTENANCES:
        return USUAL_LEFT
    share = wearing.start[told] / before[stints.before[told]]
    half = float(np.sqrt(3) * share.std())
    middle = float(share.mean())
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
