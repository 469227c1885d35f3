"""Proportional hazards: what a vessel's figures multiply the fleet's hazards by, for each cause.

Cox's model on grouped times: a hazard of each interval, times the exponential of a weighted sum.
With hazards constant in an interval it is a Poisson regression of the periods (Holford, The
analysis of rates and of survivorship using log-linear models, 1980); two causes are two regressions
(Prentice et al., The analysis of failure times in the presence of competing risks, 1978). The
weights have a ridge penalty, and where it is known which way a figure speaks, its weight of
failures may not say the opposite.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Input
from tambo.serving.survival import FAILURE
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import Graph
from training.survival.periods import FAILED, MAINTAINED, Layout, watched, without_gaps

if TYPE_CHECKING:
    from onnx import ModelProto

RIDGE = 3e-3
"""Penalty on weights of standardised inputs, against the mean deviance of a period."""
FEWEST = 20.0
"""Periods of the mean hazard that each interval counts as well."""
STEEPEST = 4.0
"""An input counts as at most so many standard deviations off its mean."""


@dataclass(frozen=True)
class Proportional:
    """Proportional hazards.

    Attributes:
        layout: gives the intervals.
        reads: inputs that hazards are proportional in.
        name: the estimator's name.
    """

    layout: Layout
    reads: tuple[str, ...]
    name: str = "proportional_hazards"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedProportional:
        """Fit both causes; there is nothing to stop and nothing random."""
        named = {one.name: one for one in train.inputs}
        inputs = tuple(named[name] for name in self.reads)
        rows = train.select(inputs).astype(np.float64)
        centre, spread = _standard(rows)
        intervals = self.layout.intervals
        kept, classes = watched(train.label, intervals)
        standard = _standardised(rows, centre, spread)[kept // intervals]
        signs = self.layout.signs_of(self.reads)
        fits = [
            _fit(standard, kept % intervals, intervals, classes == cause, bound)
            for cause, bound in ((FAILED, signs), (MAINTAINED, (0,) * len(signs)))
        ]
        base, weights = (np.stack(one) for one in zip(*fits, strict=True))
        return FittedProportional(self.name, inputs, self.layout, centre, spread, base, weights)


@dataclass(frozen=True)
class FittedProportional:
    """Fitted hazards.

    Attributes:
        centre: mean of each input, which a missing one counts as: float64 [inputs].
        spread: what a difference from it is divided by: float64 [inputs].
        base: logarithm of each cause's hazard by interval: float64 [2, intervals].
        weights: of each cause: float64 [2, inputs].
    """

    name: str
    inputs: tuple[Input, ...]
    layout: Layout
    centre: Floats
    spread: Floats
    base: Floats
    weights: Floats

    def predict(self, matrix: Matrix) -> Floats:
        """Hazards of all intervals: float64 [n, intervals * 2]."""
        rows = _standardised(matrix.astype(np.float64), self.centre, self.spread)
        logs = self.base.T[None] + (rows @ self.weights.T)[:, None]
        rates = np.exp(np.minimum(logs, 3.0))
        total = rates.sum(axis=2, keepdims=True)
        found: Floats = -np.expm1(-total) * rates / total
        return found.reshape(len(matrix), -1)

    def odds_of_failure(self, matrix: Matrix) -> Floats:
        """Odds of a failure in each period: float64 [n * intervals]."""
        failing = self.predict(matrix).reshape(-1, 2)[:, FAILURE]
        return np.asarray(failing / (1.0 - failing))

    def odds_onnx(self, graph: Graph, filled: str) -> str:
        """The same of rows of a graph, of which none is missing: [n * intervals, 1]."""
        first = graph.constant(np.array([FAILURE], np.int64))
        failing = graph.add("Gather", self.hazards_onnx(graph, filled), first, axis=2)
        flat = graph.add("Reshape", failing, graph.constant(np.array([-1, 1], np.int64)))
        return graph.add("Div", flat, graph.add("Sub", graph.constant(1.0), flat))

    def to_onnx(self) -> ModelProto:
        """The same as one graph."""
        graph = Graph(width=len(self.inputs), answers=2 * self.layout.intervals)
        found = self.hazards_onnx(graph, without_gaps(graph, self.centre.astype(np.float32)))
        shape = graph.constant(np.array([-1, 2 * self.layout.intervals], np.int64))
        return graph.finish(graph.add("Reshape", found, shape))

    def hazards_onnx(self, graph: Graph, filled: str) -> str:
        """Hazards of rows [n, inputs] of a graph, of which none is missing: [n, intervals, 2]."""
        off = graph.add("Sub", filled, graph.constant(self.centre))
        scaled = graph.add("Div", off, graph.constant(self.spread))
        ends = [graph.constant(one) for one in (-STEEPEST, STEEPEST)]
        rows = graph.add("Clip", scaled, *ends)
        risks = graph.add("MatMul", rows, graph.constant(self.weights.T))
        axis = graph.constant(np.array([1], np.int64))
        logs = graph.add("Add", graph.add("Unsqueeze", risks, axis), graph.constant(self.base.T))
        rates = graph.add("Exp", graph.add("Min", logs, graph.constant(3.0)))
        causes = graph.constant(np.array([2], np.int64))
        total = graph.add("ReduceSum", rates, causes, keepdims=1)
        ends_in = graph.add("Sub", graph.constant(1.0), graph.add("Exp", graph.add("Neg", total)))
        return graph.add("Div", graph.add("Mul", ends_in, rates), total)

    def save_native(self, folder: Path) -> None:
        """Write base and weights as JSON."""
        content = {
            "inputs": [one.name for one in self.inputs],
            "centre": self.centre.tolist(),
            "spread": self.spread.tolist(),
            "base": self.base.tolist(),
            "weights": self.weights.tolist(),
        }
        text = json.dumps(content, indent=1)
        (folder / "hazards.json").write_text(text + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many weights there are."""
        return {"weights": float(self.weights.size)}

    def gains(self) -> dict[str, float]:
        """None: weights of correlated inputs are no importance."""
        return {}


