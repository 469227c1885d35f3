"""Ranking: the candidates of each query in order, with a chance for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from training import plots
from training.candidates import chosen
from training.card import table
from training.design import Design, starts
from training.metrics import Floats
from training.ranking_metrics import Ranked, intervals, rank, summarise

if TYPE_CHECKING:
    from training.grouped import Unseen
    from training.trained import Trained

WITHIN = "within"
"""Suffix of the metrics of lists that hold only candidates of the right place."""


@dataclass(frozen=True)
class Ranking:
    """Answers are scores: float64 [n], higher before lower within a query.

    Attributes:
        query: column that names a row's query; rows of a query follow each other.
        item: columns that name a candidate.
        within: column of the candidate that a request may state; metrics named `within` are of
            lists that hold only candidates that share it with what was chosen.
    """

    query: str
    item: tuple[str, ...]
    within: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Query, candidate, and where the chosen one is."""
        return (self.query, *self.item, chosen(self.within))

    def labels(self, values: pa.ChunkedArray) -> Floats:
        """Relevance as it is."""
        found: Floats = values.cast(pa.float64()).to_numpy()
        return found

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Measure lists of all candidates, and of those of the right place.

        Returns:
            queries; ndcg_5, hit_rate_1, _3, _5, mrr, coverage; the same with "_within".
        """
        first = starts(rows.columns[self.query])
        found = summarise(self._ranked(rows, answers, first))
        known = summarise(self._ranked(rows, self._only(rows, answers), first))
        return {
            "queries": float(len(first)),
            **found,
            **{f"{name}_{WITHIN}": value for name, value in known.items()},
        }

    def size(self, rows: Design, answers: Floats, unseen: Unseen | None) -> SizedRanking:
        """Find the temperature at which the softmax over a query gives the likeliest chances."""
        first = starts(rows.columns[self.query])
        tried = np.geomspace(0.05, 20.0, 60)
        losses = [_log_loss(first, rows.label, answers / one) for one in tried]
        return SizedRanking(self, float(tried[int(np.argmin(losses))]))

    def scale(self, answers: Floats) -> Floats:
        """Scores have no unit: a difference is a share of their spread."""
        return np.full_like(answers, max(1e-9, float(answers.std())))

    def draw(self, folder: Path, trained: Trained) -> None:
        """Hit rate by length of the list, of every estimator."""
        test = trained.data.test
        first = starts(test.columns[self.query])
        curves = {}
        for name, one in trained.scored.items():
            ranked = self._ranked(test, one.predicted, first)
            curves[name] = [float((one_hit(ranked, depth)).mean()) for depth in range(1, 21)]
        plots.curves(
            folder / "hit_rate.png", curves, "length of the list", "share of stays in the list"
        )

    def figures(self, reports: Mapping[str, Any], estimator: str) -> list[str]:
        """Metrics by estimator with their intervals, then by group."""
        rows, known = [], []
        for name, found in reports["metrics"].items():
            rows.append([name, *(_with_interval(found, one) for one in _SHOWN)])
            known.append([name, *(_with_interval(found, f"{one}_{WITHIN}") for one in _SHOWN)])
        groups = [
            [by, name, f"{found['queries']:,.0f}", *(f"{found[one]:.3f}" for one in _SHOWN)]
            for by, parts in reports["by_group"][estimator].items()
            for name, found in parts.items()
        ]
        head = list(_SHOWN.values())
        return [
            *table(["destination unknown", *head], rows),
            "",
            *table(["destination known", *head], known),
            "",
            *table(["by", "group", "queries", *head], groups),
        ]

    def _only(self, rows: Design, answers: Floats) -> Floats:
        right = rows.columns[self.within] == rows.columns[chosen(self.within)]
        return np.where(right, answers, np.nan)

    def _ranked(self, rows: Design, answers: Floats, first: NDArray[np.int64]) -> Ranked:
        number: dict[tuple[object, ...], int] = {}
        pairs = zip(*(rows.columns[name] for name in self.item), strict=True)
        items = [number.setdefault(pair, len(number)) for pair in pairs]
        return rank(first, np.array(items, dtype=np.int64), rows.label, answers)


@dataclass(frozen=True)
class SizedRanking:
    """A ranking with the temperature of its chances."""

    task: Ranking
    temperature: float

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """The metrics, and the log loss of the chances."""
        first = starts(rows.columns[self.task.query])
        loss = _log_loss(first, rows.label, answers / self.temperature)
        return self.task.measure(rows, answers) | {"log_loss": loss}

    def spread(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Intervals of 95 %, named <metric>_low and _high."""
        task = self.task
        first = starts(rows.columns[task.query])
        found = intervals(task._ranked(rows, answers, first))
        within = intervals(task._ranked(rows, task._only(rows, answers), first))
        for name, value in within.items():
            metric, _, end = name.rpartition("_")
            found[f"{metric}_{WITHIN}_{end}"] = value
        return found

    def after(self, rows: Design, answers: Floats) -> SizedRanking:
        """The same: rows that test it do not size it."""
        return self

    def serving(self) -> dict[str, Any]:
        """The temperature."""
        return {"temperature": self.temperature}


def one_hit(ranked: Ranked, depth: int) -> Floats:
    """Chance that the chosen item stands in the first places of each query."""
    hit: Floats = ranked._mean_over_ties(np.ones(depth))
    return hit


def _log_loss(first: NDArray[np.int64], label: Floats, scores: Floats) -> float:
    """Mean log loss of the softmax over each query that holds what was chosen, in nats."""
    sizes = np.diff(np.append(first, len(label)))
    highest = np.maximum.reduceat(scores, first)
    shifted = scores - np.repeat(highest, sizes)
    whole = np.log(np.add.reduceat(np.exp(shifted), first))
    right = label > 0
    query = np.repeat(np.arange(len(first)), sizes)
    return float((whole[query[right]] - shifted[right]).mean()) if right.any() else np.nan


_SHOWN = {
    "ndcg_5": "NDCG@5",
    "hit_rate_1": "HR@1",
    "hit_rate_3": "HR@3",
    "hit_rate_5": "HR@5",
    "mrr": "MRR",
    "coverage": "coverage",
}


def _with_interval(found: Mapping[str, float], name: str) -> str:
    low, high = found.get(f"{name}_low"), found.get(f"{name}_high")
    ends = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{found[name]:.3f}{ends}"
