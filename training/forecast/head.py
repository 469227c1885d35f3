"""The head: the part of a graph that every forecast begins with.

It turns features into what networks and trees read: logarithms relative to the level of the newest
counts, so that places of all sizes are alike. It is written once, as ONNX; training runs the same
graph, so that a served model cannot see other numbers than those it was fitted on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Input
from training.design import Design
from training.forecast.layout import Layout
from training.metrics import Floats
from training.onnx_export import INPUT, Graph, open_session

Numbers = NDArray[np.float32]
FLOAT = 1
"""ONNX's number of the type float32."""


@dataclass(frozen=True)
class Head:
    """Names of the values that the head of a graph gives.

    Attributes:
        window: logarithms of the past counts less the level; 0 where unknown: [n, window].
        counted: 1 where the window's count is known, else 0: [n, window].
        known: what is known of the steps, NaN where it is not: [n, series, steps].
        base: logarithm that a step's answer is measured from: [n, steps].
        place: the category as a row of ones and zeros: [n, categories].
        open: 0 where nobody can come, else 1: [n, steps].
    """

    window: str
    counted: str
    known: str
    base: str
    place: str
    open: str


@dataclass(frozen=True)
class Prepared:
    """What the head gives for some rows, by the names of `Head`."""

    window: Numbers
    counted: Numbers
    known: Numbers
    base: Numbers
    place: Numbers
    open: Numbers


def build_head(graph: Graph, inputs: tuple[Input, ...], layout: Layout, prior: float) -> Head:
    """Add the head to a graph.

    Args:
        graph: takes features of `inputs`.
        inputs: `Layout.inputs`.
        layout: which series are what.
        prior: level of a series without any count.
    """
    at = _Positions(inputs)
    window = graph.add(
        "Log", _plus(graph, _not_below_zero(graph, graph.columns(at[layout.window])), 1.0)
    )
    unknown = graph.add("IsNaN", window)
    level = _level(graph, window, unknown, layout.level, prior)
    zero = graph.constant(0.0)
    flat = graph.add("Where", unknown, zero, graph.add("Sub", window, level))
    known = {name: graph.columns(at[name]) for name in (*layout.of_steps, layout.closed)}
    for name in layout.counts:
        log = graph.add("Log", _plus(graph, _not_below_zero(graph, known[name]), 1.0))
        known[name] = graph.add("Sub", log, level)
    for name in layout.ratios:
        known[name] = graph.add("Log", _plus(graph, _not_below_zero(graph, known[name]), 0.05))
    for name in layout.amounts:
        known[name] = graph.add("Log", _plus(graph, _not_below_zero(graph, known[name]), 1.0))
    for name in layout.distances:
        far = graph.constant(layout.farthest)
        near = graph.add("Min", known[name], far)
        known[name] = graph.add("Where", graph.add("IsNaN", known[name]), far, near)
    for name in layout.changes:
        first = [graph.constant(np.array([one], np.int64)) for one in (0, 1, 1)]
        begin = graph.add("Slice", known[name], *first)
        known[f"change of {name}"] = graph.add("Sub", known[name], begin)
    base = _base(graph, [known[name] for name in layout.usual], known[layout.factor], level)
    axis = graph.constant(np.array([1], np.int64))
    stacked = [graph.add("Unsqueeze", known[name], axis) for name in layout.known]
    return Head(
        window=flat,
        counted=graph.add("Cast", graph.add("Not", unknown), to=FLOAT),
        known=graph.add("Concat", *stacked, axis=1),
        base=base,
        place=_place(graph, at[layout.series][0], _categories(inputs, layout.series)),
        open=_open(graph, known[layout.closed]),
    )


def prepare(design: Design, layout: Layout, prior: float = 0.0) -> Prepared:
    """Run the head on some rows."""
    inputs = layout.inputs(design.inputs)
    graph = Graph(width=sum(one.width for one in inputs))
    head = build_head(graph, inputs, layout, prior)
    results = {name: (value, 3 if name == "known" else 2) for name, value in vars(head).items()}
    session = open_session(graph.several(results))
    return Prepared(*session.run(list(results), {INPUT: design.select(inputs)}))


