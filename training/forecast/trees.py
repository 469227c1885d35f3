"""Gradient-boosted trees over all series: each step by itself, from the same features.

The trees give the middle; low and high come from what the calibration rows leave over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tambo.serving.spec import Input
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.forecast.head import (
    Head,
    Numbers,
    Prepared,
    answer,
    answer_onnx,
    build_head,
    mean_level,
    prepare,
    targets,
)
from training.forecast.layout import Layout
from training.metrics import Floats
from training.onnx_export import Graph

if TYPE_CHECKING:
    from onnx import ModelProto
    from xgboost import Booster, DMatrix

PARAMS = {
    "max_depth": 6,
    "learning_rate": 0.06,
    "min_child_weight": 20.0,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    "reg_lambda": 2.0,
}
PATIENCE, NEWEST = 30, 14
"""Rounds without gain after which fitting ends; counts of the past that the trees read."""


@dataclass(frozen=True)
class Trees:
    """xgboost on the logarithm of the ratio of a step's count and its base.

    Attributes:
        layout: which series are what.
        most_rounds: rounds at most.
        most_targets: steps at most, drawn at random.
        name: the estimator's name.
    """

    layout: Layout
    most_rounds: int = 800
    most_targets: int = 200_000
    name: str = "xgboost"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedTrees:
        """Fit until the mean absolute error of the stopping rows gains nothing."""
        from xgboost import train as boost

        train = train.sample(max(1, self.most_targets // self.layout.steps), options.seed)
        prior = mean_level(train.label)
        fitted_on, stops_on = (
            _targets(prepare(rows, self.layout, prior), rows.label) for rows in (train, stop)
        )
        early = {} if options.rounds else {"early_stopping_rounds": PATIENCE}
        booster = boost(
            {
                **PARAMS,
                "objective": "reg:absoluteerror",
                "base_score": 0.0,
                "tree_method": "hist",
                "seed": options.seed,
                "nthread": options.threads,
            },
            fitted_on,
            num_boost_round=options.rounds or self.most_rounds,
            evals=[(stops_on, "stop")],
            verbose_eval=False,
            **early,
        )
        best = options.rounds or booster.best_iteration + 1
        inputs = self.layout.inputs(train.inputs)
        return FittedTrees(self.name, inputs, self.layout, prior, booster[:best])


@dataclass(frozen=True)
class FittedTrees:
    """The trees with the head before them."""

    name: str
    inputs: tuple[Input, ...]
    layout: Layout
    prior: float
    booster: Booster

    def predict(self, matrix: Matrix) -> Floats:
        """The middle of every step, three times: float64 [n, steps * 3]."""
        rows = Design(self.inputs, matrix, np.empty(len(matrix)), {})
        found = prepare(rows, self.layout, self.prior)
        offsets = self.booster.inplace_predict(_columns(found)).reshape(*found.base.shape, 1)
        return answer(found, np.repeat(offsets, 3, axis=2))

    def to_onnx(self) -> ModelProto:
        """Head and xgboost's trees as one graph."""
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        steps = self.layout.steps
        graph = Graph(width=sum(one.width for one in self.inputs), answers=3 * steps)
        head = build_head(graph, self.inputs, self.layout, self.prior)
        columns = self._columns_onnx(graph, head)
        shape = FloatTensorType([None, self.booster.num_features()])
        converted = convert_xgboost(self.booster, initial_types=[("rows", shape)])
        trees = converted.graph.node[0]
        trees.input[0], trees.output[0] = columns, "trees"
        graph.nodes.append(trees)
        offsets = graph.add("Reshape", "trees", graph.constant(np.array([-1, steps, 1], np.int64)))
        three = graph.add("Expand", offsets, graph.constant(np.array([1, 1, 3], np.int64)))
        return graph.finish(answer_onnx(graph, head, three, steps))

    def _columns_onnx(self, graph: Graph, head: Head) -> str:
        """The steps of all rows below each other, as `_columns` lays them out."""
        known = graph.add("Transpose", head.known, perm=[0, 2, 1])
        ends = [graph.constant(np.array([one], np.int64)) for one in (-NEWEST, 2**62, 1)]
        newest = graph.add("Slice", head.window, *ends)
        of_row = graph.add("Concat", newest, head.place, axis=1)
        axis = graph.constant(np.array([1], np.int64))
        shape = graph.constant(np.array([1, self.layout.steps, 1], np.int64))
        repeated = graph.add("Expand", graph.add("Unsqueeze", of_row, axis), shape)
        both = graph.add("Concat", known, repeated, axis=2)
        width = graph.constant(np.array([-1, self.booster.num_features()], np.int64))
        return graph.add("Reshape", both, width)

    def save_native(self, folder: Path) -> None:
        """The .ubj of xgboost itself, and the names of its columns."""
        self.booster.save_model(folder / "trees.ubj")
        content = {"prior": self.prior, "known": self.layout.known, "newest": NEWEST}
        (folder / "head.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"rounds": float(self.booster.num_boosted_rounds())}

    def gains(self) -> dict[str, float]:
        """Share of the trees' gain by series of the steps; the past and the place as one each."""
        total = self.booster.get_score(importance_type="total_gain")
        names = [*self.layout.known, *([self.layout.window] * NEWEST)]
        found: dict[str, float] = {}
        for column in range(self.booster.num_features()):
            name = names[column] if column < len(names) else self.layout.series
            gain = total.get(f"f{column}", 0.0)
            found[name] = found.get(name, 0.0) + float(gain if isinstance(gain, float) else 0.0)
        whole = sum(found.values()) or 1.0
        return {name: one / whole for name, one in found.items()}


def _columns(found: Prepared) -> Numbers:
    """What the trees read of each step: [n * steps, series + newest + categories]."""
    steps = found.known.shape[2]
    of_row = np.concatenate([found.window[:, -NEWEST:], found.place], axis=1)
    repeated = np.repeat(of_row[:, None], steps, axis=1)
    both = np.concatenate([found.known.transpose(0, 2, 1), repeated], axis=2)
    return both.reshape(-1, both.shape[2])


def _targets(found: Prepared, label: Floats) -> DMatrix:
    from xgboost import DMatrix

    counts, left = np.moveaxis(targets(found, label), -1, 0)
    known = counts.reshape(-1) > 0
    return DMatrix(_columns(found)[known], label=left.reshape(-1)[known])
