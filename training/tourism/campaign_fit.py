"""Learns the response from a history, and judges it on windows of campaigns held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tambo.planning.tourism.learned import Learned
from tambo.planning.tourism.response import Draws
from training.metrics import Floats
from training.tourism.campaign_baseline import Baseline, baselines
from training.tourism.campaign_heldout import HeldOut, Window, held_out, join
from training.tourism.campaign_history import History
from training.tourism.campaign_learned import learned
from training.tourism.campaign_signals import seasons, signals
from training.tourism.response_fit import Signals, sample


@dataclass(frozen=True)
class Fit:
    """What was learned from a history.

    Attributes:
        history: of what.
        baselines: by pair.
        signals: what campaigns tell.
        draws: the response.
        learned: the artefact.
    """

    history: History
    baselines: Sequence[Baseline]
    signals: Signals
    draws: Draws
    learned: Learned

    @property
    def season(self) -> Floats:
        """Index of each week, not beyond those at which campaigns ran [pair, week]."""
        return np.clip(seasons(self.history, self.baselines), *self.learned.season_range)

    def score(self, draws: Draws, earlier: Signals, window: Window, seed: int) -> HeldOut:
        """Judge draws by the campaigns of a window, as they are known in this history."""
        told = [(one.curvature, one.pull) for one in self.baselines]
        return held_out(self.history, earlier, told, self.season, window, draws, seed)


@dataclass(frozen=True)
class Judged:
    """Held-out campaigns by window, the newest first.

    Attributes:
        windows: what was held out.
        found: what came of it.
        signals: what the response was learned from.
    """

    windows: tuple[Window, ...]
    found: tuple[HeldOut, ...]
    signals: tuple[Signals, ...]

    @property
    def joined(self) -> HeldOut:
        """All windows together."""
        return join(self.found)


def fit_at(history: History, seed: int) -> Fit:
    """Learn the response from all that a history holds."""
    found = baselines(history)
    told = signals(history, found, history.spend())
    draws = sample(told, seed)
    made = learned(history, found, told, draws)
    everything = made.evidence[-1]
    return Fit(history, found, told, draws, replace(made, says=everything.says))


def judge_windows(
    fit: Fit,
    earlier: Callable[[int], History | None],
    windows: int,
    weeks: int,
    seed: int,
) -> Judged:
    """Learn the response as of some weeks ago, and judge it by the campaigns since.

    Args:
        fit: of all that is known now.
        earlier: the history as known so many weeks ago; None: it holds too little.
        windows: how many, one after the other.
        weeks: of each.
        seed: of the draws.
    """
    held, found, learned_from = [], [], []
    for n in range(1, windows + 1):
        then = earlier(n * weeks)
        if then is None:
            continue
        first = (then.first - fit.history.first).days // 7 + then.weeks
        window = Window.of(fit.history, first, first + weeks)
        before = fit_at(then, seed)
        draws = align(before, fit)
        held.append(window)
        found.append(fit.score(draws, before.signals, window, seed))
        learned_from.append(before.signals)
    return Judged(tuple(held), tuple(found), tuple(learned_from))


def align(before: Fit, now: Fit) -> Draws:
    """The draws of an earlier fit in the order of the pairs of a later one.

    A pair that came later gets those of the pair next in size: what all have in common.
    """
    known = {pair: n for n, pair in enumerate(before.history.pairs)}
    size = before.signals.size
    nearest = [int(np.abs(size - one).argmin()) for one in now.signals.size]
    order = [known.get(pair, nearest[n]) for n, pair in enumerate(now.history.pairs)]
    return before.draws.take(order)
