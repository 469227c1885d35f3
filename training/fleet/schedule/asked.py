"""What trips are asked for: estimated from the bookings that are known."""

from __future__ import annotations

import numpy as np

from tambo.errors import FewLabelsError
from tambo.planning.fleet.parameters import Demand, Flags, Floats, Ints
from training.fleet.schedule.history import Bookings, History

LEAST_BOOKINGS = 100
SURGE_DAYS = (7, 10, 14, 21, 28)
LAGS = 30
LONGEST_DAY = 24.0


def estimate_demand(history: History) -> tuple[Demand, ...]:
    """Estimate the demand of each kind.

    Raises:
        FewLabelsError: too few trips of a kind are known.
    """
    return tuple(_of_kind(history, kind) for kind in range(len(history.kinds)))


def _of_kind(history: History, kind: int) -> Demand:
    booked = history.bookings
    day = np.floor(booked.departs).astype(np.int64) - history.first
    of = (booked.kind == kind) & (day >= 0) & (day < history.days) & (booked.hours > 0)
    if of.sum() < LEAST_BOOKINGS:
        raise FewLabelsError(
            f"{int(of.sum())} bookings of a {history.kinds[kind]} are known, where "
            f"{LEAST_BOOKINGS} are needed: what is asked for cannot be told.",
            remedy="load more bookings: tambo ingest <folder>",
        )
    counts, vessels = _counts(history, kind, day[of], booked.base[of])
    weekday, season = _season(history, counts.sum(axis=0) / vessels.sum())
    surge, surge_days = _surges(counts, vessels[:, None] * season * weekday[_weekday(history)])
    hours, price = np.log(booked.hours[of]), np.log(_price(booked, of))
    ahead = np.floor(booked.departs[of]) - np.floor(booked.booked[of])
    day_hours, most_days = _away(history, kind)
    return Demand(
        trips=float(counts.sum() / vessels.sum() / history.days),
        weekday=tuple(weekday.tolist()),
        season=_wave(history, season),
        surge=surge,
        surge_days=surge_days,
        hours=float(np.exp(hours.mean())),
        hours_spread=float(hours.std()),
        most_hours=float(booked.hours[of].max()),
        day_hours=day_hours,
        most_days=most_days,
        price=float(np.exp(price.mean())),
        price_spread=float(price.std()),
        ahead=float(ahead.mean()),
        cancelled=_cancelled(booked, of),
    )


def _price(booked: Bookings, of: Flags) -> Floats:
    return np.asarray(np.maximum(booked.revenue[of], 1.0) / booked.hours[of])


def _counts(history: History, kind: int, day: Ints, base: Ints) -> tuple[Floats, Floats]:
    """Trips of each day at each base that has vessels of the kind, and how many it has."""
    bases = len(history.bases)
    vessels = np.bincount(history.roster.base[history.roster.kind == kind], minlength=bases)
    counts = np.zeros((bases, history.days))
    np.add.at(counts, (base, day), 1.0)
    return counts[vessels > 0], vessels[vessels > 0].astype(float)


def _weekday(history: History) -> Ints:
    """Weekday of each day, Monday 0; 1 January 1970 was a Thursday."""
    return np.asarray((np.arange(history.first, history.last) + 3) % 7)


def _angle(history: History) -> Floats:
    """Of the year [day]; day numbers of 365.25 days are near enough for a wave of a year."""
    return np.asarray(2 * np.pi * (np.arange(history.first, history.last) % 365.25) / 365.25)


def _season(history: History, rate: Floats) -> tuple[Floats, Floats]:
    """Factors of the weekdays, of mean 1, and trips that the season lets expect [day].

    A log-linear Poisson regression on one wave a year and the weekdays.
    """
    from sklearn.linear_model import PoissonRegressor

    weekday, angle = _weekday(history), _angle(history)
    design = np.column_stack([np.cos(angle), np.sin(angle), np.eye(7)[weekday][:, 1:]])
    fitted = PoissonRegressor(alpha=1e-6, max_iter=500).fit(design, rate)
    factor = np.exp(np.concatenate([[0.0], fitted.coef_[2:]]))
    wave = np.exp(design[:, :2] @ fitted.coef_[:2] + fitted.intercept_) * factor.mean()
    return factor / factor.mean(), np.asarray(wave)


def _wave(history: History, season: Floats) -> tuple[float, float]:
    """Coefficients of cosine and sine in the logarithm of the season."""
    angle = _angle(history)
    design = np.column_stack([np.ones(len(angle)), np.cos(angle), np.sin(angle)])
    fitted = np.linalg.lstsq(design, np.log(season), rcond=None)[0]
    return float(fitted[1]), float(fitted[2])


def _surges(counts: Floats, expected: Floats) -> tuple[float, int]:
    """Spread of the logarithm of demand about its season, and days between its knots.

    Counts are Poisson about surges, so their covariance at a lag is what the surges have: at lag
    k it is expected squared times (exp(spread² · correlation(k)) - 1).
    """
    rest = counts - expected
    told = np.log1p(np.clip(_lagged(rest) / _lagged(expected), -0.9, None))
    best = min(SURGE_DAYS, key=lambda days: _unlike(told, _correlation(days))[0])
    _, variance = _unlike(told, _correlation(best))
    return float(np.sqrt(max(0.0, variance))), best


def _lagged(values: Floats) -> Floats:
    """Mean product of values with those some days later, for each lag [lag]."""
    days = values.shape[1]
    return np.array([(values[:, k:] * values[:, : days - k]).mean() for k in range(1, LAGS)])


def _unlike(told: Floats, correlation: Floats) -> tuple[float, float]:
    """Squared misfit of a correlation, and the variance that fits best."""
    variance = float((told * correlation).sum() / (correlation**2).sum())
    return float(((told - variance * correlation) ** 2).sum()), variance


def _correlation(knot_days: int) -> Floats:
    """Correlation of the simulated surges at each lag, over all places between two knots."""
    at = np.arange(40 * knot_days)
    part = np.cos(np.pi * (at / knot_days % 1.0)) / 2 + 0.5
    weights = np.zeros((len(at), 42))
    weights[at, at // knot_days] = part
    weights[at, at // knot_days + 1] = 1 - part
    weights /= np.hypot(part, 1 - part)[:, None]
    return np.array(
        [(weights[k:] * weights[: len(at) - k]).sum(axis=1).mean() for k in range(1, LAGS)]
    )


def _away(history: History, kind: int) -> tuple[float, int]:
    """Hours of a trip that fill a day, and the most days that one takes."""
    flights = history.flights
    of = history.roster.kind[flights.vessel] == kind
    days = np.floor(flights.day[of]) - np.floor(flights.departed[of]) + 1
    if not len(days) or days.max() <= 1:
        return LONGEST_DAY, 1
    hours, most = flights.hours[of], int(days.max())
    choices = np.arange(2.0, LONGEST_DAY + 0.5, 0.5)
    wrong = [float((np.clip(np.ceil(hours / one), 1, most) != days).mean()) for one in choices]
    return float(choices[int(np.argmin(wrong))]), most


def _cancelled(booked: Bookings, of: Flags) -> float:
    """Share that its guests cancel; what is cancelled on the day may be for want of a vessel."""
    early = np.floor(booked.cancelled[of]) < np.floor(booked.departs[of])
    return float(early.mean())
