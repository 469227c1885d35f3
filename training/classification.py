"""Classification: the chances of some classes, and when to name none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tambo.errors import TrainingError
from training import plots
from training.card import table
from training.design import Design
from training.metrics import Floats

if TYPE_CHECKING:
    from training.grouped import Unseen
    from training.trained import Trained

LEAST_CHANCE = 1e-6
"""A chance below this counts as this: one sure answer that is wrong must not outweigh the rest."""

BINS = 10


@dataclass(frozen=True)
class Classification:
    """Answers are chances: float64 [n, classes], each row sums to one.

    Attributes:
        classes: values of the label, in the order of the answer's columns.
        told: classes that the label names; the others say that nothing was stated. Metrics ending
            in "_told" are of rows and chances of these alone.
        promise: share of right answers that naming a class promises.
    """

    classes: tuple[str, ...]
    told: tuple[str, ...]
    promise: float = 0.8

    @property
    def columns(self) -> tuple[str, ...]:
        """None beside the label."""
        return ()

    def labels(self, values: pa.ChunkedArray) -> Floats:
        """Position of each label among the classes: float64 [n].

        Raises:
            TrainingError: a label is none of the classes.
        """
        codes = pc.index_in(values, value_set=pa.array(self.classes))
        if codes.null_count:
            strange = pc.unique(values.filter(codes.is_null())).to_pylist()
            raise TrainingError(
                f"labels {', '.join(map(repr, strange))} are none of {', '.join(self.classes)}",
                remedy="name the class in the model's task, or correct the label mart",
            )
        found: Floats = codes.cast(pa.float64()).to_numpy()
        return found

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Measure chances against labels.

        Returns:
            rows; log_loss in nats and brier (sum over the classes); accuracy; accuracy_told, of
            rows whose label is told and the chances of told classes alone (NaN without any);
            calibration_error, the mean distance of the highest chance from the share of right
            answers in ten bins of it (Guo et al., On Calibration of Modern Neural Networks, 2017).
        """
        label = rows.label.astype(np.int64)
        chance = np.maximum(answers[np.arange(len(label)), label], LEAST_CHANCE)
        right = answers.argmax(axis=1) == label
        told = [self.classes.index(one) for one in self.told]
        is_told = np.isin(label, told)
        actual = np.eye(len(self.classes))[label]
        among = np.array(told)[answers[:, told].argmax(axis=1)]
        return {
            "rows": float(len(label)),
            "log_loss": float(-np.log(chance).mean()),
            "accuracy": float(right.mean()),
            "accuracy_told": float((among == label)[is_told].mean()) if is_told.any() else np.nan,
            "brier": float(np.square(answers - actual).sum(axis=1).mean()),
            "calibration_error": _calibration_error(answers.max(axis=1), right),
        }

    def size(self, rows: Design, answers: Floats, unseen: Unseen | None) -> SizedClassification:
        """Find the chance from which on naming a class is right as often as promised."""
        return SizedClassification(self, _threshold(rows.label, answers, self.promise))

    def scale(self, answers: Floats) -> Floats:
        """A chance is a share already."""
        return np.ones_like(answers)

    def draw(self, folder: Path, trained: Trained) -> None:
        """What is answered for each class, and whether chances are met."""
        test, answers = trained.data.test, trained.best.predicted
        plots.confusion(folder / "confusion.png", test.label, answers.argmax(axis=1), self.classes)
        right = answers.argmax(axis=1) == test.label
        plots.reliability(folder / "reliability.png", answers.max(axis=1), right, BINS)

    def figures(self, reports: Mapping[str, Any], estimator: str) -> list[str]:
        """Metrics by estimator, of folds, then by group."""
        head = ["estimator", *_SHOWN.values()]
        rows = [[name, *_row(found)] for name, found in reports["metrics"].items()]
        folds = [
            [name, _words(grouping, variant), *_row(found)]
            for name, groupings in reports["unseen"].items()
            for grouping, variants in groupings.items()
            for variant, found in variants.items()
        ]
        groups = [
            [by, name, f"{found['rows']:,.0f}", *_row(found)]
            for by, parts in reports["by_group"][estimator].items()
            for name, found in parts.items()
        ]
        return [
            *table(head, rows),
            "",
            *table(["estimator", "folds", *_SHOWN.values()], folds),
            "",
            *table(["by", "group", "rows", *_SHOWN.values()], groups),
        ]


@dataclass(frozen=True)
class SizedClassification:
    """A classification with the chance below which no class is named.

    Attributes:
        task: the classification.
        threshold: that chance; above 1 where no chance keeps the promise, so none is ever named.
    """

    task: Classification
    threshold: float

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """The metrics, with the share of rows that are named a class, and how many rightly."""
        named = answers.max(axis=1) >= self.threshold
        right = answers.argmax(axis=1) == rows.label
        return self.task.measure(rows, answers) | {
            "named": float(named.mean()),
            "accuracy_named": float(right[named].mean()) if named.any() else np.nan,
        }

    def spread(self, rows: Design, answers: Floats) -> dict[str, float]:
        """None is said."""
        return {}

    def after(self, rows: Design, answers: Floats) -> SizedClassification:
        """The same: rows that test it do not size it."""
        return self

    def serving(self) -> dict[str, Any]:
        """Classes and threshold."""
        return {"classes": self.task.classes, "abstain_below": self.threshold}


def _threshold(label: Floats, answers: Floats, promise: float) -> float:
    """The least chance such that answers at least as sure are right as often as promised."""
    highest = answers.max(axis=1)
    order = np.argsort(-highest, kind="stable")
    right = (answers.argmax(axis=1) == label)[order]
    share = np.cumsum(right) / np.arange(1, len(order) + 1)
    # A handful of sure answers says nothing of the next ones.
    kept = np.flatnonzero((share >= promise) & (np.arange(len(order)) >= min(20, len(order)) - 1))
    return float(highest[order][kept[-1]]) if len(kept) else 1.01


def _calibration_error(chance: Floats, right: Any) -> float:
    bins = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    sizes = np.bincount(bins, minlength=BINS)
    gaps = np.bincount(bins, weights=chance - right, minlength=BINS)
    return float(np.abs(gaps).sum() / sizes.sum())


_SHOWN = {
    "log_loss": "log loss",
    "accuracy": "accuracy",
    "accuracy_told": "of those told",
    "calibration_error": "calibration error",
}


def _row(found: Mapping[str, float]) -> list[str]:
    return [f"{found[name]:.3f}" for name in _SHOWN]


def _words(grouping: str, variant: str) -> str:
    return " ".join(f"{grouping} {variant}".replace("_", " ").split())


def chances(counts: Sequence[float]) -> Floats:
    """Shares of some counts, each class as if it had been seen once more."""
    smoothed = np.asarray(counts, dtype=np.float64) + 1.0
    found: Floats = smoothed / smoothed.sum()
    return found
