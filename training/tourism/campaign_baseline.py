"""Visitors as they would be without campaigns, and what is left over for campaigns to explain.

A log-linear model of each pair's days: level, trend, yearly waves, weekdays, holidays, school
holidays, events, weather, what moves all other locations, and what was spent. It is fitted by
penalised quasi-likelihood, so that days without visitors and small counts are weighed rightly. Then
the days are added up to Monday weeks, and everything but the spending is marginalised out: noise
that lasts, slow change, and the uncertainty of every weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from tambo.planning.tourism.seasons import waves
from training.metrics import Floats
from training.tourism.campaign_history import History, Place

WAVES = 3
"""Yearly waves of the season."""
YEAR = 365.25
NEW_DAYS = 45
"""Days after the first count that are left out: a new location is not yet known."""
DAY_SPREAD = 0.15
"""Relative spread of a day around its mean, for the weights of the days."""
SMOOTHS, SMOOTH_WEEKS = (0.02, 0.05, 0.12, 0.25), 8.0
"""Slow change that nothing explains: log spreads tried, weeks until it is forgotten."""
NOISES = (0.02, 0.03, 0.045, 0.065, 0.09, 0.13, 0.2)
"""Log spreads of a week's own noise that are tried."""
LASTING = 0.25
"""Correlation of that noise from a week to the next."""
PRIORS = {
    "level": 10.0, "trend": 0.3, "wave": 1.0, "weekday": 1.0, "holiday": 0.4, "beside": 0.2,
    "school": 0.3, "event": 0.3, "weather": 0.3, "others": 0.5, "spend": 0.5,
}  # fmt: skip
"""Standard deviations of the weights, by kind of column."""
ROUNDS = 12


@dataclass(frozen=True)
class Baseline:
    """One pair without campaigns.

    Attributes:
        harmonics: weights of the yearly waves, cosine and sine of each.
        level: log of the visitors of a mean day of the year, by recent weeks.
        weekly: visitors of a usual week over all days.
        curvature, pull: what the weeks tell of log effects, see response_fit [week, week], [week].
        left: what is left over in each week [week]; NaN where nothing is known.
        spread: log spread of a week around the baseline.
    """

    harmonics: Floats
    level: float
    weekly: float
    curvature: Floats
    pull: Floats
    left: Floats
    spread: float


def baselines(history: History) -> list[Baseline]:
    """The baseline of each pair, in the history's order."""
    columns = [_columns(history, place) for place in history.places]
    known = [[_known(place, n) for n in range(len(place.markets))] for place in history.places]
    alone = [
        [_fit(place.visitors[n], known[p][n], columns[p], _worked(place, n, history.days))
         for n in range(len(place.markets))]
        for p, place in enumerate(history.places)
    ]  # fmt: skip
    found = []
    for p, place in enumerate(history.places):
        others = _others(alone, p, history.days)
        for n in range(len(place.markets)):
            extra = columns[p].with_column("others", others)
            fit = _fit(place.visitors[n], known[p][n], extra, _worked(place, n, history.days))
            found.append(_weekly(history, place.visitors[n], extra, fit))
    return found


@dataclass(frozen=True)
class _Columns:
    """What explains the days: values [day, column], kinds of the columns."""

    values: Floats
    kinds: tuple[str, ...]

    def with_column(self, kind: str, values: Floats) -> _Columns:
        return _Columns(np.column_stack([self.values, values]), (*self.kinds, kind))

    def precision(self) -> Floats:
        return np.array([PRIORS[kind] ** -2 for kind in self.kinds])


@dataclass(frozen=True)
class _Fit:
    """A fitted pair: weights, log of the mean without campaigns, working residuals and weights."""

    weights: Floats
    log_mean: Floats
    left: Floats
    precision: Floats


