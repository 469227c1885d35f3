"""Choices drawn at random, of which a candidate index is built."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tambo.serving.candidate_index import CandidateIndex
from training.candidate_index import Choices, build_index

PLACES = ("Belem", "Natal", "Recife")
ROUTES = pa.table(
    {
        "origin": ["Belem", "Belem", "Natal", "Recife"],
        "destination": ["Natal", "Recife", "Belem", "Belem"],
        "weekdays": pa.array([0b0000001, 0b1000000, 0b1111111, 0b0000010], pa.uint8()),
    }
)


def choices(people: int, items: int, count: int, seed: int = 0) -> Choices:
    """Each person likes items near one of their own."""
    random = np.random.default_rng(seed)
    person = random.integers(0, people, count)
    item = (person * 7 + random.geometric(0.3, count)) % items
    return Choices(person, item, random.random(count) < 0.5)


def index(items: int, chosen: Choices, seed: int = 0) -> CandidateIndex:
    """Items named H0, H1, ... in turn over the places."""
    table = pa.table(
        {
            "name": [f"H{at}" for at in range(items)],
            "place": [PLACES[at % len(PLACES)] for at in range(items)],
            "price": [100.0 + at for at in range(items)],
        }
    )
    return build_index(table, chosen, ROUTES, seed)
