"""From baselines and campaigns to what the response is fitted on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tambo.planning.tourism.response import LAGS
from tambo.planning.tourism.seasons import season_index
from training.metrics import Floats
from training.tourism.campaign_baseline import Baseline
from training.tourism.campaign_history import History
from training.tourism.response_fit import Signals


def lagged(spend: Floats) -> Floats:
    """Spend of each week and of the weeks before it [pair, week, lag]."""
    weeks = spend.shape[1]
    padded = np.pad(spend, ((0, 0), (LAGS - 1, 0)))
    return np.stack([padded[:, LAGS - 1 - k : LAGS - 1 - k + weeks] for k in range(LAGS)], axis=2)


def seasons(history: History, found: Sequence[Baseline]) -> Floats:
    """Index of the season [pair, week]."""
    mondays = [history.monday(week) for week in range(history.weeks)]
    return season_index(np.array([one.harmonics for one in found]), mondays)


def signals(history: History, found: Sequence[Baseline], spend: Floats) -> Signals:
    """What the weeks in which spending works tell of its effect.

    Args:
        history: what is known.
        found: baseline of each pair.
        spend: USD by pair and week; weeks of campaigns that are held out are 0.
    """
    before = lagged(spend)
    season = seasons(history, found)
    at = [np.flatnonzero(one.any(axis=1)) for one in before]
    most = max([1, *map(len, at)])
    pairs = len(found)
    curvature, pull = np.zeros((pairs, most, most)), np.zeros((pairs, most))
    lags, level = np.zeros((pairs, most, LAGS)), np.ones((pairs, most))
    for n, (one, weeks) in enumerate(zip(found, at, strict=True)):
        some = slice(0, len(weeks))
        curvature[n, some, some] = one.curvature[np.ix_(weeks, weeks)]
        pull[n, some] = one.pull[weeks]
        lags[n, some] = before[n, weeks]
        level[n, some] = season[n, weeks]
    size = np.log(np.maximum([one.weekly for one in found], 1.0))
    return Signals(curvature, pull, lags, level, size, _usual_spend(history))


def _usual_spend(history: History) -> float:
    """Median of a campaign's whole week: at its ends a Monday week is mostly a part of one."""
    every = [
        7 * one.daily
        for place in history.places
        for campaigns in place.campaigns.values()
        for one in campaigns
        if one.daily > 0
    ]
    return float(np.median(every)) if every else 1.0
