"""Shares a budget out by missing visitors, where nothing is known of what spending does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tambo.planning.tourism.allocate import Problem
from tambo.planning.tourism.offpeak import Gap
from tambo.planning.tourism.outlook import Outlook
from tambo.planning.tourism.response import Floats


def by_gap(problem: Problem, outlook: Outlook, gaps: Sequence[Gap]) -> Floats:
    """Spend in proportion to the visitors that are missing, within all limits [pair, week].

    Location-weeks whose part is below their minimum get nothing, the smallest gap first.
    """
    missing = np.zeros(problem.least.shape)
    for gap in gaps:
        missing[outlook.locations.index(gap.location), outlook.weeks.index(gap.week)] = gap.gap
    cells = problem.allowed * outlook.middle
    whole = np.zeros(problem.least.shape)
    np.add.at(whole, problem.place, cells)
    missing = np.where(whole > 0, np.maximum(missing, 1e-9), 0.0)
    floor = np.where(problem.required, problem.least, 0.0)
    found = _fill(missing, floor, problem)
    while (short := (found < problem.least - 1e-9) & (missing > 0) & ~problem.required).any():
        if (missing > 0).sum() == 1:
            break
        smallest = np.where(short, missing, np.inf)
        missing = np.where(smallest == smallest.min(), 0.0, missing)
        found = _fill(missing, floor, problem)
    share = cells / np.maximum(whole, 1e-12)[problem.place]
    return np.asarray(found[problem.place] * share)


def _fill(missing: Floats, floor: Floats, problem: Problem) -> Floats:
    """USD by location-week: in proportion to what is missing, between floor and most."""
    low, high = 0.0, problem.budget / max(float(missing[missing > 0].min(initial=1.0)), 1e-12)
    most = np.where((missing > 0) | (floor > 0), problem.most, 0.0)
    for _ in range(200):
        level = (low + high) / 2
        if np.clip(level * missing, floor, most).sum() > problem.budget:
            high = level
        else:
            low = level
    return np.asarray(np.clip(low * missing, floor, most))
