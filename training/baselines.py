"""Baselines: what a model must beat to be registered, and what serves when none does."""

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


@dataclass(frozen=True)
class GroupMean:
    """Mean of the training labels by a category, else by a broader one, else of all.

    Attributes:
        name: the estimator's name.
        category: input whose mean is answered where training has seen the category.
        fallback: input whose mean is answered otherwise.
    """

    name: str
    category: str
    fallback: str

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedGroupMean:
        """Take the means; there is nothing to stop and nothing random."""
        overall = float(train.label.mean())
        positions = train.positions([self.category, self.fallback])
        tables = [_means(train, position, overall) for position in positions]
        return FittedGroupMean(
            name=self.name,
            inputs=tuple(train.inputs[position] for position in positions),
            means=tables[0],
            fallback=tables[1],
        )


def _means(design: Design, position: int, overall: float) -> Floats:
    """Means by code, row 0 for unknown; NaN where no row has the category."""
    size = len(design.inputs[position].vocabulary or ())
    codes = design.matrix[:, position].astype(np.int64)
    known = codes >= 0
    counts = np.bincount(codes[known], minlength=size)
    sums = np.bincount(codes[known], weights=design.label[known], minlength=size)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return np.concatenate([[overall], means])


@dataclass(frozen=True)
class FittedGroupMean:
    """Means by category; row 0 of a table is the unknown category."""

    name: str
    inputs: tuple[Input, ...]
    means: Floats
    fallback: Floats

    def _tables(self) -> tuple[Floats, Floats]:
        broad = np.where(np.isnan(self.fallback), self.fallback[0], self.fallback)
        narrow = self.means.copy()
        narrow[0] = np.nan
        return narrow, broad

    def predict(self, matrix: Matrix) -> Floats:
        """Look the means up: float64 [n]."""
        narrow, broad = self._tables()
        codes = matrix.astype(np.int64) + 1
        found = narrow[codes[:, 0]]
        return np.where(np.isnan(found), broad[codes[:, 1]], found)

    def to_onnx(self) -> ModelProto:
        """Two tables and a choice."""
        narrow, broad = self._tables()
        graph = Graph(width=2)
        found = graph.table(narrow[:, None], graph.codes(0))
        other = graph.table(broad[:, None], graph.codes(1))
        return graph.finish(graph.add("Where", graph.add("IsNaN", found), other, found))

    def save_native(self, folder: Path) -> None:
        """Write the means as JSON, by category."""
        tables = {
            one.name: {
                name: None if np.isnan(mean) else float(mean)
                for name, mean in zip(("", *(one.vocabulary or ())), table, strict=True)
            }
            for one, table in zip(self.inputs, self._tables(), strict=True)
        }
        _write_json(folder / "means.json", tables)

    def summary(self) -> dict[str, float]:
        """How many means there are."""
        return {"means": float(len(self.means) - 1)}

    def gains(self) -> dict[str, float]:
        """None: it reads one thing."""
        return {}


@dataclass(frozen=True)
class Linear:
    """Ridge regression of the target's logarithm on encoded inputs: `training.formula`.

    Attributes:
        patterns: what the formulas read.
        name: the estimator's name.
    """

    patterns: Sequence[Pattern]
    name: str = "linear"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedLinear:
        """Fit the formulas; there is nothing to stop and nothing random."""
        names = formula.names(self.patterns)
        inputs = tuple(one for one in train.inputs if one.name in names)
        fitted = formula.fit(train.reading(inputs), self.patterns)
        return FittedLinear(name=self.name, inputs=inputs, formula=fitted)


@dataclass(frozen=True)
class FittedLinear:
    """A fitted formula that answers in the target's unit."""

    name: str
    inputs: tuple[Input, ...]
    formula: Formula

    def predict(self, matrix: Matrix) -> Floats:
        """Evaluate the formula: float64 [n]."""
        return np.exp(self.formula.log_target(matrix))

    def to_onnx(self) -> ModelProto:
        """The formula, then its exponential."""
        graph = Graph(width=len(self.inputs))
        return graph.finish(graph.add("Exp", self.formula.log_target_onnx(graph)))

    def save_native(self, folder: Path) -> None:
        """Write the weights as JSON."""
        _write_json(folder / "formula.json", self.formula.as_json())

    def summary(self) -> dict[str, float]:
        """How many formulas there are."""
        return {"patterns": float(len(self.formula.patterns))}

    def gains(self) -> dict[str, float]:
        """None: weights of correlated inputs are no importance."""
        return {}


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
