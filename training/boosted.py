"""Gradient-boosted trees on what a log-linear formula leaves over.

target = exp(formula + trees). The formula carries what multiplies (class, agency, places,
distance, the level of past prices), so that the trees need not approximate it by steps. The trees
add what the formula cannot say, and read only what a model names: a tree that reads history learns
the routes of the training rows by heart, and one that does not works for routes nobody has flown.
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
    # More than the days of a year, so that each day can be told from the next.
    "max_bin": 512,
}
"""Parameters that the search did not set; the search tries these first."""

PATIENCE = 30
"""Rounds without gain on the stopping rows after which fitting ends."""


@dataclass(frozen=True)
class Boosted:
    """xgboost on the logarithm of the ratio of label and formula.

    Attributes:
        patterns: what the formula reads.
        reads: what the trees read; categories as their codes.
        most_rounds: rounds at most.
        most_rows: training rows at most, drawn at random; the formula is fitted on all.
        name: the estimator's name.
    """

    patterns: Sequence[Pattern]
    reads: tuple[str, ...]
    most_rounds: int = 1200
    most_rows: int = 100_000
    name: str = "xgboost"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedBoosted:
        """Fit the formula, then the trees until they gain nothing on the stopping rows."""
        from xgboost import train as boost

        names = {*formula.names(self.patterns), *self.reads}
        inputs = tuple(one for one in train.inputs if one.name in names)
        train, stop = train.reading(inputs), stop.reading(inputs)
        base = formula.fit(train, self.patterns)
        reads = tuple(train.positions([one.name for one in inputs if one.name in self.reads]))
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
            _left_over(train.sample(self.most_rows, options.seed), base, reads),
            num_boost_round=options.rounds or self.most_rounds,
            evals=[(_left_over(stop, base, reads), "stop")],
            verbose_eval=False,
            **early,
        )
        best = options.rounds or booster.best_iteration + 1
        return FittedBoosted(self.name, inputs, base, reads, booster[:best])


def _left_over(design: Design, base: Formula, reads: tuple[int, ...]) -> DMatrix:
    """What the trees are fitted to: the logarithm of label over formula."""
    from xgboost import DMatrix

    left = formula.log_of(design.label) - base.log_target(design.matrix)
    return DMatrix(design.matrix[:, reads], label=left)


@dataclass(frozen=True)
class FittedBoosted:
    """A formula and the trees that correct it; `reads` are the positions of the trees' inputs."""

    name: str
    inputs: tuple[Input, ...]
    formula: Formula
    reads: tuple[int, ...]
    booster: Booster

    @property
    def _tree_columns(self) -> list[str]:
        return [self.inputs[at].name for at in self.reads]

    def predict(self, matrix: Matrix) -> Floats:
        """Evaluate formula and trees: float64 [n]."""
        trees = self.booster.inplace_predict(matrix[:, self.reads])
        return np.exp(self._bounded(self.formula.log_target(matrix) + trees.astype(np.float64)))

    def _bounded(self, logarithms: Floats) -> Floats:
        return np.clip(logarithms, self.formula.low, self.formula.high)

    def to_onnx(self) -> ModelProto:
        """The formula's graph and xgboost's trees in one."""
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        graph = Graph(width=len(self.inputs))
        shape = FloatTensorType([None, len(self.reads)])
        converted = convert_xgboost(self.booster, initial_types=[("rows", shape)])
        trees = converted.graph.node[0]
        trees.input[0], trees.output[0] = graph.columns(list(self.reads)), "trees"
        graph.nodes.append(trees)
        total = graph.add("Add", self.formula.log_target_onnx(graph), "trees")
        return graph.finish(graph.add("Exp", self.formula.bound_onnx(graph, total)))

    def save_native(self, folder: Path) -> None:
        """Write the trees as xgboost's own .ubj, and the formula as JSON."""
        self.booster.save_model(folder / "trees.ubj")
        content = {**self.formula.as_json(), "tree_columns": self._tree_columns}
        (folder / "formula.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"rounds": float(self.booster.num_boosted_rounds())}

    def gains(self) -> dict[str, float]:
        """Share of the trees' gain by input: of the correction, not of the formula."""
        total = self.booster.get_score(importance_type="total_gain")
        gains = [float(total.get(f"f{column}", 0.0)) for column in range(len(self.reads))]
        whole = sum(gains) or 1.0
        return {name: one / whole for name, one in zip(self._tree_columns, gains, strict=True)}
