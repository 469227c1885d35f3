"""Metrics of ranked lists, each over queries, with confidence intervals.

Ties are broken at random in expectation: an order that says nothing scores as chance does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.metrics import Floats

CUTOFFS = (1, 3, 5)
DEPTH = 5
RESAMPLES = 400
LEVEL = 0.95


@dataclass(frozen=True)
class Ranked:
    """Where the item that was chosen stands in each query.

    Attributes:
        above: candidates with a higher score: int64 [queries]; -1 where it is no candidate.
        tied: candidates with the same score, itself among them: int64 [queries].
        shown: item of each of the first places: int64 [queries, DEPTH]; -1 beyond the last.
        items: how many different items there are.
    """

    above: NDArray[np.int64]
    tied: NDArray[np.int64]
    shown: NDArray[np.int64]
    items: int

    def values(self) -> dict[str, Floats]:
        """Value of each metric for each query: NDCG, hit rates, reciprocal rank.

        One item is relevant, so NDCG is 1 / log2(rank + 1) (Järvelin and Kekäläinen, Cumulated
        gain-based evaluation of IR techniques, 2002).
        """
        gains = 1.0 / np.log2(np.arange(1, DEPTH + 1) + 1.0)
        found = {"ndcg_5": self._mean_over_ties(gains)}
        for cutoff in CUTOFFS:
            found[f"hit_rate_{cutoff}"] = self._mean_over_ties(np.ones(cutoff))
        deepest = int((self.above + self.tied).max(initial=1))
        found["mrr"] = self._mean_over_ties(1.0 / np.arange(1, deepest + 1))
        return found

    def _mean_over_ties(self, gains: Floats) -> Floats:
        """Mean gain over the places that the chosen item may take among its equals."""
        so_far = np.concatenate([[0.0], np.cumsum(gains)])
        first = np.clip(self.above, 0, len(gains))
        last = np.clip(self.above + self.tied, 0, len(gains))
        mean = (so_far[last] - so_far[first]) / np.maximum(self.tied, 1)
        return np.where(self.above < 0, 0.0, mean)

    def coverage(self, queries: NDArray[np.int64] | slice = slice(None)) -> float:
        """Share of the items that stand in the first places of at least one query."""
        seen = np.zeros(self.items + 1, dtype=np.bool_)
        # The last one is where -1, beyond the end of a list, falls.
        seen[self.shown[queries]] = True
        return int(seen[:-1].sum()) / max(1, self.items)


def rank(
    starts: NDArray[np.int64], items: NDArray[np.int64], label: Floats, answers: Floats
) -> Ranked:
    """Rank the candidates of each query by their score.

    Args:
        starts: first row of each query; rows of a query follow each other.
        items: number of each row's item, from 0.
        label: 1 for what was chosen, else 0.
        answers: scores; NaN for what must not be shown.
    """
    sizes = np.diff(np.append(starts, len(label)))
    query = np.repeat(np.arange(len(starts)), sizes)
    scores = np.where(np.isnan(answers), -np.inf, answers)
    mine = np.full(len(starts), np.nan)
    right = (label > 0) & ~np.isnan(answers)
    mine[query[right]] = scores[right]
    shown = ~np.isnan(answers)
    above = np.add.reduceat((scores > mine[query]) & shown, starts).astype(np.int64)
    tied = np.add.reduceat((scores == mine[query]) & shown, starts).astype(np.int64)
    none = np.isnan(mine)
    return Ranked(
        above=np.where(none, -1, above),
        tied=np.where(none, 1, tied),
        shown=_first(query, starts, items, scores, shown),
        items=int(items.max(initial=-1)) + 1,
    )


def _first(
    query: NDArray[np.int64],
    starts: NDArray[np.int64],
    items: NDArray[np.int64],
    scores: Floats,
    shown: NDArray[np.bool_],
) -> NDArray[np.int64]:
    order = np.lexsort((-scores, query))
    place = np.arange(len(order)) - starts[query[order]]
    kept = (place < DEPTH) & shown[order]
    found = np.full((len(starts), DEPTH), -1, dtype=np.int64)
    found[query[order][kept], place[kept]] = items[order][kept]
    return found


def summarise(ranked: Ranked) -> dict[str, float]:
    """Mean of each metric over the queries, and coverage."""
    values = ranked.values()
    return {name: float(one.mean()) for name, one in values.items()} | {
        "coverage": ranked.coverage()
    }


def intervals(ranked: Ranked, seed: int = 0) -> dict[str, float]:
    """Ends of the 95 % interval of each metric: queries drawn again with replacement.

    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    random = np.random.default_rng(seed)
    values, size = ranked.values(), len(ranked.above)
    draws = random.integers(0, size, size=(RESAMPLES, size))
    found = {name: one[draws].mean(axis=1) for name, one in values.items()}
    found["coverage"] = np.array([ranked.coverage(draw) for draw in draws])
    ends = (1.0 - LEVEL) / 2.0
    return {
        f"{name}_{end}": float(np.quantile(means, at))
        for name, means in found.items()
        for end, at in (("low", ends), ("high", 1.0 - ends))
    }
