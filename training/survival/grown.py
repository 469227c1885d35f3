"""Trees that tell the classes of periods: as their libraries grow them, and as nodes of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.design import Matrix
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import Graph
from training.survival.periods import FAILED

if TYPE_CHECKING:
    from onnx import ModelProto
    from sklearn.ensemble import RandomForestClassifier
    from xgboost import Booster

Labelled = tuple[Matrix, NDArray[np.int64]]
CLASSES = 3
TREES, LEAST_LEAF, COLUMNS = 200, 12, 0.5
"""Of the forest: trees, periods of a leaf, share of the columns that a split looks at."""
PARAMS = {
    "max_depth": 3,
    "learning_rate": 0.06,
    "min_child_weight": 4.0,
    "subsample": 0.7,
    "colsample_bytree": 0.6,
    "reg_lambda": 3.0,
}
ROUNDS, PATIENCE = 300, 25


@dataclass(frozen=True)
class GrownForest:
    """A random forest: the mean of what the leaves hold."""

    trees: RandomForestClassifier

    def chances(self, periods: Matrix) -> Floats:
        """Chances of the classes: float64 [n, 3]; a class that was never seen has none."""
        found = np.zeros((len(periods), CLASSES))
        found[:, self.trees.classes_] = self.trees.predict_proba(periods)
        return found

    def onnx(self, graph: Graph, periods: str) -> str:
        """Add the trees to a graph: [n, 3]."""
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType

        shape = FloatTensorType([None, self.trees.n_features_in_])
        options = {"zipmap": False, "output_class_labels": False}
        made = convert_sklearn(
            self.trees, initial_types=[("rows", shape)], options={id(self.trees): options},
            target_opset={"": 17, "ai.onnx.ml": 3},
        )  # fmt: skip
        found = _node(graph, made, periods)
        return _widened(graph, found, self.trees.classes_.tolist())

    def save(self, folder: Path) -> None:
        """Write the trees as arrays, nothing that code runs from."""
        arrays: dict[str, Any] = {"classes": self.trees.classes_}
        for number, one in enumerate(self.trees.estimators_):
            tree = one.tree_
            for name in ("children_left", "children_right", "feature", "threshold", "value"):
                arrays[f"{number}.{name}"] = getattr(tree, name)
        np.savez_compressed(folder / "forest.npz", **arrays)

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"trees": float(len(self.trees.estimators_))}

    def gains(self, columns: int) -> list[float]:
        """Share of the gain by column."""
        return [float(one) for one in self.trees.feature_importances_[:columns]]


@dataclass(frozen=True)
class GrownBoosted:
    """Gradient-boosted trees: softmax of sums."""

    booster: Booster

    def chances(self, periods: Matrix) -> Floats:
        """Chances of the classes: float64 [n, 3]."""
        found: Floats = self.booster.inplace_predict(periods).astype(np.float64)
        return found

    def onnx(self, graph: Graph, periods: str) -> str:
        """Add the trees to a graph: [n, 3]."""
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        shape = FloatTensorType([None, self.booster.num_features()])
        made = convert_xgboost(self.booster, initial_types=[("rows", shape)])
        return _node(graph, made, periods)

    def save(self, folder: Path) -> None:
        """Write xgboost's own .ubj."""
        self.booster.save_model(folder / "trees.ubj")

    def summary(self) -> dict[str, float]:
        """How many rounds there are."""
        return {"rounds": float(self.booster.num_boosted_rounds())}

    def gains(self, columns: int) -> list[float]:
        """Share of the gain by column."""
        total = self.booster.get_score(importance_type="total_gain")
        found = [float(np.sum(total.get(f"f{column}", 0.0))) for column in range(columns)]
        whole = sum(found) or 1.0
        return [one / whole for one in found]


def grow_forest(train: Labelled, stop: Labelled, weight: float, options: FitOptions) -> GrownForest:
    """Grow a forest; there is nothing to stop."""
    from sklearn.ensemble import RandomForestClassifier

    periods, classes = train
    trees = RandomForestClassifier(
        n_estimators=TREES,
        min_samples_leaf=LEAST_LEAF,
        max_features=COLUMNS,
        random_state=options.seed,
        n_jobs=options.threads,
    )
    trees.fit(periods, classes, sample_weight=_weights(classes, weight))
    return GrownForest(trees)


def grow_boosted(
    train: Labelled, stop: Labelled, weight: float, options: FitOptions
) -> GrownBoosted:
    """Boost until the stopping periods gain nothing."""
    from xgboost import DMatrix
    from xgboost import train as boost

    sets = [
        DMatrix(periods, label=classes, weight=_weights(classes, weight))
        for periods, classes in (train, stop)
    ]
    early = {} if options.rounds else {"early_stopping_rounds": PATIENCE}
    booster = boost(
        {
            **PARAMS,
            **options.params,
            "objective": "multi:softprob",
            "num_class": CLASSES,
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
    return GrownBoosted(booster[:best])


def _weights(classes: NDArray[np.int64], weight: float) -> Floats:
    return np.where(classes == FAILED, weight, 1.0)


def _node(graph: Graph, made: ModelProto, periods: str) -> str:
    """Take the trees out of a converted classifier: chances [n, classes seen]."""
    trees = next(one for one in made.graph.node if one.op_type == "TreeEnsembleClassifier")
    trees.input[0] = periods
    trees.output[0], trees.output[1] = "class", "chances"
    graph.nodes.append(trees)
    return "chances"


def _widened(graph: Graph, chances: str, classes: list[int]) -> str:
    """Chances of the classes that were seen as those of all three."""
    if len(classes) == CLASSES:
        return chances
    placed = np.zeros((len(classes), CLASSES), np.float32)
    placed[range(len(classes)), classes] = 1.0
    return graph.add("MatMul", chances, graph.constant(placed))