def _columns(history: History, place: Place) -> _Columns:
    days = history.days
    day = np.arange(days)
    dates = np.array(history.first, dtype="datetime64[D]") + day
    of_year = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(float) + 1
    values = [np.ones(days), day / YEAR - days / YEAR / 2, *waves(of_year, WAVES).T]
    kinds = ["level", "trend"] + ["wave"] * (2 * WAVES)
    for n in range(1, 7):
        values.append((day % 7 == n) - (day % 7 == 0).astype(float))
        kinds.append("weekday")
    for name in sorted(place.holidays):
        span = place.holidays[name]
        beside = np.maximum(np.append(span[1:], 0), np.append(0, span[:-1])) * (1 - span)
        values += [span, beside]
        kinds += ["holiday", "beside"]
    values.append(place.school)
    kinds.append("school")
    for number in sorted(place.events):
        values.append(place.events[number])
        kinds.append("event")
    temperature, rain = place.weather
    for one in (1 - np.exp(-rain / 8), temperature / 10):
        middle = np.nanmean(one) if np.isfinite(one).any() else 0.0
        values.append(np.where(np.isfinite(one), one - middle, 0.0))
        kinds.append("weather")
    return _Columns(np.column_stack(values), tuple(kinds))


def _known(place: Place, market: int) -> NDArray[np.bool_]:
    """Days that can be learned from: counted, open, and not those of a new location [day]."""
    total = place.visitors.sum(axis=0)
    counted = np.isfinite(total) & (total > 0)
    first = int(np.flatnonzero(counted)[0]) if counted.any() else 0
    known = counted & (place.closed[: len(total)] == 0)
    if first > 7:  # a location that is as old as the records is not new
        known[: first + NEW_DAYS] = False
    visitors = place.visitors[market]
    for n in range(7):
        on = known & (np.arange(len(total)) % 7 == n)
        if on.any() and np.median(total[on]) < 0.1 * np.median(total[known]):
            known &= ~on  # the weekday on which it is shut
    return np.asarray(known & np.isfinite(visitors))


def _worked(place: Place, market: int, days: int) -> Floats:
    """Where spending may work, roughly: a nuisance of the first fit [day, 2]."""
    spend = daily_spend(place, market, days)
    usual = np.median(spend[spend > 0]) if (spend > 0).any() else 1.0
    after = np.zeros(days)
    for lag in range(7, 22):
        after[lag:] = np.maximum(after[lag:], spend[:-lag])
    return np.column_stack(
        [1 - np.exp(-spend / usual), (1 - np.exp(-after / usual)) * (spend == 0)]
    )


def daily_spend(place: Place, market: int, days: int) -> Floats:
    """USD spent on a pair on each day [day]."""
    spend = np.zeros(days)
    for each in place.campaigns[place.markets[market]]:
        spend[max(each.first, 0) : max(each.last + 1, 0)] += each.daily
    return spend


def _fit(visitors: Floats, known: NDArray[np.bool_], columns: _Columns, worked: Floats) -> _Fit:
    """Penalised quasi-likelihood; the spending's own columns are no part of the mean."""
    both = np.column_stack([columns.values, worked])
    ridge = np.append(columns.precision(), [PRIORS["spend"] ** -2] * worked.shape[1])
    x, y = both[known], visitors[known]
    weights: Floats = np.zeros(both.shape[1])
    weights[0] = np.log(max(y.mean(), 0.05)) if len(y) else 0.0
    for _ in range(ROUNDS if len(y) else 0):
        mean = np.exp(np.clip(x @ weights, -5, 15))
        # The variance is that of a count and of a day's own effect, whose spread is taken as known.
        precision = 1 / (1 / mean + DAY_SPREAD**2)
        working = x @ weights + np.clip(y / mean - 1, -1, 3)
        normal = (x * precision[:, None]).T @ x + np.diag(ridge)
        weights = np.asarray(np.linalg.solve(normal, (x * precision[:, None]).T @ working))
    size = columns.values.shape[1]
    total = both @ weights
    mean = np.exp(np.clip(total, -5, 15))
    ratio = np.clip(np.where(known, visitors, 0.0) / mean - 1, -1, 3)
    return _Fit(
        weights=weights[:size],
        log_mean=columns.values @ weights[:size],
        left=np.where(known, total + ratio - columns.values @ weights[:size], np.nan),
        precision=np.where(known, 1 / (1 / mean + DAY_SPREAD**2), 0.0),
    )


