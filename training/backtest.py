"""Backtest: what an earlier fit answered to training rows that it had not seen.

A model that was fitted long ago is less sure than one of yesterday, and a calibration of some weeks
knows nothing of the rest of the year. So an estimator is fitted once more, on the older training
rows alone, and its answers to the newer ones size the intervals too.

Tashman, Out-of-sample tests of forecasting accuracy, 2000.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from training.design import Design, stack
from training.estimators import Estimator, FitOptions, predict
from training.metrics import Floats
from training.search import older_and_newer


@dataclass(frozen=True)
class Answered:
    """Rows with the answers of a model that was not fitted on them."""

    rows: Design
    answers: Floats

    def with_those_of(self, other: Answered) -> Answered:
        """Both, these first."""
        answers = np.concatenate([self.answers, other.answers])
        return Answered(stack([self.rows, other.rows]), answers)


@dataclass(frozen=True)
class Backtest:
    """How a model is backtested.

    Attributes:
        share: of the training rows, the oldest, that the earlier fit learns from.
        one_in: of so many of the newer ones it answers one; some are drawn at random.
        least_rows: fewer to learn from make a fit that says nothing of one on all of them.
    """

    share: float = 0.5
    one_in: int = 7
    least_rows: int = 100

    def answer(
        self, estimator: Estimator, train: Design, gap: timedelta, options: FitOptions
    ) -> Answered | None:
        """Fit on the older rows, and answer some of the newer.

        Args:
            estimator: what is fitted.
            train: training rows, in order of their entity time.
            gap: how long before the newer rows the older end.
            options: of the fit; where it goes in rounds, with their number.

        Returns:
            None where too few rows are older than the newer ones and the gap before them.
        """
        older, newer = older_and_newer(train, gap, self.share)
        if len(older) < self.least_rows:
            return None
        fitted = estimator.fit(older, newer, options)
        # At random: every so many-th row could be of the same series each time.
        rows = newer.sample(max(1, len(newer) // self.one_in), options.seed)
        return Answered(rows, predict(fitted, rows))
