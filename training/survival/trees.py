"""Trees on periods: a random forest and gradient-boosted trees, one model for all horizons.

There are trees of failures, and trees of other maintenance in periods without one. With some tens
of failures, boosted trees correct proportional hazards: where they find nothing, these stand.
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
from training.survival.grown import (
    GrownBoosted,
    GrownForest,
    Periods,
    grow_boosted,
    grow_forest,
)
from training.survival.outcome import Ints
from training.survival.periods import FAILED, MAINTAINED, Layout, watched, without_gaps
from training.survival.proportional import FittedProportional, Proportional

if TYPE_CHECKING:
    from onnx import ModelProto

Grown = GrownForest | GrownBoosted
MIXED = 0.02
"""Share of the mean chance in an answer."""
MOST_ROWS = 4_000
"""Rows that trees are grown on at most, each with its periods."""
FAR = 2.0
"""Where nothing is planned, it is so many horizons away."""


class Grow(Protocol):
    """Grows trees on periods; see `grow_forest` and `grow_boosted`."""

    def __call__(
        self,
        train: Periods,
        stop: Periods,
        weight: float,
        signs: tuple[int, ...],
        options: FitOptions,
    ) -> Grown:
        """Grow them.

        Args:
            train: periods, and whether it happened.
            stop: periods on which growing in rounds ends.
            weight: of a period in which it happened.
            signs: of each column, 1 where more of it may only raise the chance, -1 lower it.
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
        begins_with: proportional hazards that trees of failures correct; None: they begin with
            nothing, as a forest must.
    """

    layout: Layout
    grow: Grow
    name: str
    begins_with: Proportional | None = None

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedTrees:
        """Grow trees of failures, and of other maintenance where none came."""
        inputs = self.layout.inputs(train.inputs)
        base = None if self.begins_with is None else self.begins_with.fit(train, stop, options)
        train, stop = (rows.sample(MOST_ROWS, options.seed) for rows in (train, stop))
        filling = _filling(train.select(inputs), self.layout)
        both = [self._watched(rows, inputs, filling, base) for rows in (train, stop)]
        failing = self._part(
            *(Periods(one.rows, classes == FAILED, one.odds) for one, classes in both),
            signs=self.layout.signs,
            options=options,
        )
        other = self._part(
            *(
                Periods(one.rows[classes != FAILED], classes[classes != FAILED] == MAINTAINED)
                for one, classes in both
            ),
            signs=None,
            options=options,
        )
        return FittedTrees(self.name, inputs, self.layout, filling, base, failing, other)

    def _watched(
        self,
        rows: Design,
        inputs: tuple[Input, ...],
        filling: NDArray[np.float32],
        base: FittedProportional | None,
    ) -> tuple[Periods, Ints]:
        """The periods that were watched of some rows, with their classes."""
        kept, classes = watched(rows.label, self.layout.intervals)
        filled = _filled(rows.select(inputs), filling)
        odds = None
        if base is not None:
            odds = base.odds_of_failure(_read_by(base, inputs, filled))[kept]
        return Periods(self.layout.periods(filled)[kept], classes == FAILED, odds), classes

    def _part(
        self,
        train: Periods,
        stop: Periods,
        *,
        signs: tuple[int, ...] | None,
        options: FitOptions,
    ) -> Part:
        """Trees of one thing; none where it never happened. With signs it is rare, and weighs."""
        share = float((train.happened.sum() + 0.5) / (len(train.happened) + 1.0))
        weight = 1.0 if signs is None else float(np.sqrt((1.0 - share) / share))
        if not train.happened.any():
            return Part(share, 1.0, None)
        free = (0,) * len(self.layout.columns)
        return Part(share, weight, self.grow(train, stop, weight, signs or free, options))


@dataclass(frozen=True)
class Part:
    """Trees of one thing that may happen.

    Attributes:
        share: of the training periods in which it did.
        weight: of these while the trees were grown.
        grown: the trees; None: it never happened, and the share is all that is known.
    """

    share: float
    weight: float
    grown: Grown | None

    def chances(self, periods: Matrix, odds: Floats | None = None) -> Floats:
        """Chance that it happens in some periods, of which trees may begin with odds: float64 [n].

        Trees that begin with odds have left the weight to them.
        """
        if self.grown is None:
            return np.full(len(periods), self.share)
        found = self.grown.chances(periods)
        begin: Floats | float = 1.0 / self.weight if odds is None else odds
        now = found * begin
        return (1.0 - MIXED) * now / (now + 1.0 - found) + MIXED * self.share

    def onnx(self, graph: Graph, periods: str, odds: str | None = None) -> str:
        """The same of periods of a graph: [n, 1]."""
        if self.grown is None:
            first = graph.constant(np.array([0], np.int64))
            none = graph.add("Gather", periods, first, axis=1)
            zero = graph.add("Mul", none, graph.constant(0.0))
            return graph.add("Add", zero, graph.constant(self.share))
        found = self.grown.onnx(graph, periods)
        begin = graph.constant(1.0 / self.weight) if odds is None else odds
        now = graph.add("Mul", found, begin)
        against = graph.add("Sub", graph.constant(1.0), found)
        as_it_is = graph.add("Div", now, graph.add("Add", now, against))
        kept = graph.add("Mul", as_it_is, graph.constant(1.0 - MIXED))
        return graph.add("Add", kept, graph.constant(MIXED * self.share))


@dataclass(frozen=True)
class FittedTrees:
    """Grown trees, with what stands before and behind them.

    Attributes:
        filling: what a missing input counts as: float32 [inputs].
        base: proportional hazards that trees of failures correct; None: there are none.
        failing: trees of failures.
        other: trees of other maintenance, of periods without failure.
    """

    name: str
    inputs: tuple[Input, ...]
    layout: Layout
    filling: NDArray[np.float32]
    base: FittedProportional | None
    failing: Part
    other: Part

    def predict(self, matrix: Matrix) -> Floats:
        """Hazards of all intervals: float64 [n, intervals * 2]."""
        filled, odds = _filled(matrix, self.filling), None
        periods = self.layout.periods(filled)
        if self.base is not None:
            odds = self.base.odds_of_failure(_read_by(self.base, self.inputs, filled))
        failing = self.failing.chances(periods, odds)
        other = (1.0 - failing) * self.other.chances(periods)
        return np.stack([failing, other], axis=1).reshape(len(matrix), -1)

    def to_onnx(self) -> ModelProto:
        """Periods, trees and what is behind them, as one graph."""
        graph = Graph(width=len(self.inputs), answers=2 * self.layout.intervals)
        filled, odds = without_gaps(graph, self.filling), None
        periods = self.layout.periods_onnx(graph, filled)
        if self.base is not None and self.failing.grown is not None:
            chosen = graph.constant(np.array(_positions(self.base, self.inputs), np.int64))
            odds = self.base.odds_onnx(graph, graph.add("Gather", filled, chosen, axis=1))
        failing = self.failing.onnx(graph, periods, odds)
        stays = graph.add("Sub", graph.constant(1.0), failing)
        other = graph.add("Mul", stays, self.other.onnx(graph, periods))
        both = graph.add("Concat", failing, other, axis=1)
        shape = graph.constant(np.array([-1, 2 * self.layout.intervals], np.int64))
        return graph.finish(graph.add("Reshape", both, shape))

    def save_native(self, folder: Path) -> None:
        """Write the trees in their own form, and the rest as JSON."""
        content: dict[str, object] = {
            "edges": self.layout.edges,
            "columns": self.layout.columns,
            "filling": self.filling.tolist(),
        }
        if self.base is not None:
            self.base.save_native(folder)
        for name, part in (("failing", self.failing), ("other", self.other)):
            content[name] = {"share": part.share, "weight": part.weight}
            if part.grown is not None:
                part.grown.save(folder, name)
        (folder / "periods.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many trees there are of either, and what a failure weighed."""
        found = {"failure_weight": self.failing.weight}
        for name, part in (("failing", self.failing), ("other", self.other)):
            if part.grown is not None:
                found |= {f"{name}_{key}": value for key, value in part.grown.summary().items()}
        return found

    def gains(self) -> dict[str, float]:
        """Mean share of the gain of both by input; columns that time moves are their input's."""
        found: dict[str, float] = {}
        grown = [part.grown for part in (self.failing, self.other) if part.grown is not None]
        for one in grown:
            for column, gain in zip(self.layout.columns, one.gains(), strict=True):
                name = column.removesuffix(" then")
                found[name] = found.get(name, 0.0) + gain / len(grown)
        return found


def forest(layout: Layout) -> PeriodTrees:
    """A random forest on periods."""
    return PeriodTrees(layout, grow_forest, "random_forest")


def boosted(layout: Layout, begins_with: Proportional) -> PeriodTrees:
    """Gradient-boosted trees on periods; those of failures correct proportional hazards."""
    return PeriodTrees(layout, grow_boosted, "xgboost", begins_with)


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


def _positions(base: FittedProportional, inputs: tuple[Input, ...]) -> list[int]:
    names = [one.name for one in inputs]
    return [names.index(one.name) for one in base.inputs]


def _read_by(base: FittedProportional, inputs: tuple[Input, ...], filled: Matrix) -> Matrix:
    """What proportional hazards read of rows, in their order."""
    return filled[:, _positions(base, inputs)]
