"""Fits the response of visitors to campaign spend: a hierarchical model, sampled.

Of each pair of location and market, `Signals` says what its weeks tell of the effect once level,
season, holidays, weather and noise have been marginalised out: the log-likelihood of the log
effects f of the weeks in which spend works is  h'f - f'Gf / 2  and a constant. The effect of a week
is

    f = log(1 + exp(-room (season - 1)) beta (1 - exp(-S / scale)))
    S = sum over k of carry^k · spend k weeks before

beta and scale vary by pair around what all pairs have in common, scale with the pair's visitors.
Sampled by Hamiltonian Monte Carlo, all variables standardised by their priors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tambo.planning.tourism.response import LAGS, Draws
from training.metrics import Floats

NAMES = ("beta", "scale", "slope", "room", "carry", "beta_spread", "scale_spread")
"""What all pairs have in common, in the order of the sampled vector."""
BETA, BETA_SD = 0.15, 0.8
"""Prior median of the most that campaigns add as a share, and its log spread."""
SCALE_SD = 0.8
"""Log spread of the prior of the scale around what was spent in a usual campaign week."""
SLOPE, SLOPE_SD = 0.5, 0.3
"""Power of a pair's visitors in its scale."""
ROOM, ROOM_SD = 0.8, 0.8
"""Prior median of how much more works in low season, and its log spread."""
CARRY, CARRY_SD = -0.6, 0.8
"""Logit of the share of a week's spend that still works a week later: mean and spread."""
SPREAD, SPREAD_SD = 0.4, 0.6
"""Prior median of the log spread of beta and scale between pairs, and its own log spread."""

WARMUP, KEPT, THINNED = 300, 400, 4
LEAPS, ACCEPT = 16, 0.8


@dataclass(frozen=True)
class Signals:
    """What the weeks of all pairs tell of the effect; weeks without working spend are left out.

    Attributes:
        curvature: G [pair, week, week]; 0 where a pair has fewer weeks.
        pull: h [pair, week].
        spend: USD of the week and of the weeks before it [pair, week, lag].
        season: index of the season [pair, week].
        size: log of the pair's usual visitors a week [pair].
        usual_spend: median of what campaigns spend in a whole week, USD; 1 without any.
    """

    curvature: Floats
    pull: Floats
    spend: Floats
    season: Floats
    size: Floats
    usual_spend: float

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return len(self.size)

    @cached_property
    def centred(self) -> Floats:
        """Size against the mean of all pairs [pair]."""
        return np.asarray(self.size - self.size.mean())


def log_density(theta: Floats, signals: Signals) -> tuple[float, Floats]:
    """Log posterior and its gradient, at standardised variables: NAMES, then those of pairs."""
    at = _Point.of(theta, signals)
    size, tau, room, carry = signals.centred, at.spread, at.room, at.carry
    lag = np.arange(LAGS)
    working = signals.spend @ carry**lag
    slower = signals.spend @ (lag * carry ** np.maximum(lag - 1, 0))
    scale = np.exp(at.log_scale)[:, None]
    ratio = working / scale
    top = np.exp(at.log_beta[:, None] - room * (signals.season - 1))
    left = np.exp(-ratio)
    share = top * (1 - left)
    effect = np.log1p(share)
    rest = signals.pull - np.einsum("pij,pj->pi", signals.curvature, effect)
    value = 0.5 * float(np.sum((signals.pull + rest) * effect)) - 0.5 * float(theta @ theta)
    to_share = rest / (1 + share)
    to_beta = (to_share * share).sum(axis=1)
    steep = to_share * top * left
    to_scale = -(steep * ratio).sum(axis=1)
    to_room = -float(np.sum(to_share * share * (signals.season - 1))) * room * ROOM_SD
    to_carry = float(np.sum(steep * slower / scale))
    gradient = np.concatenate(
        [
            [
                BETA_SD * to_beta.sum(),
                SCALE_SD * to_scale.sum(),
                SLOPE_SD * float(to_scale @ size),
                to_room,
                to_carry * carry * (1 - carry) * CARRY_SD,
                float(to_beta @ at.own_beta) * tau[0] * SPREAD_SD,
                float(to_scale @ at.own_scale) * tau[1] * SPREAD_SD,
            ],
            tau[0] * to_beta,
            tau[1] * to_scale,
        ]
    )
    return value, gradient - theta


