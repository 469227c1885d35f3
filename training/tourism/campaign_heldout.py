"""Judges a response by campaigns that began after it was learned.

The effect of a held-out campaign is never seen; what its weeks tell of it is: their log-likelihood,
given the baseline and the effects of other weeks (see response_fit). So a response is judged by the
log predictive density of these weeks against "no effect", and its interval by whether the effect
that is measured lies in it, the error of the measurement counted in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tambo.planning.tourism.response import LAGS, Draws, share_added
from training.metrics import Floats
from training.tourism.campaign_history import Campaign, History
from training.tourism.response_fit import Signals

LEVEL = 0.8


@dataclass(frozen=True)
class Measured:
    """One held-out campaign on one pair.

    Attributes:
        id: of the campaign.
        location, market: whom.
        first: Monday of its first week.
        weeks: how many it ran in.
        spend: USD.
        measured, error: log effect in a mean week of it, and the error of that measurement.
        foretold, low, high: the same foretold, with the interval in which the measured one should
            lie.
        effect_low, effect_high: interval of the effect itself.
        usual: the mean effect of earlier campaigns.
    """

    id: str
    location: str
    market: str
    first: date
    weeks: int
    spend: float
    measured: float
    error: float
    foretold: float
    low: float
    high: float
    effect_low: float
    effect_high: float
    usual: float


@dataclass(frozen=True)
class HeldOut:
    """What held-out campaigns say.

    Attributes:
        campaigns: one by one.
        gain: log predictive density of the response above that of no effect, all weeks together.
        usual_gain: the same of a mean effect that does not depend on what is spent.
    """

    campaigns: tuple[Measured, ...]
    gain: float
    usual_gain: float

    def metrics(self) -> dict[str, float]:
        """Figures by name; errors are of the log effect, weighed by how well it is measured."""
        found = {"campaigns": float(len(self.campaigns)), "gain": self.gain,
                 "mean_effect_gain": self.usual_gain}  # fmt: skip
        if not self.campaigns:
            return found
        measured = np.array([one.measured for one in self.campaigns])
        weight = np.array([one.error**-2 for one in self.campaigns])
        inside = [one.low <= one.measured <= one.high for one in self.campaigns]

        def error(foretold: Floats) -> float:
            return float(np.sqrt(np.average((foretold - measured) ** 2, weights=weight)))

        return found | {
            "rmse": error(np.array([one.foretold for one in self.campaigns])),
            "no_effect_rmse": error(np.zeros(len(measured))),
            "mean_effect_rmse": error(np.array([one.usual for one in self.campaigns])),
            "coverage": float(np.mean(inside)),
        }


def join(parts: Sequence[HeldOut]) -> HeldOut:
    """Several windows together."""
    return HeldOut(
        tuple(one for part in parts for one in part.campaigns),
        sum(part.gain for part in parts),
        sum(part.usual_gain for part in parts),
    )


@dataclass(frozen=True)
class Window:
    """Weeks in which campaigns are held out: those that began in [first, end).

    Attributes:
        first, end: weeks of the history.
        spend: USD of all campaigns that began before `end` [pair, week].
        before: the same without those held out [pair, week].
    """

    first: int
    end: int
    spend: Floats
    before: Floats

    @classmethod
    def of(cls, history: History, first: int, end: int) -> Window:
        """The window of some weeks."""
        return cls(first, end, history.spend(0, end), history.spend(0, first))


def held_out(
    history: History,
    signals: Signals,
    baselines: Sequence[tuple[Floats, Floats]],
    season: Floats,
    window: Window,
    draws: Draws,
    seed: int,
) -> HeldOut:
    """Judge draws that were learned before a window.

    Args:
        history: all that is known now.
        signals: what the response was learned from, for the mean effect of earlier campaigns.
        baselines: curvature and pull of each pair, as known now.
        season: index of each week [pair, week].
        window: what is held out.
        draws: the response.
        seed: of the measurement's error in the intervals.
    """
    lead = ((0, 0), (LAGS - 1, 0))
    now = np.log1p(share_added(draws, np.pad(window.spend, lead), season))
    without = np.log1p(share_added(draws, np.pad(window.before, lead), season))
    usual, usual_error = _usual(signals)
    random = np.random.default_rng(seed)
    luck = usual + usual_error * random.normal(size=len(draws.carry))
    gains, plain, found = np.zeros(len(luck)), np.zeros(len(luck)), []
    for pair, (curvature, pull) in enumerate(baselines):
        at = np.flatnonzero((window.spend - window.before)[pair] > 0)
        if not len(at) or not curvature[np.ix_(at, at)].any():
            continue
        works = np.unique(np.minimum(at[:, None] + np.arange(2), history.weeks - 1))
        mine = curvature[np.ix_(works, works)]
        # The weeks of other campaigns are taken at their expected effect.
        other = np.setdiff1d(np.flatnonzero(window.spend[pair] > 0), works)
        rest = pull[works] - curvature[np.ix_(works, other)] @ now[:, pair, other].mean(axis=0)
        gains += _density(now[:, pair, works], mine, rest)
        gains -= _density(without[:, pair, works], mine, rest)
        plain += _density(luck[:, None] * np.isin(works, at), mine, rest)
        found += [
            _measure(one, history, pair, works, mine, rest, now[:, pair], usual, random)
            for one in _lines(history, pair, window)
        ]
    measured = tuple(one for one in found if one is not None)
    return HeldOut(measured, _mean_log(gains), _mean_log(plain))


def _density(effects: Floats, curvature: Floats, pull: Floats) -> Floats:
    """Log-likelihood of log effects, above that of none [draw]."""
    return np.asarray(effects @ pull - 0.5 * np.einsum("di,ij,dj->d", effects, curvature, effects))


def _mean_log(gains: Floats) -> float:
    return float(np.logaddexp.reduce(gains) - np.log(len(gains)))


def _usual(signals: Signals) -> tuple[float, float]:
    """Mean log effect of a week with spending, whatever is spent, and its error."""
    on = (signals.spend[:, :, 0] > 0).astype(float)
    precision = float(np.einsum("pi,pij,pj->", on, signals.curvature, on))
    if precision <= 0:
        return 0.0, 1.0
    return float((on * signals.pull).sum() / precision), float(precision**-0.5)


def _measure(
    campaign: Campaign,
    history: History,
    pair: int,
    works: Floats,
    curvature: Floats,
    rest: Floats,
    effects: Floats,
    usual: float,
    random: np.random.Generator,
) -> Measured | None:
    first, last = campaign.first // 7, campaign.last // 7
    on = ((works >= first) & (works <= last)).astype(float)
    precision = float(on @ curvature @ on)
    if precision <= 0:
        return None
    # What lies beside the campaign's own weeks is taken at its expected effect.
    mean = effects[:, works].mean(axis=0)
    pull = float(on @ (rest - curvature @ (mean * (1 - on))))
    error = precision**-0.5
    foretold = (effects[:, works] * on) @ curvature @ on / precision
    seen = foretold + error * random.normal(size=len(foretold))
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    location, market = history.pairs[pair]
    return Measured(
        id=campaign.id,
        location=location,
        market=market,
        first=history.monday(first),
        weeks=last - first + 1,
        spend=campaign.daily * (campaign.last - campaign.first + 1),
        measured=pull / precision,
        error=error,
        foretold=float(foretold.mean()),
        low=float(np.quantile(seen, ends[0])),
        high=float(np.quantile(seen, ends[1])),
        effect_low=float(np.quantile(foretold, ends[0])),
        effect_high=float(np.quantile(foretold, ends[1])),
        usual=usual,
    )


def _lines(history: History, pair: int, window: Window) -> list[Campaign]:
    location, market = history.pairs[pair]
    (place,) = (one for one in history.places if one.name == location)
    return [one for one in place.campaigns[market] if window.first <= one.first // 7 < window.end]
