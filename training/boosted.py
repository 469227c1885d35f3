"""Gradient-boosted trees on what a log-linear formula leaves over.

target = exp(formula + trees). The formula carries what multiplies (class, agency, places,
distance, the level of past prices), so that the trees need not approximate it by steps, and a
route that nobody has flown gets the formula's answer; the trees add what the formula cannot say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tambo.serving.spec import Input
from training import formula
from training.coldstart import Missing, augment
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.formula import Formula, Pattern
from training.metrics import Floats
from training.onnx_export import Graph

if TYPE_CHECKING:
    from onnx import ModelProto
    from xgboost import Booster, DMatrix

PARAMS = {
    "max_depth": 6,
    "learning_rate": 0.08,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "reg_lambda": 1.0,
}
"""Parameters that the search did not set; the search tries these first."""

PATIENCE = 30
"""Rounds without gain on the stopping rows after which fitting ends."""


@dataclass(frozen=True)
class Boosted:
    """xgboost on the logarithm of the ratio of label and formula.

    Attributes:
        patterns: what the formula reads.
        spread: categories that the trees read as one column a category; the other categories
            they read as codes.
        leave_out: inputs that neither formula nor trees read.
        cold: ways in which history can be missing, of which copies are added for the trees.
        most_rounds: rounds at most.
        most_rows: training rows at most, drawn at random, before the copies.
        name: the estimator's name.
    """

    patterns: Sequence[Pattern]
    spread: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    cold: Sequence[Missing] = ()
    most_rounds: int = 1200
    most_rows: int = 150_000
    name: str = "xgboost"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedBoosted:
        """Fit the formula on the rows, then the trees on the rows and their cold copies."""
        from xgboost import train as boost

        rows = train.without_inputs(self.leave_out)
        base = formula.fit(rows, self.patterns)
        view = _TreeView(rows.inputs, self.spread)
        warm = rows.sample(self.most_rows, options.seed)
        seen = view.data(augment(warm, self.cold, options.seed), base, options.threads)
        watched = augment(stop.without_inputs(self.leave_out), self.cold, options.seed + 1)
        early = {} if options.rounds else {"early_stopping_rounds": PATIENCE}
        booster = boost(
            {
                **PARAMS,
                **options.params,
                "objective": "reg:squarederror",
                "base_score": 0.0,
                "tree_method": "hist",
                "seed": options.seed,
                "nthread": options.threads,
            },
            seen,
            num_boost_round=options.rounds or self.most_rounds,
            evals=[(view.data(watched, base, options.threads), "stop")],
            verbose_eval=False,
            **early,
        )
        best = options.rounds or booster.best_iteration + 1
        return FittedBoosted(self.name, rows.inputs, base, self.spread, booster[:best])


@dataclass(frozen=True)
class _TreeView:
    """How the trees see a matrix: spread categories as one column each, at the end."""

    inputs: tuple[Input, ...]
    spread: tuple[str, ...]

    @property
    def kept(self) -> list[int]:
        """Positions of the inputs that the trees read as they are."""
        return [at for at, one in enumerate(self.inputs) if one.name not in self.spread]

    @property
    def spread_at(self) -> list[int]:
        """Positions of the inputs that are spread."""
        return [at for at, one in enumerate(self.inputs) if one.name in self.spread]

    def names(self) -> list[str]:
        """The input behind each column of the trees."""
        columns = [self.inputs[at].name for at in self.kept]
        for at in self.spread_at:
            columns += [self.inputs[at].name] * self.size(at)
        return columns

    def size(self, position: int) -> int:
        """How many columns a spread category has."""
        return len(self.inputs[position].vocabulary or ())

    def table(self, position: int) -> Matrix:
        """Columns by code; row 0, the unknown category, is all zero."""
        return np.eye(self.size(position) + 1, self.size(position), k=-1, dtype=np.float32)

    def expand(self, matrix: Matrix) -> Matrix:
        """Columns of the trees from columns of the inputs."""
        parts = [matrix[:, self.kept]]
        parts += [self.table(at)[matrix[:, at].astype(np.int64) + 1] for at in self.spread_at]
        return np.hstack(parts)

    def expand_onnx(self, graph: Graph) -> str:
        """Add the expansion to a graph."""
        parts = [graph.columns(self.kept)]
        parts += [graph.table(self.table(at), graph.codes(at)) for at in self.spread_at]
        return graph.add("Concat", *parts, axis=1)

    def data(self, design: Design, base: Formula, threads: int) -> DMatrix:
        """What xgboost fits: expanded rows, and what the formula leaves over."""
        from xgboost import DMatrix

        left = formula.log_of(design.label) - base.log_target(design.matrix)
        return DMatrix(self.expand(design.matrix), label=left, nthread=threads)


@dataclass(frozen=True)
class FittedBoosted:
    """A formula and the trees that correct it."""

    name: str
    inputs: tuple[Input, ...]
    formula: Formula
    spread: tuple[str, ...]
    booster: Booster

    @property
    def _view(self) -> _TreeView:
        return _TreeView(self.inputs, self.spread)

    def predict(self, matrix: Matrix) -> Floats:
        """Evaluate formula and trees: float64 [n]."""
        trees = self.booster.inplace_predict(self._view.expand(matrix))
        return np.exp(self._bounded(self.formula.log_target(matrix) + trees.astype(np.float64)))

    def _bounded(self, logarithms: Floats) -> Floats:
        return np.clip(logarithms, self.formula.low, self.formula.high)

    def to_onnx(self) -> ModelProto:
        """The formula's graph and xgboost's trees in one."""
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        graph = Graph(width=len(self.inputs))
        width = len(self._view.names())
        converted = convert_xgboost(
            self.booster, initial_types=[("rows", FloatTensorType([None, width]))]
        )
        trees = converted.graph.node[0]
        trees.input[0], trees.output[0] = self._view.expand_onnx(graph), "trees"
        graph.nodes.append(trees)
        total = graph.add("Add", self.formula.log_target_onnx(graph), "trees")
        return graph.finish(graph.add("Exp", self.formula.bound_onnx(graph, total)))

    def save_native(self, folder: Path) -> None:
        """Write the trees as xgboost's own .ubj, and the formula as JSON."""
        self.booster.save_model(folder / "trees.ubj")
        content = {**self.formula.as_json(), "tree_columns": self._view.names()}
        (folder / "formula.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"rounds": float(self.booster.num_boosted_rounds())}

    def gains(self) -> dict[str, float]:
        """Share of the trees' gain by input: of the correction, not of the formula."""
        found: dict[str, float] = {}
        total = self.booster.get_score(importance_type="total_gain")
        for column, name in enumerate(self._view.names()):
            found[name] = found.get(name, 0.0) + float(total.get(f"f{column}", 0.0))
        whole = sum(found.values()) or 1.0
        return {name: gain / whole for name, gain in found.items()}
