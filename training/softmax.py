"""Classifiers that add up evidence: chances = softmax(constant + weights · inputs).

One form for three estimators: shares alone, naive Bayes on n-grams, and multinomial logistic
regression on n-grams and numbers, calibrated by one temperature.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tambo.serving.ngrams import EDGE, bucket
from tambo.serving.spec import Input
from training.classification import chances
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import INPUT, Graph

if TYPE_CHECKING:
    from onnx import ModelProto

MOST_STEPS = 300


@dataclass(frozen=True)
class FittedSoftmax:
    """Evidence for each class: constant and weights; missing numbers count as their mean.

    Attributes:
        name: the estimator's name.
        inputs: what it reads.
        centre: subtracted from each column, and what a missing number counts as: float64 [k].
        spread: each column is divided by it: float64 [k].
        weights: float64 [k, classes].
        constant: float64 [classes].
        temperature: evidence is divided by it (Guo et al. 2017).
    """

    name: str
    inputs: tuple[Input, ...]
    centre: Floats
    spread: Floats
    weights: Floats
    constant: Floats
    temperature: float = 1.0

    def evidence(self, matrix: Matrix) -> Floats:
        """What speaks for each class: float64 [n, classes]."""
        filled = np.where(np.isnan(matrix), self.centre, matrix)
        found: Floats = (filled - self.centre) / self.spread @ self.weights + self.constant
        return found / self.temperature

    def predict(self, matrix: Matrix) -> Floats:
        """The chances: float64 [n, classes]."""
        return softmax(self.evidence(matrix))

    def to_onnx(self) -> ModelProto:
        """One matrix product and a softmax; a model that reads nothing multiplies by zero."""
        graph = Graph(width=len(self.centre), answers=len(self.constant))
        centre, spread = graph.constant(self.centre), graph.constant(self.spread)
        filled = graph.add("Where", graph.add("IsNaN", INPUT), centre, INPUT)
        scaled = graph.add("Div", graph.add("Sub", filled, centre), spread)
        total = graph.add("MatMul", scaled, graph.constant(self.weights / self.temperature))
        evidence = graph.add("Add", total, graph.constant(self.constant / self.temperature))
        return graph.finish(graph.add("Softmax", evidence, axis=1))

    def save_native(self, folder: Path) -> None:
        """Write the weights as JSON, by input."""
        columns = [
            f"{one.name}#{number}" if one.kind == "ngrams" else one.name
            for one in self.inputs
            for number in range(one.width)
        ]
        content = {
            "temperature": self.temperature,
            "constant": self.constant.tolist(),
            "columns": {
                name: {"centre": centre, "spread": spread, "weights": weights.tolist()}
                for name, centre, spread, weights in zip(
                    columns, self.centre.tolist(), self.spread.tolist(), self.weights, strict=True
                )
            },
        }
        text = json.dumps(content, indent=1)
        (folder / "softmax.json").write_text(text + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many columns it reads, and its temperature."""
        return {"columns": float(len(self.centre)), "temperature": self.temperature}

    def gains(self) -> dict[str, float]:
        """None: weights of correlated inputs are no importance."""
        return {}


def softmax(evidence: Floats) -> Floats:
    """Turn evidence into chances: each row sums to one."""
    raised = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found


@dataclass(frozen=True)
class Shares:
    """The shares of the classes among the training rows, whatever is asked.

    Attributes:
        classes: how many there are.
        name: the estimator's name.
    """

    classes: int
    name: str = "shares"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedSoftmax:
        """Count; there is nothing to stop and nothing random."""
        counts = np.bincount(train.label.astype(np.int64), minlength=self.classes)
        # It reads one column, and gives it no weight: a graph has an input.
        inputs = next(([one] for one in train.inputs if one.width == 1), [train.inputs[0]])
        width = sum(one.width for one in inputs)
        return FittedSoftmax(
            self.name,
            tuple(inputs),
            centre=np.zeros(width),
            spread=np.ones(width),
            weights=np.zeros((width, self.classes)),
            constant=np.log(chances(counts.tolist())),
        )


