"""How vessels wear: estimated from the health that sensors show and the hours that were flown.

Wear is hidden, so its unit is ours: it is what makes the health score 100 · exp(-wear^power), with
the power at which it grows most evenly with use. A stint is a straight line in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tambo.errors import FewLabelsError
from tambo.planning.fleet.parameters import Flags, Floats
from training.fleet.schedule.stints import Stints

POWERS = np.round(np.arange(0.8, 2.21, 0.1), 2)
LEAST_DAYS = 20
"""Days with readings that a stint must have to tell of wear."""
BLOCK = 15
"""Days of a stint whose wear is compared, for its spread."""
LEAST_SCORE = 1.0
SHAPES = (0.5, 20.0)


@dataclass(frozen=True)
class Wearing:
    """What was found.

    Attributes:
        power: see the module.
        noise: standard deviation of a day's median score.
        hour, day: mean wear of an hour and of a day, of each kind.
        shape: of the gamma distribution of a day's wear.
        quality: standard deviation of the logarithm of a vessel's own factor.
        factor, start: of each stint: how fast it wears against its kind, and wear when it began
            [stint].
        known: stints that tell enough of themselves [stint].
    """

    power: float
    noise: float
    hour: Floats
    day: Floats
    shape: float
    quality: float
    factor: Floats
    start: Floats
    known: Flags

    def score(self, wear: Floats) -> Floats:
        """Health score of wear."""
        return np.asarray(100 * np.exp(-(np.maximum(wear, 0) ** self.power)))


def wear_of(score: Floats, power: float) -> Floats:
    """Wear that shows as a health score."""
    return np.asarray((-np.log(np.clip(score, LEAST_SCORE, 99.9) / 100)) ** (1 / power))


def estimate_wear(stints: Stints, kinds: int) -> Wearing:
    """Estimate wear.

    Raises:
        FewLabelsError: no stint of a kind has enough days with readings.
    """
    long = np.bincount(stints.stint, minlength=stints.count) >= LEAST_DAYS
    for kind in range(kinds):
        if not long[stints.kind == kind].any():
            raise FewLabelsError(
                f"No vessel of a kind has {LEAST_DAYS} days of readings between two maintenances: "
                "its wear cannot be told.",
                remedy="load more telemetry and flights: tambo ingest <folder>",
            )
    power = float(min(POWERS, key=lambda one: _misfit(stints, long, float(one))))
    wear = wear_of(stints.score, power)
    hour, day = _rates(stints, long, wear, kinds)
    of_kind = stints.kind[stints.stint]
    use = hour[of_kind] * stints.hours + day[of_kind] * stints.days
    factor, start = _lines(stints, wear, use)
    # Vessels that wear slowly have the longer stints; each vessel is to count once.
    usual = _usual(stints, long, factor, kinds)
    hour, day, factor = hour * usual, day * usual, factor / usual[stints.kind]
    use = use * usual[of_kind]
    return Wearing(
        power=power,
        noise=_noise(stints),
        hour=hour,
        day=day,
        shape=_shape(stints, long, wear, use, factor),
        quality=_quality(stints, long, factor),
        factor=factor,
        start=start,
        known=long,
    )


def _misfit(stints: Stints, long: Flags, power: float) -> float:
    """Squared error, in score, of straight lines in wear over hours and days."""
    wear = wear_of(stints.score, power)
    error = 0.0
    for number in np.flatnonzero(long):
        here = stints.stint == number
        design = np.column_stack([np.ones(here.sum()), stints.hours[here], stints.days[here]])
        slope = power * wear[here] ** (power - 1) * stints.score[here] + 1e-3
        fitted = np.linalg.lstsq(design * slope[:, None], wear[here] * slope, rcond=None)[0]
        shown = 100 * np.exp(-(np.maximum(design @ fitted, 0) ** power))
        error += float(((shown - stints.score[here]) ** 2).sum())
    return error


def _demean(stints: Stints, values: Floats, of: Flags) -> Floats:
    """Values less the mean of their stint."""
    number = stints.stint[of]
    count = np.maximum(1, np.bincount(number, minlength=stints.count))
    mean = np.bincount(number, weights=values[of], minlength=stints.count) / count
    return np.asarray(values[of] - mean[number])


def _rates(stints: Stints, long: Flags, wear: Floats, kinds: int) -> tuple[Floats, Floats]:
    """Wear of an hour and of a day of each kind; neither is below nothing."""
    from scipy.optimize import nnls

    found = np.zeros((kinds, 2))
    for kind in range(kinds):
        of = stints.of_kind(kind) & long[stints.stint]
        design = np.column_stack(
            [_demean(stints, stints.hours, of), _demean(stints, stints.days, of)]
        )
        found[kind] = nnls(design, _demean(stints, wear, of))[0]
    return found[:, 0], found[:, 1]


def _lines(stints: Stints, wear: Floats, use: Floats) -> tuple[Floats, Floats]:
    """Factor and begin of each stint's line over usual wear [stint]."""
    factor, start = np.ones(stints.count), np.zeros(stints.count)
    for number in range(stints.count):
        here = stints.stint == number
        if not here.any():
            continue
        away = use[here] - use[here].mean()
        spread = float((away**2).sum())
        if here.sum() >= LEAST_DAYS and spread > 0:
            factor[number] = max(float((away * wear[here]).sum()) / spread, 0.1)
        start[number] = max(0.0, float((wear[here] - factor[number] * use[here]).mean()))
    return factor, start


