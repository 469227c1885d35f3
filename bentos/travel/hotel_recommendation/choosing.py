"""From scores to a list: the likeliest first, and no place oftener than wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from tambo.featurestore.online import OnlineRow

SAME_PLACE = 2.5
"""At a diversity of one half, what each better hotel of the same place costs, in nats: a chance 12
times as high makes up for it. It is nothing at 0, and beyond any chance at 1."""


@dataclass(frozen=True)
class Scored:
    """A hotel with what the ranker made of it.

    Attributes:
        item: position in the index.
        place: where it is.
        score: of the ranker.
        price: of a night, BRL; None where not known.
        row: what is stored.
        computed: what was computed from the request and from the index, by full feature name.
        features: both, by full name.
    """

    item: int
    place: str
    score: float
    price: float | None
    row: OnlineRow
    computed: dict[str, object]
    features: dict[str, object]


def choose(
    scored: Sequence[Scored], k: int, diversity: float, temperature: float
) -> list[tuple[Scored, float]]:
    """The first k with their chances; the more diversity, the more places are among them.

    Carbonell and Goldstein, The use of MMR, 1998, with places for documents. A hotel is never put
    above a better one of its place, so that one sorting does what they do step by step.

    Args:
        scored: in any order; equal scores keep it.
        k: how many.
        diversity: 0 to 1.
        temperature: scores over it are logarithms of chances.
    """
    order = sorted(scored, key=lambda one: -one.score)
    chances = _chances(order, temperature)
    apart = diversity == 1.0
    cost = 0.0 if apart else SAME_PLACE * diversity / (1.0 - diversity)
    better: dict[str, int] = {}
    found = []
    for one, chance in zip(order, chances.tolist(), strict=True):
        above = better.get(one.place, 0)
        better[one.place] = above + 1
        found.append((above if apart else 0, cost * above - one.score / temperature, one, chance))
    found.sort(key=itemgetter(0, 1))
    return [(one, chance) for _, _, one, chance in found[:k]]


def _chances(scored: Sequence[Scored], temperature: float) -> NDArray[np.float64]:
    scores = np.array([one.score for one in scored], dtype=np.float64) / temperature
    weights = np.exp(scores - scores.max(initial=-np.inf))
    return np.asarray(weights / weights.sum())
