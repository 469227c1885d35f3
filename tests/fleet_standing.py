"""Fleets somewhere in their life, as a schedule finds them."""

from __future__ import annotations

import numpy as np

from tambo.planning.fleet.look import AHEAD, Standing
from tambo.planning.fleet.parameters import Roster


def standing(rng: np.random.Generator, fleet: Roster, **given) -> Standing:
    """A fleet somewhere in its life."""
    shape = (1, fleet.count)
    failed = rng.random(shape) < 0.15
    hangar = ~failed & (rng.random(shape) < 0.15)
    away = ~failed & ~hangar & (rng.random(shape) < 0.2)
    days = rng.integers(1, 6, shape)
    fields = {
        "roster": fleet,
        "score": rng.uniform(20, 99, shape),
        "hours": rng.uniform(0, 1.05, shape),
        "days": rng.uniform(0, 1.05, shape),
        "failed": failed,
        "hangar": hangar,
        "back_in": np.where(hangar | away, days, 0).astype(float),
        "booked": rng.uniform(0, 2, (1, len(fleet.cells), len(AHEAD))),
        "season": rng.uniform(0.5, 1.5, len(fleet.cells)),
        "weekday": int(rng.integers(7)),
    }
    return Standing(**{**fields, **given})