def _usual(stints: Stints, long: Flags, factor: Floats, kinds: int) -> Floats:
    """Factor of the middle vessel of each kind."""
    found = np.ones(kinds)
    for kind in range(kinds):
        of = long & (stints.kind == kind)
        logs = [
            np.log(factor[of & (stints.vessel == one)]).mean() for one in set(stints.vessel[of])
        ]
        found[kind] = np.exp(np.mean(logs))
    return found


def _noise(stints: Stints) -> float:
    """Spread of a day's score: from the difference of days that follow each other."""
    same = (np.diff(stints.stint) == 0) & (np.diff(stints.days) == 1)
    steps = np.diff(stints.score)[same]
    # The median absolute deviation of normal noise is 0.6745 of its standard deviation.
    return float(np.median(np.abs(steps - np.median(steps))) / 0.6745 / np.sqrt(2))


def _shape(stints: Stints, long: Flags, wear: Floats, use: Floats, factor: Floats) -> float:
    """Shape of a day's gamma: spread of wear over blocks beyond what their readings' noise gives.

    Over a block of days the variance of the wear is the sum of the squares of the days' means,
    divided by the shape.
    """
    left, right = [], []
    for number in np.flatnonzero(long):
        here = np.flatnonzero(stints.stint == number)
        days, own = stints.days[here], factor[number] * use[here]
        grown, rest = np.diff(own, prepend=own[0]), wear[here] - own
        squares = np.cumsum(grown**2)
        block = (days // BLOCK).astype(np.int64)
        middle = [np.flatnonzero(block == one) for one in np.unique(block)]
        at = [one for one in middle if len(one) >= BLOCK // 2]
        for before, after in pairwise(at):
            left.append(float(rest[after].mean() - rest[before].mean()) ** 2)
            right.append(float(squares[after].mean() - squares[before].mean()))
    if len(left) < 10:
        return float(np.sqrt(SHAPES[0] * SHAPES[1]))
    design = np.column_stack([right, np.ones(len(right))])
    inverse = float(np.linalg.lstsq(design, np.array(left), rcond=None)[0][0])
    return float(np.clip(1 / max(inverse, 1e-9), *SHAPES))


def _quality(stints: Stints, long: Flags, factor: Floats) -> float:
    """Spread of the vessels' own factors: of their means, over several stints."""
    logs = np.log(factor)
    vessels = [np.flatnonzero(long & (stints.vessel == one)) for one in np.unique(stints.vessel)]
    means = np.array([logs[of].mean() for of in vessels if len(of)])
    within = [float(logs[of].var(ddof=1)) / len(of) for of in vessels if len(of) > 1]
    between = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    return float(np.sqrt(max(0.0, between - (np.mean(within) if within else 0.0))))
