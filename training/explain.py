"""Explanations of a model as it is served: what an input is worth, and what moves its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from training import onnx_export
from training.design import Design
from training.forecast.attribution import Attributions
from training.metrics import Floats
from training.scoring import Scored
from training.spec import ModelSpec

MOST_ROWS, REPEATS = 4_000, 2


@dataclass(frozen=True)
class Explained:
    """What is known of why a model answers as it does.

    Attributes:
        importance: rise of the error by shuffled input.
        attributions: Shapley values of test rows; None where the model declares no players.
    """

    importance: Mapping[str, float]
    attributions: Attributions | None


def explain(spec: ModelSpec, scored: Scored, rows: pa.Table, test: Design, seed: int) -> Explained:
    """Explain one model by its ONNX file.

    Args:
        spec: its declaration.
        scored: the model.
        rows: test rows with their features.
        test: the same rows, encoded.
        seed: of shuffles and samples.
    """
    session = onnx_export.open_session(scored.onnx)
    importance = permutation_importance(
        lambda some: onnx_export.answer(session, some.matrix),
        test.reading(scored.fitted.inputs),
        lambda some, answers: spec.gate.error(spec.task.measure(some, answers)),
        seed,
    )
    if spec.attributions is None:
        return Explained(importance, None)
    inputs = scored.fitted.inputs
    found = spec.attributions(
        rows, inputs, lambda matrix: onnx_export.answer(session, matrix), seed
    )
    return Explained(importance, found)


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
