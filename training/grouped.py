"""Grouped split: how well a model answers for groups that it has never seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.design import Design
from training.estimators import Estimator, FitOptions, predict
from training.metrics import Floats
from training.spec import Grouping
from training.splits import group_folds
from training.task import Measure

FOLDS = 5
MOST_ROWS, MOST_ROUNDS = 12_000, 200
"""A grouped split fits a model a fold: on fewer rows and rounds than the model itself."""


@dataclass(frozen=True)
class Unseen:
    """Scores of one estimator on groups that it has not seen, all folds together.

    Attributes:
        metrics: by variant of the grouping; "" is the grouping itself.
        label: labels of all rows that were scored.
        predicted: predictions of the grouping itself.
    """

    metrics: dict[str, dict[str, float]]
    label: Floats
    predicted: Floats


def score_unseen(
    estimator: Estimator,
    train: Design,
    stop: Design,
    test: Design,
    grouping: Grouping,
    options: FitOptions,
    measure: Measure,
) -> Unseen:
    """Hold each group out once: fit without its rows, score its test rows without its history.

    Args:
        estimator: what is fitted.
        train: training rows.
        stop: rows on which fitting stops.
        test: rows that are scored; newer than the others.
        grouping: groups, and what is not known of an unseen one.
        options: seed, threads and parameters.
        measure: metrics of the answers.
    """
    train, stop, test = (part.sample(MOST_ROWS, options.seed) for part in (train, stop, test))
    train_of, stop_of, test_of = (
        np.array(grouping.groups(part), dtype=object) for part in (train, stop, test)
    )
    cases = {"": grouping.missing} | {
        name: (*grouping.missing, *more) for name, more in grouping.variants.items()
    }
    answers: dict[str, Floats] = {}
    rounds = None if options.rounds is None else min(options.rounds, MOST_ROUNDS)
    for held in group_folds([*train_of, *test_of], FOLDS, options.seed):
        scored = np.isin(test_of, list(held))
        if not scored.any():
            continue
        fitted = estimator.fit(
            train.take(~np.isin(train_of, list(held))),
            stop.take(~np.isin(stop_of, list(held))),
            replace(options, rounds=rounds),
        )
        for name, missing in cases.items():
            found = predict(fitted, test.take(scored).without(missing))
            whole = answers.setdefault(name, np.full((len(test), *found.shape[1:]), np.nan))
            whole[scored] = found
    return Unseen(
        metrics={name: measure(test, found) for name, found in answers.items()},
        label=test.label,
        predicted=answers[""],
    )
