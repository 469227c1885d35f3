"""Learned responses made by a known law, for plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from tambo.planning.tourism.learned import Evidence, Learned, Profile, Spend
from tambo.planning.tourism.response import Draws

AS_OF = date(2025, 12, 31)
FIRST, LAST = date(2026, 1, 5), date(2026, 3, 29)
PLACES = {"Huaca": ("all",), "Playa": ("brazil", "domestic"), "Museo": ("all",)}


def learned(
    seed: int = 1,
    draws: int = 12,
    *,
    enough: bool = True,
    places: Mapping[str, tuple[str, ...]] = PLACES,
) -> Learned:
    """Three locations, four pairs; every number drawn from a seed."""
    random = np.random.default_rng(seed)
    pairs = [(place, market) for place, markets in places.items() for market in markets]
    size = random.uniform(3, 7, len(pairs))
    scale = 20 * np.exp(0.6 * size)
    return Learned(
        as_of=AS_OF,
        enough=enough,
        says="Known by law." if enough else "Not enough data: nothing is known.",
        draws=Draws(
            beta=0.15 * np.exp(0.4 * random.normal(size=(draws, len(pairs)))),
            scale=scale * np.exp(0.4 * random.normal(size=(draws, len(pairs)))),
            carry=random.uniform(0.1, 0.6, draws),
            room=random.uniform(0.2, 1.5, draws),
        ),
        season_range=(0.4, 1.8),
        profiles=tuple(
            Profile(
                place, market, float(level), (0.5, 0.1, 0.1, 0.0), 0.15, counted=True, closed=()
            )
            for (place, market), level in zip(pairs, size, strict=True)
        ),
        evidence=tuple(
            Evidence(market, 9, 40, 0.1, 0.05, 0.15, market != "brazil", "Said.")
            for market in ("all", "brazil", "domestic")
        ),
        past=tuple(
            Spend("Playa", "domestic", FIRST + timedelta(weeks=n - 52), 100.0 * (n + 1), segment)
            for n in range(8)
            for segment in ("families", "culture")
        ),
    )
