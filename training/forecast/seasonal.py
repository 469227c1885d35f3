"""The seasonal naive forecast: what the last step of the same season had."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tambo.serving.spec import Input
from training import onnx_export
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.forecast.head import answer_onnx, build_head, mean_level
from training.forecast.layout import Layout
from training.metrics import Floats
from training.onnx_export import Graph

if TYPE_CHECKING:
    from onnx import ModelProto


@dataclass(frozen=True)
class SeasonalNaive:
    """Answers the first known of some series of counts, else the base of the layout.

    Attributes:
        layout: which series are what.
        of: counts of the season before, best first.
        name: the estimator's name.
    """

    layout: Layout
    of: tuple[str, ...]
    name: str = "seasonal_naive"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedSeasonalNaive:
        """Nothing is fitted but the level of a series without any count."""
        layout = replace(self.layout, usual=self.of)
        return FittedSeasonalNaive(
            self.name, layout.inputs(train.inputs), layout, mean_level(train.label)
        )


@dataclass(frozen=True)
class FittedSeasonalNaive:
    """The layout's base as the answer: low, middle and high alike until they are sized."""

    name: str
    inputs: tuple[Input, ...]
    layout: Layout
    prior: float

    def predict(self, matrix: Matrix) -> Floats:
        """The graph's own answer, for there is no other model behind it."""
        return onnx_export.answer(onnx_export.open_session(self.to_onnx()), matrix)

    def to_onnx(self) -> ModelProto:
        """The head's base, three times a step."""
        graph = Graph(width=sum(one.width for one in self.inputs), answers=3 * self.layout.steps)
        head = build_head(graph, self.inputs, self.layout, self.prior)
        nothing = graph.constant(np.zeros((1, self.layout.steps, 3), np.float32))
        return graph.finish(answer_onnx(graph, head, nothing, self.layout.steps))

    def save_native(self, folder: Path) -> None:
        """What is answered, as JSON."""
        content = {"of": self.layout.usual, "prior": self.prior}
        (folder / "seasonal.json").write_text(json.dumps(content) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """Nothing."""
        return {}

    def gains(self) -> dict[str, float]:
        """None."""
        return {}
