"""Explanations: how much worse a model gets when an input is shuffled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from training.design import Design
from training.metrics import Floats

MOST_ROWS, REPEATS = 4_000, 2


def permutation_importance(
    predict: Callable[[Design], Floats],
    design: Design,
    error: Callable[[Design, Floats], float],
    seed: int,
) -> dict[str, float]:
    """Rise of the error when one input is shuffled between rows.

    Inputs that say the same share their importance: shuffling one leaves the other.

    Args:
        predict: the model.
        design: rows that it has not seen; a sample of them is used.
        error: of answers to labelled rows; smaller is better.
        seed: which shuffles.

    Returns:
        Rise by input, in the error's unit, the greatest first.
    """
    rows = design.sample(MOST_ROWS, seed)
    random = np.random.default_rng(seed)
    before = error(rows, predict(rows))
    rises = {}
    for one in rows.inputs:
        columns = rows.positions([one.name])
        shuffled = []
        for _ in range(REPEATS):
            matrix = rows.matrix.copy()
            matrix[:, columns] = matrix[random.permutation(len(rows))][:, columns]
            found = predict(replace(rows, matrix=matrix))
            shuffled.append(error(rows, found))
        rises[one.name] = float(np.mean(shuffled)) - before
    return dict(sorted(rises.items(), key=lambda item: -item[1]))
