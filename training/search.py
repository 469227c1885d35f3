"""Hyper-parameter search: small, seeded, and inside the training window only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from training.design import Design
from training.estimators import Estimator, FitOptions, predict
from training.gate import GateRule
from training.task import Measure

if TYPE_CHECKING:
    from optuna import Trial

MOST_ROWS = 20_000
"""Rows that a search sees at most: it compares, the final fit sees them all."""

INNER_SHARE = 0.75
"""Share of the training window that trials are fitted on; the rest scores them."""


@dataclass(frozen=True)
class Dimension:
    """One parameter's range, both ends included.

    Attributes:
        low: least value.
        high: greatest value.
        first: value of the first trial: the one to fall back on.
        log: whether it is searched on a logarithmic scale.
        whole: whether it is a whole number.
    """

    low: float
    high: float
    first: float
    log: bool = False
    whole: bool = False

    def suggest(self, trial: Trial, name: str) -> float:
        """Ask Optuna for a value."""
        if self.whole:
            return int(trial.suggest_int(name, int(self.low), int(self.high), log=self.log))
        return float(trial.suggest_float(name, self.low, self.high, log=self.log))


@dataclass(frozen=True)
class Found:
    """What the search found.

    Attributes:
        params: the best parameters; empty where nothing was searched.
        trials: error and parameters of each trial, in order.
    """

    params: Mapping[str, float]
    trials: tuple[Mapping[str, float], ...]


def search(
    estimator: Estimator,
    design: Design,
    space: Mapping[str, Dimension],
    *,
    trials: int,
    gap: timedelta,
    options: FitOptions,
    measure: Measure,
    rule: GateRule,
    before: Callable[[str], None] | None = None,
) -> Found:
    """Look for the parameters with the least error on the newest part of the training rows.

    Args:
        estimator: what is fitted.
        design: training rows, in order of their entity time.
        space: range of each parameter.
        trials: how many to try; 0 or an empty space: none. None either where no training row is
            older than the scored part and the gap before it.
        gap: how long before the scored part the fitted part ends.
        options: seed, threads and the fixed parameters.
        measure: metrics of answers.
        rule: the metric that decides.
        before: called before each trial, with its number and the least error so far.
    """
    if not trials or not space:
        return Found({}, ())
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    fitted_on, scored_on = older_and_newer(design.sample(MOST_ROWS, options.seed), gap, INNER_SHARE)
    if not len(fitted_on):
        return Found({}, ())
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=options.seed))
    study.enqueue_trial({name: one.first for name, one in space.items()})
    best, sign = "", -1 if rule.rises else 1
    for number in range(trials):
        if before is not None:
            before(f"trial {number + 1}{best}")
        trial = study.ask()
        params = {name: range_.suggest(trial, name) for name, range_ in space.items()}
        tried = FitOptions(options.seed, options.threads, {**options.params, **params})
        fitted = estimator.fit(fitted_on, scored_on, tried)
        study.tell(trial, rule.error(measure(scored_on, predict(fitted, scored_on))))
        best = f", {rule.metric.upper()} {sign * study.best_value:,.4g} so far"
    return Found(
        params=dict(study.best_params),
        trials=tuple(
            {rule.metric: sign * float(one.value or 0.0), **one.params} for one in study.trials
        ),
    )


def older_and_newer(design: Design, gap: timedelta, share: float) -> tuple[Design, Design]:
    """Split rows by their entity time.

    Args:
        design: rows, in order of their entity time.
        gap: how long before the newer rows the older end.
        share: of the rows before the newer begin; rows of one instant are dealt at random.
    """
    times = design.columns["event_timestamp"]
    if times[0] == times[-1]:
        # Rows of one instant: none of them is older than another.
        dealt = np.random.default_rng(0).permutation(len(design))
        cut = int(len(design) * share)
        return design.take(np.sort(dealt[:cut])), design.take(np.sort(dealt[cut:]))
    start = times[int(len(design) * share)]
    before = np.array([time < start - gap for time in times], dtype=np.bool_)
    after = np.array([time >= start for time in times], dtype=np.bool_)
    return design.take(before), design.take(after)
