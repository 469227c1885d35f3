"""Trees that tell whether something happens in a period: as libraries grow them, and as nodes.

Where it is known which way a figure speaks, trees may not say the opposite: with some tens of
failures, what speaks the other way is chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.design import Matrix
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import Graph

if TYPE_CHECKING:
    from onnx import ModelProto
    from sklearn.ensemble import RandomForestClassifier
    from xgboost import Booster, DMatrix

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Periods:
    """Periods that trees learn from.

    Attributes:
        rows: their columns: float32 [n, columns].
        happened: whether it happened in each: bool [n].
        odds: of it that trees begin with: float64 [n]; None: they begin with nothing.
    """

    rows: Matrix
    happened: Flags
    odds: Floats | None = None


TREES, LEAST_LEAF, COLUMNS = 120, 20, 0.35
"""Of the forest: trees, periods of a leaf, share of the columns that a split looks at."""
PARAMS = {
    "max_depth": 3,
    "learning_rate": 0.05,
    "min_child_weight": 5.0,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
}
ROUNDS, PATIENCE = 250, 25
FIXED_ROUNDS, FEWEST_TO_STOP = 30, 10
"""Rounds where fewer of the stopping periods saw it happen: a handful stops anywhere."""


@dataclass(frozen=True)
class GrownForest:
    """A random forest: the mean of what the leaves hold."""

    trees: RandomForestClassifier

    def chances(self, periods: Matrix) -> Floats:
        """Chance that it happens: float64 [n]."""
        found: Floats = self.trees.predict_proba(periods)[:, 1]
        return found

    def onnx(self, graph: Graph, periods: str) -> str:
        """Add the trees to a graph: [n, 1]."""
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType

        shape = FloatTensorType([None, self.trees.n_features_in_])
        made = convert_sklearn(
            self.trees,
            initial_types=[("rows", shape)],
            options={id(self.trees): {"zipmap": False}},
            target_opset={"": 17, "ai.onnx.ml": 3},
        )
        return _node(graph, made, periods)

    def save(self, folder: Path, name: str) -> None:
        """Write the trees as arrays, nothing that code runs from."""
        arrays = {
            f"{number}.{part}": getattr(one.tree_, part)
            for number, one in enumerate(self.trees.estimators_)
            for part in ("children_left", "children_right", "feature", "threshold", "value")
        }
        np.savez_compressed(folder / f"{name}.npz", **arrays)

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"trees": float(len(self.trees.estimators_))}

    def gains(self) -> list[float]:
        """Share of the gain by column."""
        return [float(one) for one in self.trees.feature_importances_]


@dataclass(frozen=True)
class GrownBoosted:
    """Gradient-boosted trees of the logarithm of the odds."""

    booster: Booster

    def chances(self, periods: Matrix) -> Floats:
        """Chance that it happens: float64 [n]."""
        found: Floats = self.booster.inplace_predict(periods).astype(np.float64)
        return found

    def onnx(self, graph: Graph, periods: str) -> str:
        """Add the trees to a graph: [n, 1]."""
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        shape = FloatTensorType([None, self.booster.num_features()])
        return _node(graph, convert_xgboost(self.booster, initial_types=[("rows", shape)]), periods)

    def save(self, folder: Path, name: str) -> None:
        """Write xgboost's own .ubj."""
        self.booster.save_model(folder / f"{name}.ubj")

    def summary(self) -> dict[str, float]:
        """How many rounds there are."""
        return {"trees": float(self.booster.num_boosted_rounds())}

    def gains(self) -> list[float]:
        """Share of the gain by column."""
        total = self.booster.get_score(importance_type="total_gain")
        columns = range(self.booster.num_features())
        found = [float(np.sum(total.get(f"f{column}", 0.0))) for column in columns]
        whole = sum(found) or 1.0
        return [one / whole for one in found]


def grow_forest(
    train: Periods, stop: Periods, weight: float, signs: tuple[int, ...], options: FitOptions
) -> GrownForest:
    """Grow a forest; there is nothing to stop."""
    from sklearn.ensemble import RandomForestClassifier

    trees = RandomForestClassifier(
        n_estimators=TREES,
        min_samples_leaf=LEAST_LEAF,
        max_features=COLUMNS,
        monotonic_cst=list(signs),
        random_state=options.seed,
        n_jobs=options.threads,
    )
    weights = np.where(train.happened, weight, 1.0)
    trees.fit(train.rows, train.happened, sample_weight=weights)
    return GrownForest(trees)


def grow_boosted(
    train: Periods, stop: Periods, weight: float, signs: tuple[int, ...], options: FitOptions
) -> GrownBoosted:
    """Boost until the stopping periods gain nothing; for some rounds where they say too little."""
    from xgboost import train as boost

    sets = [_matrix(one, weight) for one in (train, stop)]
    watched = int(stop.happened.sum()) >= FEWEST_TO_STOP
    booster = boost(
        {
            **PARAMS,
            **options.params,
            "objective": "binary:logistic",
            # Even odds: what trees begin with stands beside them.
            "base_score": 0.5,
            "monotone_constraints": signs,
            "tree_method": "hist",
            "seed": options.seed,
            "nthread": options.threads,
        },
        sets[0],
        num_boost_round=ROUNDS if watched else FIXED_ROUNDS,
        evals=[(sets[1], "stop")] if watched else [],
        verbose_eval=False,
        early_stopping_rounds=PATIENCE if watched else None,
    )
    best = booster.best_iteration + 1 if watched else FIXED_ROUNDS
    return GrownBoosted(booster[:best])


def _matrix(periods: Periods, weight: float) -> DMatrix:
    from xgboost import DMatrix

    weights = np.where(periods.happened, weight, 1.0)
    # While trees are grown, a period in which it happens weighs more: so do the odds of it.
    begins = None if periods.odds is None else np.log(periods.odds * weight)
    return DMatrix(periods.rows, label=periods.happened, weight=weights, base_margin=begins)


def _node(graph: Graph, made: ModelProto, periods: str) -> str:
    """Take the trees out of a converted classifier: the chance of its second class, [n, 1]."""
    trees = next(one for one in made.graph.node if one.op_type == "TreeEnsembleClassifier")
    number = len(graph.nodes)
    trees.name, trees.input[0] = f"trees_{number}", periods
    trees.output[0], trees.output[1] = f"class_{number}", f"chances_{number}"
    graph.nodes.append(trees)
    second = graph.constant(np.array([1], np.int64))
    return graph.add("Gather", f"chances_{number}", second, axis=1)
