"""Behaviour tests: invariance, direction, minimum function.

Ribeiro et al., Beyond Accuracy: Behavioral Testing of NLP Models with CheckList, ACL 2020. A model
can be right on average and still answer nonsense; each test states what must never happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from training.design import Design, Rows
from training.gate import Check
from training.metrics import Floats

Predict = Callable[[Design], Floats]
"""A model as its callers see it: its answers to some rows."""


def positive(predict: Predict, designs: Sequence[Design]) -> Check:
    """Minimum function: every row gets a finite answer above zero, whatever is missing."""
    least = min(float(np.nan_to_num(predict(one), nan=-np.inf).min()) for one in designs)
    finite = all(bool(np.isfinite(predict(one)).all()) for one in designs)
    return Check("positive", finite and least > 0.0, least, 0.0, "least prediction")


def invariant(
    name: str,
    predict: Predict,
    design: Design,
    names: Sequence[str],
    *,
    tolerance: float,
    seed: int = 0,
) -> Check:
    """Invariance: exchanging some inputs between rows hardly moves the answer.

    Args:
        name: name of the check.
        predict: the model.
        design: rows; each gets the inputs of another, drawn at random.
        names: inputs that are exchanged together.
        tolerance: largest mean change, as a share of the answer.
        seed: which exchange.
    """
    positions = design.positions(names)
    order = np.random.default_rng(seed).permutation(len(design))
    matrix = design.matrix.copy()
    matrix[:, positions] = matrix[order][:, positions]
    before, after = predict(design), predict(replace(design, matrix=matrix))
    moved = float((np.abs(after - before) / before).mean())
    says = "mean relative change when exchanged between rows"
    return Check(name, moved <= tolerance, moved, tolerance, says)


def rises(
    name: str,
    predict: Predict,
    design: Design,
    lower: Mapping[str, float],
    higher: Mapping[str, float],
    *,
    share: float,
) -> Check:
    """Direction: the same rows are not cheaper with one setting than with another.

    Args:
        name: name of the check.
        predict: the model.
        design: rows.
        lower: encoded values by input, of the setting that must not be dearer.
        higher: the other setting.
        share: least share of the rows of which this must hold.
    """
    low, high = (predict(_with(design, values)) for values in (lower, higher))
    held = float((high >= low).mean())
    return Check(name, held >= share, held, share, "share of rows in the right order")


def dearer_on_average(
    name: str,
    predict: Predict,
    design: Design,
    group: Sequence[str],
    lower: Rows,
    higher: Rows,
    *,
    share: float,
) -> Check:
    """Direction, with each row's own history: in a group, some rows cost more than others.

    Args:
        name: name of the check.
        predict: the model.
        design: rows.
        group: the group of each row, for example its route.
        lower: mask of the rows that must cost less on average.
        higher: mask of the rows that must cost more.
        share: least share of the groups, of those with both kinds, of which this must hold.
    """
    prices = predict(design)
    _, codes = np.unique(np.asarray(group, dtype=str), return_inverse=True)
    means = []
    for mask in (lower, higher):
        count = np.bincount(codes[mask], minlength=codes.max() + 1)
        total = np.bincount(codes[mask], weights=prices[mask], minlength=codes.max() + 1)
        means.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    both = ~np.isnan(means[0]) & ~np.isnan(means[1])
    # Without a group that has both kinds there is nothing that could be wrong.
    held = float((means[1] > means[0])[both].mean()) if both.any() else 1.0
    return Check(name, held >= share, held, share, f"share of {int(both.sum())} groups")


def _with(design: Design, values: Mapping[str, float]) -> Design:
    matrix = design.matrix.copy()
    for position, value in zip(design.positions(list(values)), values.values(), strict=True):
        matrix[:, position] = value
    return replace(design, matrix=matrix)
