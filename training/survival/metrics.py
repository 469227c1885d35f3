"""Metrics of survival models, where what was not seen is not left out but weighed or counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tambo.serving.survival import FAILURE
from training.metrics import Floats
from training.survival.outcome import Outcomes

Flags = NDArray[np.bool_]
LEAST = 1e-6
"""A hazard below this counts as this: one sure answer that is wrong must not outweigh the rest."""
LEAST_KEPT = 0.05
"""Share that is still watched, at least, where a row is weighed by it: 20 times at most."""

MOST_PAIRED = 1_500
"""Rows whose pairs are counted; of more, so many are drawn."""


def negative_log_likelihood(found: Floats, outcomes: Outcomes) -> float:
    """Mean of minus the logarithm of what a row's outcome was given, whatever was not seen of it.

    A proper score where censoring does not depend on what is foretold: Rindt et al., Survival
    regression with proper scoring rules and monotonic neural networks, 2022.

    Args:
        found: hazards, float64 [n, intervals, 2].
        outcomes: of the same rows.
    """
    stays = np.log(np.maximum(1.0 - found.sum(axis=2), LEAST))
    number = np.arange(found.shape[1])
    total = np.where(number < outcomes.watched[:, None], stays, 0.0).sum(axis=1)
    rows = np.flatnonzero(outcomes.seen)
    ended = found[rows, outcomes.watched[rows], outcomes.cause[rows]]
    total[rows] += np.log(np.maximum(ended, LEAST))
    return float(-total.mean())


def kaplan_meier(times: Floats, ended: Flags) -> tuple[Floats, Floats]:
    """Share that has not ended after each time at which one does (Kaplan and Meier, 1958).

    Returns:
        The times, rising, and the shares.

    >>> kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, False, True, True]))
    (array([1., 2., 3.]), array([0.75, 0.5 , 0.  ]))
    """
    at, events = np.unique(times[ended], return_counts=True)
    risk = len(times) - np.searchsorted(np.sort(times), at, side="left")
    return at, np.asarray(np.cumprod(1.0 - events / risk), np.float64)


def still_watched(times: Floats, censored: Flags, at: Floats) -> Floats:
    """Share that is not censored just before some times: what a row there is weighed by."""
    ends, shares = kaplan_meier(times, censored)
    found = np.concatenate([[1.0], shares])[np.searchsorted(ends, at, side="left")]
    return np.asarray(np.maximum(found, LEAST_KEPT))


def brier(chance: Floats, outcomes: Outcomes, until: Floats, days: float) -> float:
    """Mean squared error of the chance that a failure comes first, within some days.

    Rows that were not watched so long count by the inverse of the share that was (Graf et al.,
    Assessment and comparison of prognostic classification schemes, 1999). NaN where none was.
    """
    failed = (outcomes.cause == FAILURE) & (until <= days)
    known = outcomes.seen & (until <= days) | (until >= days)
    kept = still_watched(until, ~outcomes.seen, np.minimum(until, days))
    weight = np.where(known, 1.0 / kept, 0.0)
    if not known.any():
        return float("nan")
    return float((weight * np.square(chance - failed)).sum() / weight.sum())


def covered(low: Floats, high: Floats, outcomes: Outcomes, until: Floats, horizon: float) -> float:
    """Share of the events that come in intervals of days; inf: beyond the horizon.

    Rows that were not watched to the end of theirs count by the inverse of the share that was.
    """
    end = np.minimum(high, horizon)
    known = outcomes.seen | (until >= end)
    inside = np.where(outcomes.seen, (until >= low) & (until <= high), np.isinf(high))
    weight = np.where(
        known, 1.0 / still_watched(until, ~outcomes.seen, np.minimum(until, end)), 0.0
    )
    return float((weight * inside).sum() / weight.sum()) if known.any() else float("nan")


def concordance(risk: Floats, until: Floats, ended: Flags, horizon: float) -> float:
    """Of pairs of which one is known to end first, the share where it had the greater risk.

    Pairs count by the inverse of the squared share that is still watched, so that the figure does
    not depend on the censoring (Uno et al., On the C-statistics for evaluating overall adequacy of
    risk prediction procedures with censored survival data, 2011). NaN where there is no pair.

    >>> times, ended = np.array([1.0, 2.0, 3.0]), np.array([True, True, False])
    >>> concordance(np.array([0.9, 0.5, 0.1]), times, ended, 9.0)
    1.0
    """
    if len(until) > MOST_PAIRED:
        some = np.random.default_rng(0).choice(len(until), MOST_PAIRED, replace=False)
        risk, until, ended = risk[some], until[some], ended[some]
    first = np.flatnonzero(ended & (until < horizon))
    weight = still_watched(until, ~ended, until[first]) ** -2.0
    after = until[first, None] < until
    higher = (risk[first, None] > risk) + 0.5 * (risk[first, None] == risk)
    pairs = float((weight[:, None] * after).sum())
    return float((weight[:, None] * after * higher).sum() / pairs) if pairs else float("nan")


def lead_time(
    risk: Floats,
    outcomes: Outcomes,
    until: Floats,
    false_alarms: float,
    ahead: float,
) -> dict[str, float]:
    """How early failures are announced where few rows without one are.

    Args:
        risk: the alarm is given where it is high.
        outcomes: of the same rows.
        until: days to the event, or those that were watched.
        false_alarms: share of the rows watched without failure for the days ahead, that may alarm.
        ahead: days before a failure in which an alarm is of it.

    Returns:
        alarmed, the share of the rows at most `ahead` days before a failure that alarm; and
        lead_days, how long before the failure these are on average, those that do not counting 0.
        NaN where no failure or no quiet row was seen.
    """
    quiet = ((outcomes.cause != FAILURE) | (until > ahead)) & (until >= ahead)
    before = (outcomes.cause == FAILURE) & (until <= ahead)
    if not quiet.any() or not before.any():
        return {"alarmed": float("nan"), "lead_days": float("nan")}
    threshold = float(np.quantile(risk[quiet], 1.0 - false_alarms))
    alarms = risk[before] > threshold
    return {
        "alarmed": float(alarms.mean()),
        "lead_days": float(np.where(alarms, until[before], 0.0).mean()),
    }