@dataclass(frozen=True)
class NaiveBayes:
    """Bernoulli naive Bayes on the n-grams of a text.

    Attributes:
        text: the input with the n-grams.
        classes: how many classes there are.
        name: the estimator's name.
    """

    text: str
    classes: int
    name: str = "naive_bayes"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedSoftmax:
        """Count how often each class has each run of letters, and calibrate on the stop rows."""
        inputs = tuple(one for one in train.inputs if one.name == self.text)
        has = train.select(inputs).astype(np.float64)
        label = train.label.astype(np.int64)
        sizes = np.bincount(label, minlength=self.classes)
        counts = np.stack([has[label == one].sum(axis=0) for one in range(self.classes)])
        share = (counts + 1.0) / (sizes[:, None] + 2.0)
        width = has.shape[1]
        fitted = FittedSoftmax(
            self.name,
            inputs,
            centre=np.zeros(width),
            spread=np.ones(width),
            weights=(np.log(share) - np.log1p(-share)).T,
            constant=np.log(chances(sizes.tolist())) + np.log1p(-share).sum(axis=1),
        )
        return silent_without_text(calibrated(fitted, stop), chances(sizes.tolist()))


@dataclass(frozen=True)
class Logistic:
    """Multinomial logistic regression with a ridge penalty, on n-grams and standardised numbers.

    Attributes:
        classes: how many classes there are.
        penalty: weight of the ridge; the search may vary it.
        name: the estimator's name.
    """

    classes: int
    penalty: float = 3.0
    name: str = "logistic"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedSoftmax:
        """Fit the weights, then the temperature on the stop rows."""
        from scipy.sparse import csr_matrix
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        matrix = train.matrix.astype(np.float64)
        known = ~np.isnan(matrix)
        counts = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, matrix, 0.0).sum(axis=0) / counts
        spread = np.sqrt(np.where(known, np.square(matrix - centre), 0.0).sum(axis=0) / counts)
        runs = train.positions([one.name for one in train.inputs if one.kind == "ngrams"])
        # A rare run of letters is no stronger evidence than a frequent one.
        centre[runs], spread[runs] = 0.0, 1.0
        spread = np.where(spread > 0, spread, 1.0)
        scaled = (np.where(known, matrix, centre) - centre) / spread
        label = train.label.astype(np.int64)
        model = LogisticRegression(
            C=1.0 / options.params.get("penalty", self.penalty), max_iter=MOST_STEPS
        )
        # Threads wait for each other longer than such small sums take.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            # A name has some thirty of thousands of runs.
            model.fit(csr_matrix(scaled), label)
        weights, constant = self._spread_out(model.coef_, model.intercept_, model.classes_)
        fitted = FittedSoftmax(self.name, train.inputs, centre, spread, weights, constant)
        shares = chances(np.bincount(label, minlength=self.classes).tolist())
        return silent_without_text(calibrated(fitted, stop), shares)

    def _spread_out(
        self, coefficients: Floats, constant: Floats, seen: Floats
    ) -> tuple[Floats, Floats]:
        """Weights of all classes: with two, scikit-learn fits one; of some there may be no row."""
        if len(seen) == 2:
            coefficients = np.concatenate([-coefficients, coefficients]) / 2.0
            constant = np.concatenate([-constant, constant]) / 2.0
        weights = np.zeros((coefficients.shape[1], self.classes))
        level = np.full(self.classes, -20.0)
        for at, one in enumerate(seen.astype(np.int64)):
            weights[:, one], level[one] = coefficients[at], constant[at]
        return weights, level


def calibrated(fitted: FittedSoftmax, rows: Design) -> FittedSoftmax:
    """Find the temperature with the least log loss on rows that the model was not fitted on."""
    from scipy.optimize import minimize_scalar

    evidence = fitted.evidence(rows.select(fitted.inputs))
    label = rows.label.astype(np.int64)

    def loss(log_temperature: float) -> float:
        found = softmax(evidence / np.exp(log_temperature))
        return float(-np.log(np.maximum(found[np.arange(len(label)), label], 1e-12)).mean())

    best = minimize_scalar(loss, bounds=(-3.0, 5.0), method="bounded")
    return replace(fitted, temperature=float(np.exp(best.x)))


def silent_without_text(fitted: FittedSoftmax, shares: Floats) -> FittedSoftmax:
    """Let the shares of the classes speak where there is no text, and nothing else of it.

    Training rows have texts, so the constant tells nothing of rows without: it would name a class
    for somebody of whom nothing is known. Every text has the run before its first letter. What the
    constant said moves to the weight of that run, so answers to rows with a text stay the same.

    Args:
        fitted: reads at most one text.
        shares: of the classes: float64 [classes].
    """
    start = 0
    for one in fitted.inputs:
        if one.buckets is not None:
            constant = fitted.temperature * np.log(shares)
            weights = fitted.weights.copy()
            weights[start + bucket(EDGE, one.buckets)] += fitted.constant - constant
            return replace(fitted, weights=weights, constant=constant)
        start += one.width
    return fitted
