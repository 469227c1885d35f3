"""How vessels wear, fail and are made whole again; nobody sees wear itself, only the sensors do."""

from __future__ import annotations

import numpy as np

from tambo.sources.fleet.world.vessels import Fleet
from tambo.sources.sample.draws import Draws, Floats, Ints, ids

WEAR_SHAPE = 4.0
"""Of the gamma distribution that a day's wear is drawn from, around its mean."""
LEFT = (0.04, 0.22)
"""Share of the wear that a maintenance leaves."""
SCORE_POWER, SCORE_SCALE = 1.4, 0.75
VARIANCE, VARIANCE_STEEPNESS = 6.0, 1.1


class Wear:
    """The random course of wear of all vessels; the same draws whatever is decided.

    Args:
        draws: the world's random numbers.
        fleet: of the world.
        days: of the world.
    """

    def __init__(self, draws: Draws, fleet: Fleet, days: int) -> None:
        self._fleet = fleet
        of = ids(np.arange(days)[:, None], np.arange(fleet.count))
        # Sum of exponentials: a gamma distribution of whole shape, as a function of its ids.
        parts = [-np.log(draws.uniform(f"wear/{n}", of)) for n in range(int(WEAR_SHAPE))]
        self._rough = np.sum(parts, axis=0) / WEAR_SHAPE
        self._fails = draws.uniform("fails", of)
        self._left = draws.uniform("left", of)
        self._cost = draws.normal("cost", of)
        self._length = draws.normal("length", of)
        self._quality = fleet.own("quality")
        self._hour, self._day = fleet.of("wear_hour"), fleet.of("wear_day")
        self._hazard, self._steepness = fleet.of("hazard"), fleet.of("steepness")
        self._costs, self._days = fleet.of("cost"), fleet.of("days")

    def hazard(self, wear: Floats) -> Floats:
        """Failures an hour of use [vessel]."""
        return np.asarray(self._hazard * np.exp(self._steepness * wear))

    def fails(self, day: int, wear: Floats, hours: Floats) -> Floats:
        """Whether each vessel fails on a day on which it is used for some hours [vessel]."""
        return np.asarray(self._fails[day] < 1 - np.exp(-hours * self.hazard(wear)))

    def added(self, day: int, hours: Floats) -> Floats:
        """Wear that a day adds [vessel]."""
        mean = self._quality * (hours * self._hour + self._day)
        return np.asarray(mean * self._rough[day])

    def left(self, day: int, wear: Floats) -> Floats:
        """Wear that a maintenance begun on a day leaves [vessel]."""
        low, high = LEFT
        return np.asarray(wear * (low + (high - low) * self._left[day]))

    def length(self, day: int, failed: Floats) -> Ints:
        """Days that a maintenance begun on a day lasts [vessel]."""
        usual = self._days * np.where(failed, 1.9, 1.0) * np.exp(0.2 * self._length[day])
        return np.asarray(np.maximum(1, np.rint(usual)), np.int64)

    def cost(self, day: int, wear: Floats, failed: Floats) -> Floats:
        """What a maintenance begun on a day costs, USD [vessel]."""
        usual = self._costs * (1 + 0.6 * wear) * np.where(failed, 3.0, 1.0)
        return np.asarray(np.round(usual * np.exp(0.18 * self._cost[day]), 2))


def score(wear: Floats) -> Floats:
    """The health score that a sensor without fault shows, 0 to 100."""
    return np.asarray(100 * np.exp(-SCORE_SCALE * wear**SCORE_POWER))


def variance(wear: Floats) -> Floats:
    """The variance of temperatures that a sensor without fault shows."""
    return np.asarray(VARIANCE * np.exp(VARIANCE_STEEPNESS * wear))
