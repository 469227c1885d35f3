"""Life tables: hazards counted by interval, of all rows or by how long a fixed interval has to run.

They are what a survival model must beat. The table of all says what the fleet does on average; that
of the fixed interval says what today's practice leads to: a vessel is maintained where it is
planned, else when the usual days of its kind are over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Input
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.metrics import Floats
from training.onnx_export import Graph
from training.survival.periods import (
    FLOAT,
    Layout,
    as_answers,
    as_answers_onnx,
    watched,
)

if TYPE_CHECKING:
    from onnx import ModelProto

FEWEST = 20.0
"""Periods of the whole table that each cell counts as well: a cell of three says little."""
BOUNDS = (-60.0, -21.0, -7.0, 0.0, 7.0, 14.0, 30.0, 60.0, 120.0)
"""Days that a fixed interval has to run when a period begins: where one cell ends."""


@dataclass(frozen=True)
class Clock:
    """How long a fixed interval has to run.

    Attributes:
        plan: input with the days to what is planned.
        since: input with the days since the last maintenance.
        kind: category whose usual days between two maintenances are taken where nothing is planned.
    """

    plan: str
    since: str
    kind: str


@dataclass(frozen=True)
class LifeTable:
    """Hazards by interval.

    Attributes:
        layout: gives the intervals.
        name: the estimator's name.
        clock: the fixed interval that cells are counted by; None: one cell for all.
    """

    layout: Layout
    name: str
    clock: Clock | None = None

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedLifeTable:
        """Count; there is nothing to stop and nothing random."""
        kept, classes = watched(train.label, self.layout.intervals)
        whole = _chances(classes, np.full(3, 1.0 / 3.0))
        inputs = _read(self.clock, train.inputs)
        made = FittedLifeTable(self.name, inputs, self.layout, self.clock, np.zeros(0), whole[None])
        if self.clock is None:
            number = kept % self.layout.intervals
            by = [_chances(classes[number == one], whole) for one in range(self.layout.intervals)]
            return FittedLifeTable(self.name, inputs, self.layout, None, np.zeros(0), np.array(by))
        rows = train.select(inputs)
        usual = _usual(rows, train.label, len(inputs[-1].vocabulary or ()))
        made = FittedLifeTable(self.name, inputs, self.layout, self.clock, usual, whole[None])
        cells = made.cells(rows).reshape(-1)[kept]
        by = [_chances(classes[cells == one], whole) for one in range(len(BOUNDS) + 1)]
        return FittedLifeTable(self.name, inputs, self.layout, self.clock, usual, np.array(by))


@dataclass(frozen=True)
class FittedLifeTable:
    """A counted table.

    Attributes:
        usual: days between two maintenances by kind, first of an unknown one: float64 [kinds + 1].
        table: chances of a period's classes by cell: float64 [cells, 3].
    """

    name: str
    inputs: tuple[Input, ...]
    layout: Layout
    clock: Clock | None
    usual: Floats
    table: Floats

    def cells(self, matrix: Matrix) -> NDArray[np.int64]:
        """The cell of each period: int64 [n, intervals]."""
        if self.clock is None:
            every = np.arange(self.layout.intervals)
            return np.broadcast_to(every, (len(matrix), self.layout.intervals))
        plan, since, kind = matrix.T
        usual = self.usual.astype(np.float32)[kind.astype(np.int64) + 1]
        left = np.where(np.isnan(plan), usual - np.where(np.isnan(since), 0, since), plan)
        begins = np.array(self.layout.edges[:-1], np.float32)
        passed = left[:, None] - begins
        return np.asarray(np.searchsorted(np.array(BOUNDS), passed, side="right"))

    def predict(self, matrix: Matrix) -> Floats:
        """Hazards of all intervals: float64 [n, intervals * 2]."""
        found = self.table[self.cells(matrix)]
        return as_answers(found.reshape(-1, 3), self.layout.intervals)

    def to_onnx(self) -> ModelProto:
        """A table that is looked up."""
        from onnx import TensorProto

        graph = Graph(width=len(self.inputs), answers=2 * self.layout.intervals)
        first = graph.columns([0])
        if self.clock is None:
            none = graph.add("Cast", graph.add("IsNaN", first), to=FLOAT)
            every = graph.constant(np.arange(self.layout.intervals, dtype=np.float32)[None])
            number = graph.add("Add", graph.add("Mul", none, graph.constant(0.0)), every)
        else:
            since, zero = graph.columns([1]), graph.constant(0.0)
            known = graph.add("Where", graph.add("IsNaN", since), zero, since)
            usual = graph.table(self.usual[:, None], graph.codes(2))
            rest = graph.add("Sub", usual, known)
            left = graph.add("Where", graph.add("IsNaN", first), rest, first)
            axis = graph.constant(np.array([2], np.int64))
            begins = graph.constant(np.array(self.layout.edges[:-1], np.float32)[None])
            then = graph.add("Unsqueeze", graph.add("Sub", left, begins), axis)
            bounds = graph.constant(np.array(BOUNDS, np.float32)[None, None])
            passed = graph.add("Cast", graph.add("GreaterOrEqual", then, bounds), to=FLOAT)
            number = graph.add("ReduceSum", passed, axis, keepdims=0)
        cells = graph.add("Cast", number, to=TensorProto.INT64)
        flat = graph.add("Reshape", cells, graph.constant(np.array([-1], np.int64)))
        found = graph.table(self.table, flat)
        return graph.finish(as_answers_onnx(graph, found, self.layout.intervals))

    def save_native(self, folder: Path) -> None:
        """Write the table as JSON."""
        content = {"bounds": BOUNDS, "usual": self.usual.tolist(), "table": self.table.tolist()}
        (folder / "table.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many cells there are."""
        return {"cells": float(len(self.table))}

    def gains(self) -> dict[str, float]:
        """None: it reads one thing."""
        return {}


def _read(clock: Clock | None, known: tuple[Input, ...]) -> tuple[Input, ...]:
    """What a table reads; the table of all reads one input, and does not look at it."""
    named = {one.name: one for one in known}
    return (
        known[:1]
        if clock is None
        else tuple(named[n] for n in (clock.plan, clock.since, clock.kind))
    )


def _chances(classes: NDArray[np.int64], whole: Floats) -> Floats:
    found = np.bincount(classes, minlength=3) + FEWEST * whole
    return np.asarray(found / found.sum())


def _usual(rows: Matrix, label: Floats, kinds: int) -> Floats:
    """Mean days from one maintenance to the next, of rows whose next one was seen."""
    between = rows[:, 1] + label[:, 1]
    known = np.isfinite(between)
    overall = float(between[known].mean()) if known.any() else 180.0
    found = [overall]
    for kind in range(kinds):
        own = known & (rows[:, 2] == kind)
        found.append(float(between[own].mean()) if own.any() else overall)
    return np.array(found)
