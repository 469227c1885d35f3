"""Fitting tastes: the mixed logit under which what people chose is likeliest.

The likings are standard normal and the same points for everybody (Halton's or Sobol's points in
place of random ones: Train, Discrete choice methods with simulation, 2009, 9.3.3), so the simulated
likelihood is smooth and its gradient exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tambo.serving.tastes import Tastes, log_sums

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LIKINGS = 7
"""What people may like in an item beside what it is to everybody."""

RIDGE, RIDGE_OF_ALL = 3.0, 0.1
"""Weights of the squares: the precision of the normal priors of the weights, and of the utility to
everybody, which an item that nobody chose would else lack."""

MOST_POINTS, FEWEST_POINTS = 1024, 64
MOST_CELLS = 2_000_000
"""Points times items at most: with many items there are fewer points."""

MOST_PEOPLE = 20_000
"""People at most, drawn at random: more of them hardly change what an item is."""

ITERATIONS = 200

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Likelihood:
    """The simulated likelihood of everybody's choices.

    Attributes:
        counts: how often each person chose each item: [people, n].
        groups: number of each item's group, in order: int64 [n].
        points: 1, then the likings, of each point: float64 [k, 1 + d].
    """

    counts: csr_array
    groups: NDArray[np.int64]
    points: Floats
    first: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", np.flatnonzero(np.diff(self.groups, prepend=-1)))

    def __call__(self, flat: Floats) -> tuple[float, Floats]:
        """Its negative logarithm with the ridge, and the gradient."""
        weights = flat.reshape(self.points.shape[1], -1)
        utilities = self.points @ weights
        logs = utilities - log_sums(utilities, self.first)[:, self.groups]
        likelihood = self.counts @ logs.T
        highest = likelihood.max(axis=1, keepdims=True)
        mine = np.exp(likelihood - highest)
        whole = mine.sum(axis=1, keepdims=True)
        # How often people like each point are expected to have chosen each item.
        chosen = (self.counts.T @ (mine / whole)).T
        in_group = np.add.reduceat(chosen, self.first, axis=1)[:, self.groups]
        gradient = self.points.T @ (chosen - in_group * np.exp(logs))
        ridge = np.full((len(weights), 1), RIDGE)
        ridge[0] = RIDGE_OF_ALL
        gradient -= ridge * weights
        value = float((highest + np.log(whole)).sum() - (ridge * np.square(weights)).sum() / 2)
        return -value, -gradient.ravel()


def fit_tastes(counts: csr_array, groups: NDArray[np.int64], seed: int) -> Tastes:
    """Find each item's weights from who chose what.

    Args:
        counts: how often each person chose each item: [people, n].
        groups: number of each item's group, from 0: int64 [n].
        seed: of the people, of the points and of where the search begins.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(seed)
    people, items = counts.shape
    if people > MOST_PEOPLE:
        counts = counts[np.sort(random.choice(people, MOST_PEOPLE, replace=False))]
    order = np.argsort(groups, kind="stable")
    draws = normal_points(items, seed)
    points = np.column_stack([np.ones(len(draws)), draws])
    begin = 0.3 * random.standard_normal((points.shape[1], items))
    popular = np.log1p(np.asarray(counts.sum(axis=0), dtype=np.float64))[order]
    begin[0] = popular - popular.mean()
    # The matrices are thin: several threads of the linear algebra would wait for each other.
    with threadpool_limits(1):
        found = minimize(
            _Likelihood(counts[:, order], groups[order], points),
            begin.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": ITERATIONS},
        )
    weights = np.empty((items, points.shape[1]), dtype=np.float32)
    weights[order] = found.x.reshape(points.shape[1], items).T
    return Tastes(draws.astype(np.float32), weights, groups)


def normal_points(items: int, seed: int) -> Floats:
    """Sobol's points, as normal values: float64 [k, LIKINGS], k a power of two."""
    from scipy.stats import norm, qmc

    wanted = min(MOST_POINTS, max(FEWEST_POINTS, MOST_CELLS // items))
    sobol = qmc.Sobol(LIKINGS, rng=np.random.default_rng(seed))
    return np.asarray(norm.ppf(sobol.random_base2(int(np.log2(wanted)))))
