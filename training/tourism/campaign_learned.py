"""Puts what was learned of campaigns into the artefact that plans are made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from tambo.planning.tourism.learned import Evidence, Learned, Profile, Spend
from tambo.planning.tourism.response import LAGS, Draws
from training.metrics import Floats
from training.tourism.campaign_baseline import Baseline
from training.tourism.campaign_history import History, Place
from training.tourism.response_fit import Signals

ENOUGH_CAMPAIGNS = 4
NORMAL_95 = 1.6448536269514722
GONE_DAYS = 56
"""Days without any count after which nobody is expected any more."""
SEASON_ENDS = (0.02, 0.98)
"""Quantiles of the seasons at which campaigns ran: the response is not stretched beyond."""


def learned(history: History, found: Sequence[Baseline], signals: Signals, draws: Draws) -> Learned:
    """The artefact; whether it is enough is decided by held-out campaigns, elsewhere."""
    seasons = signals.season[signals.spend.sum(axis=2) > 0]
    low, high = np.quantile(seasons, SEASON_ENDS) if len(seasons) else (1.0, 1.0)
    return Learned(
        as_of=history.first + timedelta(days=history.days - 1),
        enough=True,
        says="",
        draws=draws,
        season_range=(float(low), float(high)),
        profiles=tuple(_profiles(history, found)),
        evidence=tuple(evidence(history, signals, draws)),
        past=tuple(_past(history)),
    )


def evidence(history: History, signals: Signals, draws: Draws) -> list[Evidence]:
    """What campaigns say by market and of all: one weight for the shape of the usual response.

    The weight is fitted without any prior, so it may be below zero.
    """
    weights = np.median(draws.weights(), axis=0)
    scale, room = np.median(draws.scale, axis=0), float(np.median(draws.room))
    ratio = (signals.spend @ weights) / scale[:, None]
    shape = np.exp(-room * (signals.season - 1)) * -np.expm1(-ratio)
    precision = np.einsum("pi,pij,pj->p", shape, signals.curvature, shape)
    agreed = (shape * signals.pull).sum(axis=1)
    typical = float(np.mean(shape[signals.spend[:, :, 0] > 0])) if shape.any() else 0.0
    lines = {pair: place.campaigns[pair[1]] for place in history.places
             for pair in [(place.name, market) for market in place.markets]}  # fmt: skip
    names = sorted({market for _, market in history.pairs})
    every = {name: [n for n, pair in enumerate(history.pairs) if pair[1] == name] for name in names}
    every["all markets"] = list(range(signals.pairs))
    return [
        _evidence(
            name,
            sum(len(lines[history.pairs[n]]) for n in rows),
            int((signals.spend[rows].sum(axis=2) > 0).sum()),
            float(agreed[rows].sum()),
            float(precision[rows].sum()),
            typical,
        )
        for name, rows in every.items()
    ]


def _evidence(
    name: str, campaigns: int, weeks: int, agreed: float, precision: float, typical: float
) -> Evidence:
    if campaigns == 0 or precision <= 0:
        says = f"Not enough data: no campaign for {name} is known with visitors counted."
        return Evidence(name, campaigns, weeks, 0.0, 0.0, 0.0, False, says)
    middle, apart = agreed / precision, NORMAL_95 / np.sqrt(precision)
    ends = [float(np.expm1(typical * one)) for one in (middle - apart, middle, middle + apart)]
    said = f"{ends[1]:+.1%} visitors in a campaign week ({ends[0]:+.1%} to {ends[2]:+.1%})"
    if campaigns < ENOUGH_CAMPAIGNS:
        says = f"Not enough data for {name}: {campaigns} campaigns, {said}."
    elif ends[0] <= 0:
        says = f"Not enough data for {name}: {campaigns} campaigns, the interval holds 0: {said}."
    else:
        says = f"{campaigns} campaigns for {name}: {said}."
    enough = campaigns >= ENOUGH_CAMPAIGNS and ends[0] > 0
    return Evidence(name, campaigns, weeks, ends[1], ends[0], ends[2], enough, says)


def _profiles(history: History, found: Sequence[Baseline]) -> list[Profile]:
    places = [place for place in history.places for _ in place.markets]
    return [
        Profile(
            location=location,
            market=market,
            level=one.level,
            harmonics=tuple(one.harmonics.tolist()),
            spread=one.spread,
            counted=_counted(place, history.days),
            closed=_spans(history, place.closed),
        )
        for (location, market), one, place in zip(history.pairs, found, places, strict=True)
    ]


def _counted(place: Place, days: int) -> bool:
    """Whether anybody came lately; a location that is shut by announcement may open again."""
    recent = place.visitors[:, -GONE_DAYS:]
    shut = place.closed[days - GONE_DAYS : days] > 0
    return bool((np.nan_to_num(recent).sum(axis=0)[~shut] > 0).any()) or bool(shut.all())


def _spans(history: History, days: Floats) -> tuple[tuple, ...]:  # type: ignore[type-arg]
    edges = np.flatnonzero(np.diff(np.concatenate([[0.0], days, [0.0]])))
    return tuple(
        (
            history.first + timedelta(days=int(first)),
            history.first + timedelta(days=int(after) - 1),
        )
        for first, after in edges.reshape(-1, 2)
    )


def _past(history: History) -> list[Spend]:
    """What was spent and is announced, by week; weeks before the history's first are left out."""
    found: dict[tuple[str, str, int, str], float] = {}
    for place in history.places:
        for market, campaigns in place.campaigns.items():
            for each in campaigns:
                for day in range(max(each.first, -7 * LAGS), each.last + 1):
                    key = place.name, market, day // 7, each.segment
                    found[key] = found.get(key, 0.0) + each.daily
    return [
        Spend(location, market, history.monday(week), round(usd, 4), segment)
        for (location, market, week, segment), usd in sorted(found.items())
    ]
