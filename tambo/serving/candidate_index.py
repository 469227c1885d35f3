"""The candidate index: which few of many items are worth ranking for one traveller.

The first of two stages. What somebody has chosen before leads to what others chose as well
(co-visitation), to what follows it, and to what lies near in a factorisation of all choices; what
is popular in a place is added. The second stage ranks what is found. The file holds no traveller.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from tambo.errors import ServingError
from tambo.serving.tastes import Tastes

INDEX_FILE = "candidates.npz"

_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    BadZipFile,
    zlib.error,
    # What zipfile says of a flag or a method that damage has set.
    NotImplementedError,
    RuntimeError,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

MOST = 300
"""Candidates at most that are ranked for a request."""

CONFIDENCE = 5.0
"""Weight of a choice against none; Hu, Koren and Volinsky, Collaborative Filtering for Implicit
Feedback Datasets, 2008, call it alpha."""

REGULARIZATION = 10.0

CO_VISITS, FOLLOWS = "index__co_visits", "index__follows"
TASTE, TASTE_OF_ALL = "index__taste", "index__taste_of_all"
COLUMNS = (CO_VISITS, FOLLOWS, TASTE, TASTE_OF_ALL)
"""What the index says of a candidate: inputs of the second stage, in training as in serving."""


@dataclass(frozen=True)
class CandidateIndex:
    """Items, and what leads to them.

    Attributes:
        names: name of each item: text [n].
        places: its place: text [n].
        popularity: how often it was chosen lately: float32 [n].
        prices: its mean nightly price, NaN where not known: float32 [n].
        near: for each item those chosen with it, -1 beyond the last: int32 [n, m].
        near_weights: cosine of their travellers: float32 [n, m].
        next: for each item those that were chosen after it: int32 [n, m].
        next_weights: share of the choices after it: float32 [n, m].
        factors: item factors: float32 [n, f].
        draws: what people like: float32 [k, d]; see `Tastes`.
        weights: utility of each item, and of what people like in it: float32 [n, 1 + d].
        origins: where a known route leaves from: text [r].
        destinations: where it leads to: text [r].
        weekdays: days of the week on which it is flown, a bit each, Monday the lowest: uint8 [r].
    """

    names: NDArray[np.str_]
    places: NDArray[np.str_]
    popularity: Floats
    prices: Floats
    near: NDArray[np.int32]
    near_weights: Floats
    next: NDArray[np.int32]
    next_weights: Floats
    factors: Floats
    draws: Floats
    weights: Floats
    origins: NDArray[np.str_]
    destinations: NDArray[np.str_]
    weekdays: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.names)

    def save(self, path: Path) -> None:
        """Write the index; no pickle."""
        np.savez_compressed(
            path, allow_pickle=False, **{one.name: getattr(self, one.name) for one in fields(self)}
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an index.

        Raises:
            ServingError: the file is missing, damaged, or no index.
        """
        try:
            with path.open("rb") as file, NpzFile(file, allow_pickle=False) as content:
                found = cls(**{one.name: content[one.name] for one in fields(cls)})
            found._require_shapes()
        except _DAMAGED as error:
            raise ServingError(
                f"{path}: not a candidate index: {error}", remedy="train the model again"
            ) from error
        return found

    def _require_shapes(self) -> None:
        sizes = {"draws": len(self.draws)}
        sizes |= dict.fromkeys(("origins", "destinations", "weekdays"), len(self.origins))
        for one in fields(self):
            values, rows = getattr(self, one.name), sizes.get(one.name, len(self))
            if values.ndim == 0 or len(values) != rows:
                raise ValueError(f"{one.name} has the shape {values.shape}, for {rows} rows")
        if self.draws.ndim != 2 or self.weights.shape[1:] != (self.draws.shape[1] + 1,):
            raise ValueError(f"weights has the shape {self.weights.shape}")

    @cached_property
    def known_places(self) -> tuple[str, ...]:
        """Places that have an item, sorted."""
        return tuple(sorted({str(one) for one in self.places}))

    @cached_property
    def _place_number(self) -> Ints:
        number = {place: position for position, place in enumerate(self.known_places)}
        return np.array([number[str(one)] for one in self.places], dtype=np.int64)

    @cached_property
    def _tastes(self) -> Tastes:
        return Tastes(self.draws, self.weights, self._place_number)

    @cached_property
    def _number(self) -> dict[tuple[str, str], int]:
        pairs = zip(self.names.tolist(), self.places.tolist(), strict=True)
        return {pair: position for position, pair in enumerate(pairs)}

    @cached_property
    def _by_popularity(self) -> Ints:
        return np.argsort(-self.popularity, kind="stable")

    @cached_property
    def _popular_in(self) -> list[Ints]:
        """Items of each place, the most popular first."""
        order = self._by_popularity
        places = self._place_number[order]
        order = order[np.argsort(places, kind="stable")]
        return np.split(order, np.cumsum(np.bincount(self._place_number))[:-1])

    @cached_property
    def _gram(self) -> NDArray[np.float64]:
        wide = self.factors.astype(np.float64)
        return np.asarray(wide.T @ wide + REGULARIZATION * np.eye(wide.shape[1]))

    def positions(self, names: Sequence[str], places: Sequence[str]) -> Ints:
        """Positions of items, in order; -1 for those that are not known."""
        found = [self._number.get(pair, -1) for pair in zip(names, places, strict=True)]
        return np.array(found, dtype=np.int64)

    def numbers(self, names: Sequence[str], places: Sequence[str]) -> Ints:
        """Positions of items, in order; those that are not known are left out."""
        found = self.positions(names, places)
        return found[found >= 0]

    def counted(self, history: Ints) -> Ints:
        """Items of which it tells something how often they were chosen: each once, sorted.

        All where they are few; else those of the history, so that not all need be looked up.
        """
        return np.arange(len(self)) if len(self) <= MOST else np.unique(history)

    def describe(
        self, items: Ints, history: Ints, counts: NDArray[np.float64]
    ) -> dict[str, Floats]:
        """Say what is known of some candidates for one traveller: COLUMNS, each float32 [m].

        Args:
            items: positions of the candidates.
            history: items chosen before, the newest first.
            counts: how often each of `counted(history)` was chosen.
        """
        both = np.stack([counts, np.zeros_like(counts)])
        taste, of_all = self._tastes.log_chances(items, self.counted(history), both)
        return {
            CO_VISITS: self.co_visits(history)[items],
            FOLLOWS: self.follows(history)[items],
            TASTE: taste,
            TASTE_OF_ALL: of_all,
        }

    def co_visits(self, history: Ints) -> Floats:
        """How much each item was chosen by those who chose the history: float32 [n].

        Args:
            history: items chosen before, each as often as it was.
        """
        return self._spread(self.near[history], self.near_weights[history])

    def follows(self, history: Ints) -> Floats:
        """Share of the choices after the newest of the history: float32 [n].

        Args:
            history: items chosen before, the newest first.
        """
        return self._spread(self.next[history[:1]], self.next_weights[history[:1]])

    def _spread(self, items: NDArray[np.int32], weights: Floats) -> Floats:
        known = items >= 0
        found = np.bincount(items[known], weights=weights[known], minlength=len(self))
        return found.astype(np.float32)

    def affinity(self, history: Ints) -> Floats:
        """Nearness of each item to the history in the factorisation: float32 [n].

        The traveller's own factors are not stored: they are solved for, with the item factors held
        (Hu, Koren and Volinsky, 2008, equation 4), from the confidence with which these were
        fitted: CONFIDENCE times the count of a choice, 1 where there is none.
        """
        if not len(history):
            return np.zeros(len(self), dtype=np.float32)
        items, counts = np.unique(history, return_counts=True)
        chosen = self.factors[items].astype(np.float64)
        confidence = CONFIDENCE * counts
        left = self._gram + (chosen.T * (confidence - 1.0)) @ chosen
        mine = np.linalg.solve(left, chosen.T @ confidence)
        return self.factors @ mine.astype(np.float32)

    def retrieve(self, history: Ints, allowed: Mask | None = None, most: int = MOST) -> Ints:
        """Find the items that are worth ranking.

        Args:
            history: items chosen before, the newest first.
            allowed: which items may be found; None for all: bool [n].
            most: how many at most.

        Returns:
            Positions of items, each once, sorted; all that are allowed where they are few.
        """
        count = len(self) if allowed is None else int(allowed.sum())
        if count <= most:
            return np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        found: dict[int, None] = {}
        share = most // 4
        self._take(found, history, allowed, share)
        self._take(found, _best(self.co_visits(history), share), allowed, share)
        self._take(found, _best(self.follows(history), share // 2), allowed, share // 2)
        self._take(found, self._popular_where_they_go(history, share), allowed, share)
        if len(history):
            self._take(found, _best(self.affinity(history), 4 * share), allowed, share)
        popular = self._by_popularity
        if allowed is not None:
            popular = popular[allowed[popular]]
        self._take(found, popular[:most], None, most - len(found))
        return np.sort(np.array(list(found)[:most], dtype=np.int64))

    def _take(self, found: dict[int, None], items: Ints, allowed: Mask | None, most: int) -> None:
        if allowed is not None:
            items = items[allowed[items]]
        for item in dict.fromkeys(items.tolist()):
            if most <= 0:
                return
            if item not in found:
                found[item] = None
                most -= 1

    def _popular_where_they_go(self, history: Ints, most: int) -> Ints:
        places, counts = np.unique(self._place_number[history], return_counts=True)
        if not len(places):
            return np.empty(0, dtype=np.int64)
        shares = np.maximum(2, most * counts // counts.sum())
        picked = [
            self._popular_in[place][:share] for place, share in zip(places, shares, strict=True)
        ]
        return np.concatenate(picked)

    def reachable(self, origin: str, weekday: int | None = None) -> Mask | None:
        """Tell which items lie where a known route from a place leads: bool [n].

        Args:
            origin: where somebody leaves from; what lies there itself cannot be flown to.
            weekday: day on which they arrive, 0 for Monday; None for any day.

        Returns:
            None where no route from there is known, so that nothing can be told.
        """
        mine = self.origins == origin
        if not mine.any():
            return None
        if weekday is not None:
            mine &= (self.weekdays >> weekday & 1).astype(np.bool_)
        return np.asarray(np.isin(self.places, self.destinations[mine]) & (self.places != origin))


def _best(scores: Any, most: int) -> Ints:
    """Positions of the highest scores above zero, the highest first."""
    most = min(most, len(scores))
    if not most:
        return np.empty(0, dtype=np.int64)
    some = np.argpartition(-scores, most - 1)[:most]
    some = some[scores[some] > 0]
    return np.asarray(some[np.argsort(-scores[some], kind="stable")], dtype=np.int64)
