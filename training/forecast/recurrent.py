"""An LSTM over all series at once: an encoder of the past, a decoder of what is known ahead.

The encoder reads past counts, the decoder what is known of each step in advance, and three numbers
come out for each: the middle, and by how much low and high lie apart from it, so that quantiles
never cross. Hochreiter and Schmidhuber, Long short-term memory, 1997; Wen et al., A multi-horizon
quantile recurrent forecaster, 2017.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tambo.serving.spec import UNKNOWN, Input
from training.design import Design, Matrix
from training.estimators import FitOptions
from training.forecast.head import (
    Head,
    Numbers,
    Prepared,
    answer,
    answer_onnx,
    build_head,
    mean_level,
    prepare,
    targets,
)
from training.forecast.layout import Layout
from training.forecast.lstm_graph import lstm
from training.forecast.network import build_network, load_keras
from training.forecast.scaling import Scaling
from training.metrics import Floats
from training.onnx_export import Graph

if TYPE_CHECKING:
    from onnx import ModelProto

PARAMS = {"units": 24.0, "learning_rate": 8e-3}
"""Parameters that the search did not set; the search tries these first."""

BATCH = 128
FORGOTTEN = 0.15
"""Share of the training rows that are shown as if the series were new."""


@dataclass(frozen=True)
class Recurrent:
    """A Keras LSTM on `Layout`.

    Attributes:
        layout: which series are what.
        history: series that a new series lacks.
        window: newest counts that the encoder reads, where the search does not say.
        epochs: epochs of a fit.
        name: the estimator's name.
    """

    layout: Layout
    history: tuple[str, ...]
    window: int = 28
    epochs: int = 30
    name: str = "lstm"

    def fit(self, train: Design, stop: Design, options: FitOptions) -> FittedRecurrent:
        """Fit for the epochs declared, at a rate that falls to 0: there is nothing to stop.

        Where a place has a dozen stopping origins, to stop where they are forecast best is to
        learn their noise.
        """
        keras = load_keras(options.seed)
        params = {"window": float(self.window), **PARAMS, **options.params}
        epochs = options.rounds or self.epochs
        window = min(int(params["window"]), len(train.positions([self.layout.window])))
        train = _with_new_series(train, self.layout, self.history, options.seed)
        prior = mean_level(train.label)
        found = prepare(train, self.layout, prior)
        scaling = Scaling.of(found.known)
        network = build_network(
            keras,
            window=window,
            steps=self.layout.steps,
            known=2 * len(self.layout.known),
            places=found.place.shape[1],
            updates=epochs * -(-len(train) // BATCH),
            params=params,
        )
        network.fit(
            _inputs(found, scaling, window),
            targets(found, train.label),
            batch_size=BATCH,
            epochs=epochs,
            verbose=0,
        )
        return FittedRecurrent(
            name=self.name,
            inputs=self.layout.inputs(train.inputs),
            layout=self.layout,
            prior=prior,
            scaling=scaling,
            window=window,
            network=network,
            epochs=epochs,
        )


@dataclass(frozen=True)
class FittedRecurrent:
    """A fitted network with the head before it."""

    name: str
    inputs: tuple[Input, ...]
    layout: Layout
    prior: float
    scaling: Scaling
    window: int
    network: Any
    epochs: int

    def predict(self, matrix: Matrix) -> Floats:
        """The quantiles of every step, by Keras: float64 [n, steps * 3]."""
        rows = Design(self.inputs, matrix, np.empty(len(matrix)), {})
        found = prepare(rows, self.layout, self.prior)
        read = _inputs(found, self.scaling, self.window)
        offsets: Numbers = self.network.predict(read, batch_size=1024, verbose=0)
        return answer(found, offsets)

    def to_onnx(self) -> ModelProto:
        """Head and network as one graph, from the network's weights."""
        graph = Graph(width=sum(one.width for one in self.inputs), answers=3 * self.layout.steps)
        head = build_head(graph, self.inputs, self.layout, self.prior)
        layers = {layer.name: layer.get_weights() for layer in self.network.layers}
        ahead = self._ahead_onnx(graph, head, layers["place"][0])
        _, hidden, cell = lstm(graph, _past_onnx(graph, head, self.window), layers["encoder"])
        states, _, _ = lstm(graph, ahead, layers["decoder"], (hidden, cell))
        both = graph.add("Concat", states, ahead, axis=2)
        dense = graph.add("Relu", _dense_onnx(graph, both, layers["dense"]))
        offsets = _quantiles_onnx(graph, _dense_onnx(graph, dense, layers["out"]))
        return graph.finish(answer_onnx(graph, head, offsets, self.layout.steps))

    def _ahead_onnx(self, graph: Graph, head: Head, weights: Numbers) -> str:
        """What is known of each step, with the numbers that tell the series."""
        place = graph.add("MatMul", head.place, graph.constant(weights))
        axis = graph.constant(np.array([1], np.int64))
        shape = graph.constant(np.array([1, self.layout.steps, 1], np.int64))
        repeated = graph.add("Expand", graph.add("Unsqueeze", place, axis), shape)
        return graph.add("Concat", self.scaling.onnx(graph, head.known), repeated, axis=2)

    def save_native(self, folder: Path) -> None:
        """Keras' own file, and the head's numbers as JSON."""
        self.network.save(folder / "network.keras")
        content = {
            "prior": self.prior,
            "window": self.window,
            "mean": self.scaling.mean.tolist(),
            "spread": self.scaling.spread.tolist(),
            "known": self.layout.known,
        }
        (folder / "head.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> dict[str, float]:
        """How many epochs gave the network, and how many numbers it has."""
        return {"epochs": float(self.epochs), "weights": float(self.network.count_params())}

    def gains(self) -> dict[str, float]:
        """None: a network has no view of its own."""
        return {}


def load(folder: Path, layout: Layout, rows: Design) -> tuple[Any, list[Numbers]]:
    """Read a network from its native files, with what it reads of some rows."""
    keras = load_keras(0)
    head = json.loads((folder / "head.json").read_text(encoding="utf-8"))
    scaling = Scaling(np.array(head["mean"], np.float32), np.array(head["spread"], np.float32))
    network = keras.models.load_model(folder / "network.keras", compile=False)
    return network, _inputs(prepare(rows, layout, head["prior"]), scaling, head["window"])


def _inputs(found: Prepared, scaling: Scaling, window: int) -> list[Numbers]:
    past = np.stack([found.window, found.counted], axis=-1)[:, -window:]
    return [past, scaling.apply(found.known), found.place]


def _past_onnx(graph: Graph, head: Head, window: int) -> str:
    ends = [graph.constant(np.array([one], np.int64)) for one in (-window, 2**62, 1)]
    axis = graph.constant(np.array([2], np.int64))
    parts = [
        graph.add("Unsqueeze", graph.add("Slice", one, *ends), axis)
        for one in (head.window, head.counted)
    ]
    return graph.add("Concat", *parts, axis=2)


def _dense_onnx(graph: Graph, values: str, weights: list[Numbers]) -> str:
    kernel, bias = weights
    return graph.add(
        "Add", graph.add("MatMul", values, graph.constant(kernel)), graph.constant(bias)
    )


def _quantiles_onnx(graph: Graph, out: str) -> str:
    middle, low, high = (
        graph.add("Gather", out, graph.constant(np.array([at], np.int64)), axis=2)
        for at in range(3)
    )
    return graph.add(
        "Concat",
        graph.add("Sub", middle, graph.add("Softplus", low)),
        middle,
        graph.add("Add", middle, graph.add("Softplus", high)),
        axis=2,
    )


def _with_new_series(design: Design, layout: Layout, history: tuple[str, ...], seed: int) -> Design:
    """Some rows as if their series were new: a short past, and nothing of the year before."""
    random = np.random.default_rng(seed)
    matrix = design.matrix.copy()
    chosen = np.flatnonzero(random.random(len(design)) < FORGOTTEN)
    window = design.positions([layout.window])
    for row in chosen:
        matrix[row, window[: random.integers(len(window) // 2, len(window) - 5)]] = np.nan
    matrix[np.ix_(chosen, np.array(design.positions(list(history))))] = np.nan
    matrix[chosen, design.positions([layout.series])[0]] = UNKNOWN
    return replace(design, matrix=matrix)
