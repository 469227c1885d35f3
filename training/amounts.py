"""Trees of an amount above zero, such as a cost: a random forest and gradient-boosted trees.

Both answer means, as a budget adds them up: the forest averages what its leaves hold, and the
boosted trees fit a gamma distribution, whose spread grows with its mean as that of costs does
(McCullagh and Nelder, Generalized Linear Models, 1989, chapter 8).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Input
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import INPUT, Graph

if TYPE_CHECKING:
    from onnx import ModelProto
    from sklearn.ensemble import RandomForestRegressor
    from xgboost import Booster

TREES, LEAST_LEAF, COLUMNS = 200, 10, 0.4
"""Of the forest: trees, rows of a leaf, share of the columns that a split looks at."""
PARAMS = {
    "max_depth": 3,
    "learning_rate": 0.05,
    "min_child_weight": 8.0,
    "subsample": 0.7,
    "colsample_bytree": 0.6,
    "reg_lambda": 3.0,
}
ROUNDS, PATIENCE = 400, 25


@dataclass(frozen=True)
class AmountForest:
    """A random forest of the amount itself; a missing input counts as its median.

    Attributes:
        reads: inputs that it reads; categories as their codes.
        name: the estimator's name.
    """

    reads: tuple[str, ...]
    name: str = "random_forest"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedForest:
        """Grow the trees; there is nothing to stop."""
        from sklearn.ensemble import RandomForestRegressor

        inputs = _inputs(train, self.reads)
        rows = train.select(inputs)
        filling = np.array(
            [np.median(one[~np.isnan(one)]) if (~np.isnan(one)).any() else 0.0 for one in rows.T],
            np.float32,
        )
        trees = RandomForestRegressor(
            n_estimators=TREES,
            min_samples_leaf=LEAST_LEAF,
            max_features=COLUMNS,
            random_state=options.seed,
            n_jobs=options.threads,
        )
        trees.fit(np.where(np.isnan(rows), filling, rows), train.label)
        return FittedForest(self.name, inputs, filling, trees)


@dataclass(frozen=True)
class FittedForest:
    """Grown trees, and what a missing input counts as: float32 [inputs]."""

    name: str
    inputs: tuple[Input, ...]
    filling: NDArray[np.float32]
    trees: RandomForestRegressor

    def predict(self, matrix: Matrix) -> Floats:
        """The mean of the leaves: float64 [n]."""
        rows = np.where(np.isnan(matrix), self.filling, matrix)
        return np.asarray(self.trees.predict(rows), np.float64)

    def to_onnx(self) -> ModelProto:
        """The trees behind what fills gaps."""
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType

        graph = Graph(width=len(self.inputs))
        filling = graph.constant(self.filling)
        rows = graph.add("Where", graph.add("IsNaN", INPUT), filling, INPUT)
        shape = FloatTensorType([None, len(self.inputs)])
        made = convert_sklearn(
            self.trees, initial_types=[("rows", shape)], target_opset={"": 17, "ai.onnx.ml": 3}
        )
        trees = next(one for one in made.graph.node if one.op_type == "TreeEnsembleRegressor")
        trees.input[0], trees.output[0] = rows, "trees"
        graph.nodes.append(trees)
        return graph.finish("trees")

    def save_native(self, folder: Path) -> None:
        """Write the trees as arrays, nothing that code runs from."""
        arrays = {
            f"{number}.{name}": getattr(one.tree_, name)
            for number, one in enumerate(self.trees.estimators_)
            for name in ("children_left", "children_right", "feature", "threshold", "value")
        }
        np.savez_compressed(folder / "forest.npz", filling=self.filling, **arrays)

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"trees": float(len(self.trees.estimators_))}

    def gains(self) -> dict[str, float]:
        """Share of the gain by input."""
        gains = self.trees.feature_importances_.tolist()
        return {one.name: gain for one, gain in zip(self.inputs, gains, strict=True)}


@dataclass(frozen=True)
class AmountBoosted:
    """Gradient-boosted trees of the amount's logarithm, fitted as a gamma distribution.

    Attributes:
        reads: inputs that it reads; categories as their codes.
        name: the estimator's name.
    """

    reads: tuple[str, ...]
    name: str = "xgboost"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedBoosted:
        """Boost until the stopping rows gain nothing."""
        from xgboost import DMatrix
        from xgboost import train as boost

        inputs = _inputs(train, self.reads)
        # Around one: the trees begin at the mean, whatever the currency.
        level = float(train.label.mean())
        sets = [DMatrix(one.select(inputs), label=one.label / level) for one in (train, stop)]
        early = {} if options.rounds else {"early_stopping_rounds": PATIENCE}
        booster = boost(
            {
                **PARAMS,
                **options.params,
                "objective": "reg:gamma",
                "base_score": 1.0,
                "tree_method": "hist",
                "seed": options.seed,
                "nthread": options.threads,
            },
            sets[0],
            num_boost_round=options.rounds or ROUNDS,
            evals=[(sets[1], "stop")],
            verbose_eval=False,
            **early,
        )
        best = options.rounds or booster.best_iteration + 1
        return FittedBoosted(self.name, inputs, level, booster[:best])


@dataclass(frozen=True)
class FittedBoosted:
    """Boosted trees, and the mean that they are factors of."""

    name: str
    inputs: tuple[Input, ...]
    level: float
    booster: Booster

    def predict(self, matrix: Matrix) -> Floats:
        """Level times the exponential of the trees: float64 [n]."""
        margin = self.booster.inplace_predict(matrix, predict_type="margin")
        found: Floats = self.level * np.exp(margin.astype(np.float64))
        return found

    def to_onnx(self) -> ModelProto:
        """The trees' sum, its exponential, and the level."""
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        graph = Graph(width=len(self.inputs))
        margins = self.booster.copy()
        # The converter knows the sum of the trees; the exponential is ours.
        margins.set_param({"objective": "reg:squarederror", "base_score": 0.0})
        shape = FloatTensorType([None, len(self.inputs)])
        made = convert_xgboost(margins, initial_types=[("rows", shape)])
        trees = next(one for one in made.graph.node if one.op_type == "TreeEnsembleRegressor")
        trees.input[0], trees.output[0] = INPUT, "trees"
        graph.nodes.append(trees)
        factor = graph.add("Exp", "trees")
        return graph.finish(graph.add("Mul", factor, graph.constant(self.level)))

    def save_native(self, folder: Path) -> None:
        """Write xgboost's own .ubj, and the level as JSON."""
        self.booster.save_model(folder / "trees.ubj")
        (folder / "level.json").write_text(json.dumps({"level": self.level}) + "\n", "utf-8")

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"rounds": float(self.booster.num_boosted_rounds())}

    def gains(self) -> dict[str, float]:
        """Share of the gain by input."""
        total = self.booster.get_score(importance_type="total_gain")
        gains = [float(np.sum(total.get(f"f{at}", 0.0))) for at in range(len(self.inputs))]
        whole = sum(gains) or 1.0
        return {one.name: gain / whole for one, gain in zip(self.inputs, gains, strict=True)}


def _inputs(design: Design, reads: tuple[str, ...]) -> tuple[Input, ...]:
    named = {one.name: one for one in design.inputs}
    return tuple(named[name] for name in reads)
