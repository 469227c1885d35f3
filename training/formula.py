"""A log-linear formula of the target, one for each pattern of what is known.

log target = constant + one effect a category + a weight for each number or its logarithm. A row is
answered by the first pattern whose required input is known: so a request with history leans on its
history, and one without is not dragged down by weights that were meant for it (pattern submodels:
Fletcher Mercaldo and Blume, Missing data and prediction, Biostatistics 2020). Numbers missing
within a pattern get a weight of their own. The weights are found by ridge regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Input
from training.design import Design, Matrix
from training.metrics import Floats
from training.onnx_export import Graph

LEAST_LABEL = 0.01
"""Labels below this count as this: a logarithm needs something above zero."""

RIDGE = 30.0
"""Penalty on standardised inputs and on category effects, as if so many rows spoke against each.

A few routes have thousands of rows each, so that their places would otherwise be learnt by heart.
Two sets of fares gave the same error with 1, 30 and 100 on known routes, less with 30 on new ones.
"""


@dataclass(frozen=True)
class Pattern:
    """What a row must have, and what its formula reads.

    Attributes:
        requires: the input that must be known; None for the last pattern, which takes every row.
        logs: numbers that enter as logarithms (prices, counts, distances); below 1 count as 1.
        numbers: numbers that enter as they are.
        categories: categories that each have an effect.
    """

    requires: str | None
    logs: tuple[str, ...]
    numbers: tuple[str, ...]
    categories: tuple[str, ...]


def names(patterns: Sequence[Pattern]) -> set[str]:
    """All inputs that some patterns read."""
    required = {one.requires for one in patterns if one.requires is not None}
    read = {name for one in patterns for name in (*one.logs, *one.numbers, *one.categories)}
    return required | read


@dataclass(frozen=True)
class _Weights:
    """One pattern's fitted formula; positions are those of the formula's inputs."""

    requires: int | None
    constant: float
    positions: tuple[int, ...]
    logged: tuple[bool, ...]
    centres: tuple[float, ...]
    slopes: tuple[float, ...]
    missing: tuple[float, ...]
    categories: tuple[int, ...]
    effects: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Formula:
    """Fitted formulas, in the order in which a row tries them.

    Attributes:
        inputs: the inputs, in the order of the matrix.
        patterns: weights by pattern.
        low: least logarithm that is answered; an extrapolation ends here.
        high: greatest logarithm that is answered.
    """

    inputs: tuple[Input, ...]
    patterns: tuple[_Weights, ...]
    low: float
    high: float

    def log_target(self, matrix: Matrix) -> Floats:
        """Evaluate the formula: float64 [n]."""
        result = np.full(len(matrix), np.nan)
        left = np.ones(len(matrix), dtype=np.bool_)
        for weights in self.patterns:
            mine = left.copy()
            if weights.requires is not None:
                mine &= ~np.isnan(matrix[:, weights.requires])
            result[mine] = _evaluate(weights, matrix[mine].astype(np.float64))
            left &= ~mine
        return np.asarray(np.clip(result, self.low, self.high))

    def log_target_onnx(self, graph: Graph) -> str:
        """Add the formula to a graph: [n, 1]."""
        result = _evaluate_onnx(self.patterns[-1], graph)
        for weights in reversed(self.patterns[:-1]):
            required = graph.columns([weights.requires or 0])
            unknown = graph.add("IsNaN", required)
            result = graph.add("Where", unknown, result, _evaluate_onnx(weights, graph))
        return self.bound_onnx(graph, result)

    def bound_onnx(self, graph: Graph, logarithms: str) -> str:
        """Add the bounds to a graph, around any logarithm of the target."""
        return graph.add("Clip", logarithms, graph.constant(self.low), graph.constant(self.high))

    def as_json(self) -> dict[str, Any]:
        """The native form: all that is needed to evaluate it again."""
        found = asdict(self)
        found["inputs"] = [one.model_dump(mode="json") for one in self.inputs]
        return found


def fit(design: Design, patterns: Sequence[Pattern]) -> Formula:
    """Fit one formula a pattern, each on all rows that have what it requires.

    Args:
        design: training rows; labels above zero.
        patterns: from the one that requires most to the one that requires nothing.
    """
    log_label = log_of(design.label)
    return Formula(
        inputs=design.inputs,
        patterns=tuple(_fit_pattern(design, log_label, pattern) for pattern in patterns),
        # Nothing beyond e times the range that was seen.
        low=float(log_label.min()) - 1.0,
        high=float(log_label.max()) + 1.0,
    )


def log_of(label: Floats) -> Floats:
    """Logarithm of labels."""
    return np.asarray(np.log(np.maximum(label, LEAST_LABEL)))


def _fit_pattern(design: Design, log_label: Floats, pattern: Pattern) -> _Weights:
    from sklearn.linear_model import Ridge

    requires = None if pattern.requires is None else design.positions([pattern.requires])[0]
    rows = np.ones(len(design), dtype=np.bool_)
    if requires is not None and not np.isnan(design.matrix[:, requires]).all():
        rows = ~np.isnan(design.matrix[:, requires])
    matrix, label = design.matrix[rows].astype(np.float64), log_label[rows]

    positions = design.positions([*pattern.logs, *pattern.numbers])
    logged = np.arange(len(positions)) < len(pattern.logs)
    values = _transform(matrix[:, positions], logged)
    unknown = np.isnan(values)
    known = np.maximum((~unknown).sum(axis=0), 1)
    centres = np.where(unknown, 0.0, values).sum(axis=0) / known
    centred = np.where(unknown, 0.0, values - centres)
    scales = np.sqrt(np.square(centred).sum(axis=0) / known)
    scales[scales < 1e-12] = 1.0

    categories = design.positions(pattern.categories)
    blocks = [centred / scales, unknown.astype(np.float64)]
    blocks += [
        _one_hot(matrix[:, at], len(design.inputs[at].vocabulary or ())) for at in categories
    ]
    ridge = Ridge(alpha=RIDGE, solver="cholesky").fit(np.hstack(blocks), label)
    weights = np.asarray(ridge.coef_, dtype=np.float64)
    # Duan's smearing (1983): the mean of the target, not its median, belongs to a squared error.
    smear = float(np.log(np.mean(np.exp(label - ridge.predict(np.hstack(blocks))))))
    parts = np.split(weights, np.cumsum([block.shape[1] for block in blocks])[:-1])
    return _Weights(
        requires=requires,
        constant=float(ridge.intercept_) + smear,
        positions=tuple(positions),
        logged=tuple(bool(flag) for flag in logged),
        centres=tuple(map(float, centres)),
        slopes=tuple(map(float, parts[0] / scales)),
        missing=tuple(map(float, parts[1])),
        categories=tuple(categories),
        # Row 0 is the unknown category: no effect.
        effects=tuple((0.0, *map(float, part)) for part in parts[2:]),
    )


def _transform(values: Floats, logged: NDArray[np.bool_]) -> Floats:
    return np.where(logged, np.log(np.maximum(values, 1.0)), values)


def _one_hot(codes: Floats, size: int) -> Floats:
    return np.asarray(codes[:, None] == np.arange(size), dtype=np.float64)


def _evaluate(weights: _Weights, matrix: Floats) -> Floats:
    values = _transform(matrix[:, weights.positions], np.asarray(weights.logged, dtype=np.bool_))
    terms = (values - np.asarray(weights.centres)) * np.asarray(weights.slopes)
    result = weights.constant + np.where(np.isnan(values), np.asarray(weights.missing), terms).sum(
        1
    )
    for position, effects in zip(weights.categories, weights.effects, strict=True):
        result += np.asarray(effects)[matrix[:, position].astype(np.int64) + 1]
    return np.asarray(result)


def _evaluate_onnx(weights: _Weights, graph: Graph) -> str:
    def row(values: Sequence[float] | Sequence[bool]) -> str:
        return graph.constant(np.asarray(values)[None, :])

    columns = graph.columns(list(weights.positions))
    unknown = graph.add("IsNaN", columns)
    # A one stands in for what is unknown: its logarithm exists, and the term is thrown away.
    filled = graph.add("Where", unknown, graph.constant(1.0), columns)
    logarithm = graph.add("Log", graph.add("Max", filled, graph.constant(1.0)))
    values = graph.add("Where", row(weights.logged), logarithm, filled)
    centred = graph.add("Sub", values, row(weights.centres))
    terms = graph.add("Mul", centred, row(weights.slopes))
    terms = graph.add("Where", unknown, row(weights.missing), terms)
    axis = graph.constant(np.asarray([1], dtype=np.int64))
    result = graph.add("ReduceSum", terms, axis, keepdims=1)
    result = graph.add("Add", result, graph.constant(weights.constant))
    for position, effects in zip(weights.categories, weights.effects, strict=True):
        table = np.asarray(effects)[:, None]
        result = graph.add("Add", result, graph.table(table, graph.codes(position)))
    return result