def mean_level(label: Floats) -> float:
    """Level of a series without any count: the mean logarithm of all counts."""
    return float(np.nanmean(np.log1p(label)))


def targets(found: Prepared, label: Floats) -> Numbers:
    """Whether a step counts, and its logarithm less the base: [n, steps, 2]."""
    known = np.isfinite(label) & (found.open > 0)
    values = np.where(known, np.log1p(label) - found.base, 0.0)
    return np.stack([known, values], axis=-1).astype(np.float32)


def answer(found: Prepared, offsets: Numbers) -> Floats:
    """Offsets [n, steps, 3] from the base to visitors, flat; 0 where nobody can come."""
    logs = found.base[..., None].astype(np.float64) + offsets
    quantiles: Floats = np.maximum(np.expm1(logs), 0.0) * found.open[..., None]
    return quantiles.reshape(len(quantiles), -1)


def answer_onnx(graph: Graph, head: Head, offsets: str, steps: int) -> str:
    """The same of values of a graph."""
    axis = graph.constant(np.array([2], np.int64))
    logs = graph.add("Add", offsets, graph.add("Unsqueeze", head.base, axis))
    counts = graph.add("Sub", graph.add("Exp", logs), graph.constant(1.0))
    bounded = graph.add("Max", counts, graph.constant(0.0))
    opened = graph.add("Mul", bounded, graph.add("Unsqueeze", head.open, axis))
    return graph.add("Reshape", opened, graph.constant(np.array([-1, 3 * steps], np.int64)))


class _Positions:
    """Columns of the matrix by input."""

    def __init__(self, inputs: tuple[Input, ...]) -> None:
        self._at, start = {}, 0
        for one in inputs:
            self._at[one.name] = list(range(start, start + one.width))
            start += one.width

    def __getitem__(self, name: str) -> list[int]:
        return self._at[name]


def _plus(graph: Graph, value: str, number: float) -> str:
    return graph.add("Add", value, graph.constant(number))


def _not_below_zero(graph: Graph, value: str) -> str:
    # Max of NaN and 0 is NaN in ONNX Runtime as in numpy: what is unknown stays so.
    return graph.add("Max", value, graph.constant(0.0))


def _level(graph: Graph, window: str, unknown: str, newest: int, prior: float) -> str:
    """Mean of the newest known logarithms, else of all, else the prior: [n, 1]."""
    zero, axis = graph.constant(0.0), graph.constant(np.array([1], np.int64))
    values = graph.add("Where", unknown, zero, window)
    counted = graph.add("Cast", graph.add("Not", unknown), to=FLOAT)

    def mean(values: str, counted: str, otherwise: str) -> str:
        number = graph.add("ReduceSum", counted, axis, keepdims=1)
        total = graph.add("ReduceSum", values, axis, keepdims=1)
        share = graph.add("Div", total, graph.add("Max", number, graph.constant(1.0)))
        return graph.add("Where", graph.add("Greater", number, zero), share, otherwise)

    of_all = mean(values, counted, graph.constant(np.array([[prior]], np.float32)))
    ends = [graph.constant(np.array([one], np.int64)) for one in (-newest, 2**62)]
    newest_values, newest_counted = (
        graph.add("Slice", one, *ends, axis) for one in (values, counted)
    )
    return mean(newest_values, newest_counted, of_all)


def _base(graph: Graph, usual: list[str], factor: str, level: str) -> str:
    """The first of the usual counts that is known, else level and factor: [n, steps]."""
    zero = graph.constant(0.0)
    found = graph.add("Where", graph.add("IsNaN", factor), zero, factor)
    for one in reversed(usual):
        found = graph.add("Where", graph.add("IsNaN", one), found, one)
    return graph.add("Add", found, level)


def _categories(inputs: tuple[Input, ...], name: str) -> int:
    return next(len(one.vocabulary or ()) for one in inputs if one.name == name)


def _place(graph: Graph, position: int, categories: int) -> str:
    """All zeros for a place that training has not seen."""
    return graph.table(np.eye(categories + 1, max(categories, 1), k=-1), graph.codes(position))


def _open(graph: Graph, closed: str) -> str:
    shut = graph.add("Greater", closed, graph.constant(0.5))
    return graph.add("Cast", graph.add("Not", shut), to=FLOAT)