def _others(alone: list[list[_Fit]], place: int, days: int) -> Floats:
    """What is left over at all other locations, in the middle and smoothed over a week [day]."""
    rest = [one for p, fits in enumerate(alone) if p != place for one in fits]
    left = np.array([one.left for one in rest if np.isfinite(one.left).any()])
    if not len(left):
        return np.zeros(days)
    counted = np.isfinite(left).sum(axis=0)
    left = np.where(counted >= 3, left, 0.0)
    middle = np.nan_to_num(np.nanmedian(left, axis=0))
    return np.convolve(np.pad(middle, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")


def _weekly(history: History, visitors: Floats, columns: _Columns, fit: _Fit) -> Baseline:
    """Add up to weeks, and marginalise everything but the spending."""
    week = np.arange(history.days) // 7
    weight = np.bincount(week, fit.precision, history.weeks)
    seen = weight > 0
    left = np.bincount(week, fit.precision * np.nan_to_num(fit.left), history.weeks)
    share = fit.precision / np.maximum(weight, 1e-12)[week]
    means = np.zeros((history.weeks, columns.values.shape[1]))
    np.add.at(means, week, columns.values * share[:, None])
    curvature, pull = np.zeros((history.weeks,) * 2), np.zeros(history.weeks)
    rest, spread = np.full(history.weeks, np.nan), NOISES[-1]
    if seen.any():
        rest[seen] = left[seen] / weight[seen]
        count = np.bincount(week, fit.precision * np.exp(-fit.log_mean), history.weeks)
        noise = count[seen] / weight[seen] ** 2
        inverse, spread = _marginal(np.flatnonzero(seen), rest[seen], means[seen], noise, columns)
        where = np.ix_(seen, seen)
        curvature[where] = inverse
        pull[seen] = inverse @ rest[seen]
    harmonics = fit.weights[2 : 2 + 2 * WAVES]
    recent = np.flatnonzero(fit.precision > 0)[-8 * 7 :]
    level = fit.weights[0] + fit.weights[1] * columns.values[:, 1]
    drift = np.average(fit.left[recent], weights=fit.precision[recent]) if len(recent) else 0.0
    return Baseline(
        harmonics=harmonics,
        level=float(level[-1] + drift) + _usual_day(fit),
        weekly=float(7 * np.nanmean(visitors)) if np.isfinite(visitors).any() else 0.0,
        curvature=curvature,
        pull=pull,
        left=rest,
        spread=spread,
    )


def _usual_day(fit: _Fit) -> float:
    """Log of the mean day of a year against that of the intercept; a shut weekday counts 0."""
    first = 2 + 2 * WAVES
    year = np.exp(waves(np.arange(1.0, 366.0), WAVES) @ fit.weights[2:first])
    weekdays = fit.weights[first : first + 6]
    factor = np.exp(np.append(-weekdays.sum(), weekdays))
    opened = np.array([(fit.precision[n::7] > 0).any() for n in range(7)])
    return float(np.log(year.mean()) + np.log(max((factor * opened).sum() / 7, 1e-3)))


def _marginal(
    week: NDArray[np.int64], left: Floats, means: Floats, noise: Floats, columns: _Columns
) -> tuple[Floats, float]:
    """Inverse covariance of what is left over, and the noise that makes it most likely."""
    apart = np.abs(week[:, None] - week[None, :])
    still = (means / columns.precision()) @ means.T
    still += np.diag(noise)
    slow, quick = np.exp(-apart / SMOOTH_WEEKS), LASTING**apart
    best, found, spread = -np.inf, np.eye(len(week)), NOISES[-1]
    for smooth, one in product(SMOOTHS, NOISES):
        factor = cho_factor(still + smooth**2 * slow + one**2 * quick, lower=True)
        distance = float(left @ cho_solve(factor, left))
        likelihood = -np.log(np.diag(factor[0])).sum() - 0.5 * distance
        if likelihood > best:
            best, spread = likelihood, float(np.hypot(smooth, one))
            found = cho_solve(factor, np.eye(len(week)))
    return found, spread
