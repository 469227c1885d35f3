"""How sure the figures of a survival model are, and what came where chances were said.

Rows of one vessel say nearly the same week after week, so vessels are drawn again, not rows (the
cluster bootstrap: Field and Welsh, Bootstrapping clustered data, 2007). With a dozen vessels such
intervals are coarse themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tambo.serving.survival import FAILURE
from training.metrics import Floats
from training.survival.metrics import still_watched
from training.survival.outcome import Outcomes

DRAWS = 200
LEVEL = 0.95
PARTS = 3
"""Groups of equal size by what was said: with a handful of failures, more would be empty."""

Figures = Callable[[NDArray[np.int64]], dict[str, float]]
"""Rows, each as often as it was drawn, to figures by name."""


def by_unit(units: Sequence[object], figures: Figures) -> dict[str, float]:
    """Ends of the intervals of 95 % of figures, named <figure>_low and _high.

    Args:
        units: what each row is of.
        figures: measures drawn rows; what is not a number in a draw is left out of it.

    Returns:
        Nothing where all rows are of one unit; else only figures that were there in most draws.
    """
    names, codes = np.unique(np.asarray(units, dtype=str), return_inverse=True)
    if len(names) < 2:
        return {}
    rows = [np.flatnonzero(codes == code) for code in range(len(names))]
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(names), size=len(names)) for _ in range(DRAWS)]
    told = [figures(np.concatenate([rows[one] for one in draw])) for draw in drawn]
    found: dict[str, float] = {}
    for name in told[0]:
        values = np.array([one[name] for one in told])
        known = values[np.isfinite(values)]
        if len(known) > DRAWS / 2:
            ends = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            found |= {f"{name}_low": float(ends[0]), f"{name}_high": float(ends[1])}
    return found


def parts(chance: Floats) -> NDArray[np.int64]:
    """Group of each row by its chance, from 1; rows of one chance are in one group: int64 [n]."""
    edges = np.quantile(chance, np.arange(1, PARTS) / PARTS)
    return np.asarray(1 + np.searchsorted(edges, chance, side="left"), np.int64)


def calibration(
    chance: Floats, outcomes: Outcomes, until: Floats, days: float, part: NDArray[np.int64]
) -> dict[str, float]:
    """What was said and what came, by group: said_<days>_<group> and came_<days>_<group>.

    Rows that were not watched so long count by the inverse of the share that was, as in `brier`.
    A group without rows that tell is not a number.

    Args:
        chance: that a failure comes first, within some days.
        outcomes: of the same rows.
        until: days to the event, or those that were watched.
        days: how many.
        part: group of each row, from 1.
    """
    failed = (outcomes.cause == FAILURE) & (until <= days)
    known = outcomes.seen & (until <= days) | (until >= days)
    kept = still_watched(until, ~outcomes.seen, np.minimum(until, days))
    weight = np.where(known, 1.0 / kept, 0.0)
    found: dict[str, float] = {}
    for group in range(1, PARTS + 1):
        of = np.where(part == group, weight, 0.0)
        total = float(of.sum())
        for name, value in (("said", chance), ("came", failed)):
            mean = float((of * value).sum()) / total if total else float("nan")
            found[f"{name}_{days:.0f}_{group}"] = mean
    return found
