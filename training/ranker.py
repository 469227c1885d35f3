"""Rankers: gradient-boosted trees on pairs of candidates, and orders by one thing that is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tambo.serving.spec import Input
from training.design import Design, Matrix, starts
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import Graph

if TYPE_CHECKING:
    from onnx import ModelProto
    from xgboost import Booster, DMatrix

PARAMS = {
    "max_depth": 4,
    "learning_rate": 0.06,
    "min_child_weight": 30.0,
    "subsample": 0.7,
    "colsample_bytree": 0.7,
    "lambdarank_pair_method": "mean",
    "lambdarank_num_pair_per_sample": 4,
    "lambdarank_normalization": False,
}
"""Four random pairs a candidate teach more here than pairs of the top alone: one stay in a list of
dozens is chosen, and what stands on top by chance is then pushed about."""

ROUNDS = 150
"""As many as gain on queries that were not fitted; on a few hundred queries the gain of a round is
noise, and to stop by it ends the fit too early or too late."""


@dataclass(frozen=True)
class BoostedRanker:
    """xgboost's pairwise objective (Burges, From RankNet to LambdaRank to LambdaMART, 2010).

    Attributes:
        query: column that names a row's query.
        reads: inputs that the trees read.
        optional: inputs that a request may leave out; a third of the training queries is fitted
            without them, so that the trees know what to do then.
        base: input whose value is the score before the first tree, a logarithm of chances: the
            trees add what it does not know.
        name: the estimator's name.
    """

    query: str
    reads: tuple[str, ...]
    optional: tuple[str, ...]
    base: str
    name: str = "xgboost"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedRanker:
        """Fit a fixed number of rounds."""
        from xgboost import train as boost

        inputs = tuple(one for one in train.inputs if one.name in self.reads)
        base = next(one for one in train.inputs if one.name == self.base)
        known = train.select([base])[:, 0]
        known = known[~np.isnan(known)]
        missing = float(known.mean()) if len(known) else 0.0
        booster = boost(
            {
                **PARAMS,
                **options.params,
                "objective": "rank:pairwise",
                "base_score": 0.0,
                "tree_method": "hist",
                "seed": options.seed,
                "nthread": options.threads,
            },
            self._pairs(self._holed(train, options.seed), inputs, _filled(train, base, missing)),
            num_boost_round=options.rounds or ROUNDS,
        )
        return FittedRanker(self.name, (*inputs, base), booster, missing)

    def _holed(self, rows: Design, seed: int) -> Design:
        query = starts(rows.columns[self.query])
        sizes = np.diff(np.append(query, len(rows)))
        drawn = np.random.default_rng(seed).random(len(query)) < 1 / 3
        holed = np.flatnonzero(np.repeat(drawn, sizes))
        matrix = rows.matrix.copy()
        matrix[holed[:, None], np.array(rows.positions(self.optional))] = np.nan
        return replace(rows, matrix=matrix)

    def _pairs(self, rows: Design, inputs: tuple[Input, ...], base: Matrix) -> DMatrix:
        from xgboost import DMatrix

        first = starts(rows.columns[self.query])
        made = DMatrix(rows.select(inputs), label=rows.label, base_margin=base)
        made.set_group(np.diff(np.append(first, len(rows))))
        return made


def _filled(rows: Design, base: Input, missing: float) -> Matrix:
    values = rows.select([base])[:, 0]
    return np.where(np.isnan(values), np.float32(missing), values)


@dataclass(frozen=True)
class FittedRanker:
    """Trees on top of a base; the higher their answer, the earlier the candidate.

    Attributes:
        name: the estimator's name.
        inputs: what the trees read, then the base.
        booster: the trees.
        missing: the base where it is not known: its mean over the training rows.
    """

    name: str
    inputs: tuple[Input, ...]
    booster: Booster
    missing: float

    def predict(self, matrix: Matrix) -> Floats:
        """Score rows: float64 [n]."""
        base = np.where(np.isnan(matrix[:, -1]), np.float32(self.missing), matrix[:, -1])
        trees = self.booster.inplace_predict(matrix[:, :-1], base_margin=base)
        return np.asarray(trees, dtype=np.float64)

    def to_onnx(self) -> ModelProto:
        """Write the trees as one node of xgboost's kind."""
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        graph, read = Graph(width=len(self.inputs)), len(self.inputs) - 1
        shape = FloatTensorType([None, read])
        # The converter knows no rank objective; the sum over the trees is the same.
        plain = self.booster.copy()
        plain.set_param({"objective": "reg:squarederror"})
        trees = convert_xgboost(plain, initial_types=[("rows", shape)]).graph.node[0]
        trees.input[0], trees.output[0] = graph.columns(list(range(read))), "trees"
        graph.nodes.append(trees)
        base = graph.columns([read])
        known = graph.add("Where", graph.add("IsNaN", base), graph.constant(self.missing), base)
        return graph.finish(graph.add("Add", "trees", known))

    def save_native(self, folder: Path) -> None:
        """Write the trees as xgboost's own .ubj, and the base as JSON."""
        self.booster.save_model(folder / "trees.ubj")
        base = {"input": self.inputs[-1].name, "missing": self.missing}
        (folder / "base.json").write_text(json.dumps(base) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many trees there are."""
        return {"rounds": float(self.booster.num_boosted_rounds())}

    def gains(self) -> dict[str, float]:
        """Share of the trees' gain by input."""
        total = self.booster.get_score(importance_type="total_gain")
        read = self.inputs[:-1]
        gains = [float(total.get(f"f{column}", 0.0)) for column in range(len(read))]
        whole = sum(gains) or 1.0
        return {one.name: gain / whole for one, gain in zip(read, gains, strict=True)}


@dataclass(frozen=True)
class Term:
    """One term of an order: weight · value, or weight · ln(1 + value).

    Attributes:
        name: the input.
        weight: what it is multiplied with.
        missing: value where it is not known.
        log: whether the logarithm is taken.
    """

    name: str
    weight: float = 1.0
    missing: float = 0.0
    log: bool = False


@dataclass(frozen=True)
class OrderBy:
    """An order by what is known, without anything fitted.

    Attributes:
        name: the estimator's name.
        terms: what is added up; a later, lighter one orders what the first leaves equal.
    """

    name: str
    terms: Sequence[Term]

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedOrder:
        """Nothing is fitted."""
        names = [term.name for term in self.terms]
        inputs = {one.name: one for one in train.inputs}
        return FittedOrder(self.name, tuple(inputs[name] for name in names), tuple(self.terms))


@dataclass(frozen=True)
class FittedOrder:
    """A sum of terms, one an input."""

    name: str
    inputs: tuple[Input, ...]
    terms: tuple[Term, ...]

    def predict(self, matrix: Matrix) -> Floats:
        """Add the terms up: float64 [n]."""
        total = np.zeros(len(matrix), dtype=np.float32)
        for column, term in enumerate(self.terms):
            known = np.where(np.isnan(matrix[:, column]), term.missing, matrix[:, column])
            value = np.log(1 + known) if term.log else known
            total += (np.float32(term.weight) * value).astype(np.float32)
        return total.astype(np.float64)

    def to_onnx(self) -> ModelProto:
        """The same sum."""
        graph = Graph(width=len(self.inputs))
        total = ""
        for column, term in enumerate(self.terms):
            given = graph.columns([column])
            missing = graph.constant(float(term.missing))
            value = graph.add("Where", graph.add("IsNaN", given), missing, given)
            if term.log:
                value = graph.add("Log", graph.add("Add", value, graph.constant(1.0)))
            part = graph.add("Mul", value, graph.constant(float(term.weight)))
            total = graph.add("Add", total, part) if total else part
        return graph.finish(total)

    def save_native(self, folder: Path) -> None:
        """Write the terms as JSON."""
        content = [vars(term) for term in self.terms]
        (folder / "terms.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many terms there are."""
        return {"terms": float(len(self.terms))}

    def gains(self) -> dict[str, float]:
        """None: nothing is fitted."""
        return {}
