"""Prediction intervals by split conformal prediction: residual quantiles of unseen rows.

Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; two-sided, by group
(Mondrian). Where calibration and later rows are exchangeable, the stated level is met; the world
drifts, so the coverage on the test rows is reported beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tambo.serving.spec import Band, Interval
from training.metrics import Floats


@dataclass(frozen=True)
class IntervalRule:
    """How a model's interval is built.

    Attributes:
        level: share of labels that shall lie inside.
        group_by: column whose values get their own band; None: one band for all rows.
        least_rows: a group with fewer calibration rows uses the band of all rows.
    """

    level: float = 0.9
    group_by: str | None = None
    least_rows: int = 100


def band(label: Floats, predicted: Floats, level: float) -> Band:
    """Take the two residual quantiles, relative to the prediction, with the small-sample rank.

    With n residuals the upper end is the ceil((n + 1) * (1 + level) / 2)-th smallest, the lower
    end mirrors it; both stay inside the residuals that were seen.
    """
    residuals = np.sort((label - predicted) / predicted)
    size = len(residuals)
    rank = min(size, math.ceil((size + 1) * (1.0 + level) / 2.0))
    return Band(low=float(residuals[size - rank]), high=float(residuals[rank - 1]))


def conformal(
    label: Floats,
    predicted: Floats,
    groups: Sequence[str],
    rule: IntervalRule,
    unseen: tuple[Floats, Floats] | None = None,
) -> Interval:
    """Build a model's interval.

    Args:
        label: labels of rows that neither fitted the model nor stopped it.
        predicted: the model's answers to these rows, all above zero.
        groups: the value of `rule.group_by` of each row; anything if that is None.
        rule: level and grouping.
        unseen: labels and predictions of the grouped split, for rows without history.
    """
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    parts = {str(name): codes == code for code, name in enumerate(names)}
    if rule.group_by is None:
        parts = {}
    return Interval(
        level=rule.level,
        kind="relative",
        overall=band(label, predicted, rule.level),
        group_by=rule.group_by,
        by_group={
            name: band(label[part], predicted[part], rule.level)
            for name, part in parts.items()
            if int(part.sum()) >= rule.least_rows
        },
        unseen=None if unseen is None else band(unseen[0], unseen[1], rule.level),
    )


def ends(
    interval: Interval, predicted: Floats, groups: Sequence[str], *, seen: bool = True
) -> tuple[Floats, Floats]:
    """Return the ends of many rows' intervals, each as `Interval.bounds` gives them."""
    pairs = [
        interval.bounds(float(answer), group, seen=seen)
        for answer, group in zip(predicted, groups, strict=True)
    ]
    both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
