"""Building a candidate index from choices: what goes together, a factorisation, and tastes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tambo.serving.candidate_index import CONFIDENCE, REGULARIZATION, CandidateIndex
from training.tastes import fit_tastes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NEIGHBOURS = 50
FACTORS, ITERATIONS = 16, 15


@dataclass(frozen=True)
class Choices:
    """Who chose what, in order of time.

    Attributes:
        person: number of the person: int64 [c].
        item: position of the item: int64 [c].
        lately: whether the choice counts for popularity: bool [c].
    """

    person: NDArray[np.int64]
    item: NDArray[np.int64]
    lately: NDArray[np.bool_]


def build_index(items: pa.Table, choices: Choices, routes: pa.Table, seed: int) -> CandidateIndex:
    """Count and factorise.

    Args:
        items: columns name, place and price.
        choices: of these items.
        routes: columns origin, destination and weekdays.
        seed: of the factorisation and of the tastes.
    """
    count = items.num_rows
    matrix = _matrix(choices, count)
    _, group = np.unique(_text(items, "place"), return_inverse=True)
    tastes = fit_tastes(matrix, group.astype(np.int64), seed)
    near, near_weights = _top(_cosine(matrix), count)
    following, following_weights = _top(_transitions(choices, count), count)
    weight = choices.lately.astype(np.float64)
    prices = items.column("price").to_numpy().astype(np.float32)
    return CandidateIndex(
        names=_text(items, "name"),
        places=_text(items, "place"),
        popularity=np.bincount(choices.item, weight, minlength=count).astype(np.float32),
        prices=prices,
        near=near,
        near_weights=near_weights,
        next=following,
        next_weights=following_weights,
        factors=_factorise(matrix, seed),
        draws=tastes.draws,
        weights=tastes.weights,
        origins=_text(routes, "origin"),
        destinations=_text(routes, "destination"),
        weekdays=routes.column("weekdays").to_numpy().astype(np.uint8),
    )


def _text(table: pa.Table, name: str) -> NDArray[np.str_]:
    return np.array(table.column(name).to_pylist(), dtype=np.str_)


def _matrix(choices: Choices, items: int) -> csr_array:
    from scipy.sparse import csr_array

    people = int(choices.person.max(initial=-1)) + 1
    ones = np.ones(len(choices.item), dtype=np.float32)
    return csr_array((ones, (choices.person, choices.item)), shape=(people, items))


def _cosine(matrix: csr_array) -> csr_array:
    """Cosine between the sets of people of two items.

    Sarwar et al., Item-based collaborative filtering recommendation algorithms, 2001.
    """
    who = matrix.copy()
    who.data = np.ones_like(who.data)
    lengths = np.sqrt(np.maximum(who.sum(axis=0), 1.0))
    who = who.multiply(1.0 / lengths).tocsr()
    return (who.T @ who).tocsr()


def _transitions(choices: Choices, items: int) -> csr_array:
    """Share of the choices that followed each item; row by row."""
    from scipy.sparse import csr_array

    order = np.argsort(choices.person, kind="stable")
    person, item = choices.person[order], choices.item[order]
    same = person[1:] == person[:-1]
    before, after = item[:-1][same], item[1:][same]
    counts = csr_array((np.ones(len(before)), (before, after)), shape=(items, items))
    totals = np.maximum(counts.sum(axis=1), 1.0)
    return counts.multiply(1.0 / totals[:, None]).tocsr()


def _top(scores: csr_array, items: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The highest scores of each row: columns and weights, -1 and 0 beyond the last."""
    width = min(NEIGHBOURS, items)
    found = np.full((items, width), -1, dtype=np.int32)
    weights = np.zeros((items, width), dtype=np.float32)
    for row in range(items):
        start, stop = scores.indptr[row], scores.indptr[row + 1]
        data, columns = scores.data[start:stop], scores.indices[start:stop]
        best = np.argsort(-data, kind="stable")[:width]
        found[row, : len(best)], weights[row, : len(best)] = columns[best], data[best]
    return found, weights


def _factorise(matrix: csr_array, seed: int) -> NDArray[np.float32]:
    """Item factors by alternating least squares; Hu, Koren and Volinsky, 2008."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    # Its own threads and those of the linear algebra would wait for each other.
    with threadpool_limits(1):
        model: Any = AlternatingLeastSquares(
            factors=min(FACTORS, matrix.shape[1]),
            regularization=REGULARIZATION,
            alpha=CONFIDENCE,
            iterations=ITERATIONS,
            num_threads=1,
            random_state=seed,
        )
        model.fit(csr_matrix(matrix), show_progress=False)
    return np.asarray(model.item_factors, dtype=np.float32)
