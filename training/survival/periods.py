"""Rows as periods: one for each interval that a row was watched in, with what happened in it.

So a survival model becomes a classifier of periods that any trees can be, and all horizons are
answered by one fit. Every planning day is a landmark, from which time is counted anew: Singer and
Willett, It's about time, 1993; van Houwelingen, Dynamic prediction by landmarking in event history
analysis, 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Input
from tambo.serving.survival import FAILURE, OTHER
from training.design import Matrix
from training.metrics import Floats
from training.onnx_export import INPUT, Graph
from training.survival.outcome import Ints, Outcomes

FLOAT = 1
"""ONNX's number of the type float32."""
NOTHING, FAILED, MAINTAINED = 0, 1, 2
"""Classes of a period."""


@dataclass(frozen=True)
class Layout:
    """Which inputs periods are made of.

    Attributes:
        edges: days at which intervals begin and end.
        reads: inputs, as they are at the landmark.
        down: of these, days to something: they are less when a later interval begins.
        up: of these, days since something: they are more.
        worse: of these, what may only raise the chance of a failure.
        better: of these, what may only lower it.
    """

    edges: tuple[int, ...]
    reads: tuple[str, ...]
    down: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    better: tuple[str, ...] = ()

    @property
    def intervals(self) -> int:
        """How many there are."""
        return len(self.edges) - 1

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of a period."""
        moved = (*self.down, *self.up)
        return ("interval begins", *(f"{name} then" for name in moved), *self.reads)

    @property
    def signs(self) -> tuple[int, ...]:
        """Of each column, 1 where more of it may only be worse, -1 only better, else 0."""
        return self.signs_of([name.removesuffix(" then") for name in self.columns])

    def signs_of(self, names: Sequence[str]) -> tuple[int, ...]:
        """The same of some inputs."""
        return tuple((name in self.worse) - (name in self.better) for name in names)

    def inputs(self, known: tuple[Input, ...]) -> tuple[Input, ...]:
        """The inputs that are read, in the order of the columns."""
        named = {one.name: one for one in known}
        return tuple(named[name] for name in self.reads)

    def _moved(self) -> tuple[list[int], NDArray[np.float32]]:
        """Positions of the inputs that time moves, and by what a day moves them."""
        positions = [self.reads.index(name) for name in (*self.down, *self.up)]
        signs = [-1.0] * len(self.down) + [1.0] * len(self.up)
        return positions, np.array(signs, np.float32)

    def periods(self, matrix: Matrix) -> Matrix:
        """All periods of some rows, below each other: float32 [n * intervals, columns]."""
        begins = np.array(self.edges[:-1], np.float32)[None, :, None]
        positions, signs = self._moved()
        rows, count = len(matrix), self.intervals
        moved = matrix[:, None, positions] + begins * signs
        fixed = np.broadcast_to(matrix[:, None], (rows, count, matrix.shape[1]))
        began = np.broadcast_to(begins, (rows, count, 1))
        both = np.concatenate([began, moved, fixed], axis=2, dtype=np.float32)
        return both.reshape(rows * count, -1)

    def periods_onnx(self, graph: Graph, rows: str) -> str:
        """The same of rows [n, inputs] of a graph."""
        begins = np.array(self.edges[:-1], np.float32)[None, :, None]
        positions, signs = self._moved()
        axis = graph.constant(np.array([1], np.int64))
        first = graph.add("IsNaN", graph.columns([0]))
        # Shape without value: a zero for each row, whatever it holds.
        none = graph.add("Mul", graph.add("Cast", first, to=FLOAT), graph.constant(0.0))
        began = graph.add("Add", graph.add("Unsqueeze", none, axis), graph.constant(begins))
        wide = graph.add("Unsqueeze", rows, axis)
        chosen = graph.constant(np.array(positions, np.int64))
        moving = graph.add("Gather", wide, chosen, axis=2)
        moved = graph.add("Add", moving, graph.constant(begins * signs))
        shape = graph.constant(np.array([1, self.intervals, 1], np.int64))
        parts = [began, moved, graph.add("Expand", wide, shape)]
        both = graph.add("Concat", *parts, axis=2)
        flat = graph.constant(np.array([-1, len(self.columns)], np.int64))
        return graph.add("Reshape", both, flat)


def without_gaps(graph: Graph, filling: NDArray[np.float32]) -> str:
    """The features with something in place of what is missing: [n, inputs]."""
    return graph.add("Where", graph.add("IsNaN", INPUT), graph.constant(filling), INPUT)


def watched(label: Floats, intervals: int) -> tuple[Ints, Ints]:
    """Which periods of some rows were watched, and what happened in each.

    Args:
        label: outcomes, float64 [n, 3].
        intervals: periods of a row.

    Returns:
        Positions among all periods, and their class: int64 [periods watched], twice.
    """
    found = Outcomes.of(label)
    ended = found.watched + found.seen
    number = np.arange(intervals)
    there = number < ended[:, None]
    classes = np.zeros(there.shape, np.int64)
    for cause, name in ((FAILURE, FAILED), (OTHER, MAINTAINED)):
        rows = np.flatnonzero(found.cause == cause)
        classes[rows, found.watched[rows]] = name
    return np.flatnonzero(there), classes[there]


def as_answers(chances: Floats, intervals: int) -> Floats:
    """Chances of a period's classes as the answer to a row: float64 [n, intervals * 2]."""
    return chances[:, [FAILED, MAINTAINED]].reshape(-1, 2 * intervals)


def as_answers_onnx(graph: Graph, chances: str, intervals: int) -> str:
    """The same of chances [n * intervals, 3] of a graph."""
    causes = graph.constant(np.array([FAILED, MAINTAINED], np.int64))
    both = graph.add("Gather", chances, causes, axis=1)
    return graph.add("Reshape", both, graph.constant(np.array([-1, 2 * intervals], np.int64)))
