"""Trees on periods: a random forest and gradient-boosted trees, one model for all horizons.

Failures are rare, so their periods weigh more while trees are grown. What the weight does to the
chances is undone on the odds (Elkan, The foundations of cost-sensitive learning, 2001); nothing is
drawn twice. Chances are mixed with a little of the mean: no leaf knows that something never is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Input
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import Graph
from training.survival.grown import GrownBoosted, GrownForest, grow_boosted, grow_forest
from training.survival.periods import (
    FAILED,
    Layout,
    as_answers,
    as_answers_onnx,
    periods_of,
    without_gaps,
)

if TYPE_CHECKING:
    from onnx import ModelProto

MIXED = 0.02
"""Share of the mean chances in an answer."""
MOST_ROWS = 4_000
"""Rows that trees are grown on at most, each with its periods."""
FAR = 2.0
"""Where nothing is planned, it is so many horizons away."""


class Grow(Protocol):
    """Grows trees on periods; see `grow_forest` and `grow_boosted`."""

    def __call__(
        self,
        train: tuple[Matrix, NDArray[np.int64]],
        stop: tuple[Matrix, NDArray[np.int64]],
        weight: float,
        options: FitOptions,
    ) -> GrownForest | GrownBoosted:
        """Grow them.

        Args:
            train: periods and their classes.
            stop: periods on which growing in rounds ends.
            weight: of a failure.
            options: of the fit.
        """
        ...


@dataclass(frozen=True)
class PeriodTrees:
    """Trees on periods.

    Attributes:
        layout: what periods are made of.
        grow: how trees are grown.
        name: the estimator's name.
    """

    layout: Layout
    grow: Grow
    name: str

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedTrees:
        """Grow trees on the watched periods of the training rows."""
        inputs = self.layout.inputs(train.inputs)
        train, stop = (rows.sample(MOST_ROWS, options.seed) for rows in (train, stop))
        filling = _filling(train.select(inputs), self.layout)
        fitted_on, stops_on = (
            periods_of(rows, self.layout, _filled(rows.select(inputs), filling))
            for rows in (train, stop)
        )
        counts = np.bincount(fitted_on[1], minlength=3).astype(np.float64) + 1.0
        shares = np.asarray(counts / counts.sum(), np.float64)
        weight = float(np.sqrt(shares[0] / shares[FAILED]))
        grown = self.grow(fitted_on, stops_on, weight, options)
        return FittedTrees(self.name, inputs, self.layout, filling, shares, weight, grown)


@dataclass(frozen=True)
class FittedTrees:
    """Grown trees, with what stands before and behind them.

    Attributes:
        filling: what a missing input counts as: float32 [inputs].
        shares: of the classes among the training periods: float64 [3].
        weight: of a failure while the trees were grown.
        grown: the trees.
    """

    name: str
    inputs: tuple[Input, ...]
    layout: Layout
    filling: NDArray[np.float32]
    shares: Floats
    weight: float
    grown: GrownForest | GrownBoosted

    def _odds(self) -> NDArray[np.float32]:
        return np.array([[1.0, 1.0 / self.weight, 1.0]], np.float32)

    def predict(self, matrix: Matrix) -> Floats:
        """Hazards of all intervals: float64 [n, intervals * 2]."""
        odds = self.grown.chances(self.layout.periods(_filled(matrix, self.filling))) * self._odds()
        chances = odds / odds.sum(axis=1, keepdims=True)
        mixed = (1.0 - MIXED) * chances + MIXED * self.shares
        return as_answers(mixed, self.layout.intervals)

    def to_onnx(self) -> ModelProto:
        """Periods, trees and what is behind them, as one graph."""
        graph = Graph(width=len(self.inputs), answers=2 * self.layout.intervals)
        rows = without_gaps(graph, self.filling)
        grown = self.grown.onnx(graph, self.layout.periods_onnx(graph, rows))
        odds = graph.add("Mul", grown, graph.constant(self._odds()))
        axis = graph.constant(np.array([1], np.int64))
        chances = graph.add("Div", odds, graph.add("ReduceSum", odds, axis, keepdims=1))
        kept = graph.add("Mul", chances, graph.constant(1.0 - MIXED))
        mixed = graph.add("Add", kept, graph.constant(MIXED * self.shares[None, :]))
        return graph.finish(as_answers_onnx(graph, mixed, self.layout.intervals))

    def save_native(self, folder: Path) -> None:
        """Write the trees in their own form, and the rest as JSON."""
        self.grown.save(folder)
        content = {
            "edges": self.layout.edges,
            "columns": self.layout.columns,
            "filling": self.filling.tolist(),
            "shares": self.shares.tolist(),
            "weight": self.weight,
        }
        (folder / "periods.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many trees or rounds there are, and what a failure weighed."""
        return {**self.grown.summary(), "weight": self.weight}

    def gains(self) -> dict[str, float]:
        """Share of the trees' gain by column of a period, with those that time moves."""
        gains = self.grown.gains(len(self.layout.columns))
        found: dict[str, float] = {}
        for name, gain in zip(self.layout.columns, gains, strict=True):
            found[name.removesuffix(" then")] = found.get(name.removesuffix(" then"), 0.0) + gain
        return found


def forest(layout: Layout) -> PeriodTrees:
    """A random forest on periods."""
    return PeriodTrees(layout, grow_forest, "random_forest")


def boosted(layout: Layout) -> PeriodTrees:
    """Gradient-boosted trees on periods."""
    return PeriodTrees(layout, grow_boosted, "xgboost")


def _filling(rows: Matrix, layout: Layout) -> NDArray[np.float32]:
    """Medians of the training rows; what lies ahead is far where nothing is known of it."""
    known = ~np.isnan(rows)
    medians = [
        np.median(column[there]) if there.any() else 0.0
        for column, there in zip(rows.T, known.T, strict=True)
    ]
    far = FAR * layout.edges[-1]
    filled = [
        far if name in layout.down else m for name, m in zip(layout.reads, medians, strict=True)
    ]
    return np.array(filled, np.float32)


def _filled(rows: Matrix, filling: NDArray[np.float32]) -> Matrix:
    return np.where(np.isnan(rows), filling, rows)