def _standard(rows: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(rows)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, rows, 0.0).sum(axis=0) / count
    squares = np.where(known, np.square(rows - centre), 0.0).sum(axis=0) / count
    return centre, np.where(squares > 0, np.sqrt(squares), 1.0)


def _standardised(rows: Floats, centre: Floats, spread: Floats) -> Floats:
    filled = np.where(np.isnan(rows), centre, rows)
    return np.asarray(np.clip((filled - centre) / spread, -STEEPEST, STEEPEST))


def _fit(
    rows: Floats,
    number: NDArray[np.int64],
    intervals: int,
    happened: NDArray[np.bool_],
    signs: Sequence[int],
) -> tuple[Floats, Floats]:
    """One cause: logarithms of its hazards by interval, and its weights."""
    from scipy.optimize import minimize

    overall = (happened.sum() + 0.5) / (len(happened) + 1.0)
    counts = np.bincount(number, weights=happened, minlength=intervals)
    of = np.bincount(number, minlength=intervals)
    # A few periods of the mean: an interval without an event is not one that nothing can end.
    level = np.asarray(np.log((counts + FEWEST * overall) / (of + FEWEST)), np.float64)
    if not happened.any():
        return level, np.zeros(rows.shape[1])
    # The level of an interval is known; the weights say what a row is above it.
    rate = np.exp(level[number])
    design = np.concatenate([np.ones((len(rows), 1)), rows], axis=1)

    def loss(weights: Floats) -> tuple[float, Floats]:
        sums = np.minimum(design @ weights, 20.0)
        expected = rate * np.exp(sums)
        penalty = RIDGE * np.append(0.0, weights[1:])
        value = (expected - happened * sums).sum() / rate.sum() + 0.5 * float(penalty @ weights)
        return float(value), design.T @ (expected - happened) / rate.sum() + penalty

    ends = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
    bounds = [(None, None), *(ends[sign] for sign in signs)]
    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return level + float(found.x[0]), np.asarray(found.x[1:], np.float64)