def sample(signals: Signals, seed: int) -> Draws:
    """Draws of the posterior of all variables; of the prior where nothing was ever spent."""
    chain = _Chain(signals, seed)
    # A path may leave all bounds; it is not taken then.
    with np.errstate(all="ignore"):
        for n in range(WARMUP):
            chain.tune(n, chain.move())
        kept = []
        for n in range(KEPT):
            chain.move()
            if n % THINNED == 0:
                kept.append(chain.theta)
    return _draws(np.array(kept), signals)


class _Chain:
    """Hamiltonian Monte Carlo: its state, step and weights of the variables."""

    def __init__(self, signals: Signals, seed: int) -> None:
        self._signals, self._random = signals, np.random.default_rng(seed)
        self.theta = np.zeros(len(NAMES) + 2 * signals.pairs)
        self._value, self._slope = log_density(self.theta, signals)
        self._step, self._weight = 0.05, np.ones_like(self.theta)
        self._seen: list[Floats] = []

    def move(self) -> float:
        """Try one path, and take its end or stay; the chance that it is taken."""
        momentum = self._random.normal(size=len(self.theta)) / np.sqrt(self._weight)
        start = self._value - 0.5 * float(self._weight @ momentum**2)
        step = self._step * self._random.uniform(0.8, 1.2)
        at, slope, value = self.theta, self._slope, self._value
        for _ in range(LEAPS):
            momentum = momentum + 0.5 * step * slope
            at = at + step * self._weight * momentum
            value, slope = log_density(at, self._signals)
            momentum = momentum + 0.5 * step * slope
        end = value - 0.5 * float(self._weight @ momentum**2)
        chance = float(np.exp(min(0.0, end - start))) if np.isfinite(end) else 0.0
        if self._random.uniform() < chance:
            self.theta, self._value, self._slope = at, value, slope
        return chance

    def tune(self, n: int, chance: float) -> None:
        """Adapt the step to the chance, and once the weights to what was seen."""
        change = (chance - ACCEPT) / (1 + n / 20) ** 0.6
        self._step = float(np.clip(self._step * np.exp(change), 1e-3, 0.6))
        if n >= WARMUP // 3:
            self._seen.append(self.theta)
        if n == 2 * WARMUP // 3:
            self._weight = np.clip(np.var(self._seen, axis=0), 0.05, 2.0)


@dataclass(frozen=True)
class _Point:
    """Standardised variables as what they stand for."""

    own_beta: Floats
    own_scale: Floats
    spread: Floats
    log_beta: Floats
    log_scale: Floats
    room: float
    carry: float

    @classmethod
    def of(cls, theta: Floats, signals: Signals) -> _Point:
        first, pairs = len(NAMES), signals.pairs
        common = theta[:first]
        own_beta, own_scale = theta[first : first + pairs], theta[first + pairs :]
        spread = SPREAD * np.exp(SPREAD_SD * common[5:7])
        slope = SLOPE + SLOPE_SD * common[2]
        log_scale = np.log(signals.usual_spend) + SCALE_SD * common[1] + slope * signals.centred
        return cls(
            own_beta=own_beta,
            own_scale=own_scale,
            spread=spread,
            log_beta=np.log(BETA) + BETA_SD * common[0] + spread[0] * own_beta,
            log_scale=log_scale + spread[1] * own_scale,
            room=float(ROOM * np.exp(ROOM_SD * common[3])),
            carry=float(1 / (1 + np.exp(-(CARRY + CARRY_SD * common[4])))),
        )


def _draws(thetas: Floats, signals: Signals) -> Draws:
    points = [_Point.of(theta, signals) for theta in thetas]
    return Draws(
        beta=np.exp([one.log_beta for one in points]),
        scale=np.exp([one.log_scale for one in points]),
        carry=np.array([one.carry for one in points]),
        room=np.array([one.room for one in points]),
    )
