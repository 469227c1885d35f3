"""The Q-network as an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.parameters import Floats
from tambo.planning.fleet.schedules import Value
from training.onnx_export import INPUT, Graph, answer, open_session

if TYPE_CHECKING:
    from onnx import ModelProto


def to_onnx(weights: Sequence[NDArray[np.float32]]) -> ModelProto:
    """Write a network of `network.build`: features [n, k] to the worth of staying and entering.

    A feature that is missing counts as 0: nothing booked, nothing worn.

    Args:
        weights: of `network.weights`; those of the duelling network have one layer more.
    """
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    graph = Graph(width=weights[0].shape[0], answers=2)

    def dense(values: str, number: int) -> str:
        kernel, bias = layers[number]
        product = graph.add("MatMul", values, graph.constant(kernel))
        return graph.add("Add", product, graph.constant(bias))

    missing = graph.add("IsNaN", INPUT)
    hidden = graph.add("Where", missing, graph.constant(np.zeros(1, np.float32)), INPUT)
    for number in (0, 1):
        hidden = graph.add("Relu", dense(hidden, number))
    if len(layers) == 3:
        return graph.finish(dense(hidden, 2))
    advantage = dense(hidden, 3)
    middle = graph.add("ReduceMean", advantage, axes=[1], keepdims=1)
    worth = graph.add("Add", dense(hidden, 2), graph.add("Sub", advantage, middle))
    return graph.finish(worth)


def valued(model: ModelProto | bytes) -> Value:
    """What a graph answers, as `policies.Valued` asks for it."""
    session = open_session(model)

    def value(seen: NDArray[np.float32]) -> Floats:
        flat = answer(session, seen.reshape(-1, seen.shape[-1]))
        return np.asarray(flat.reshape(*seen.shape[:-1], 2))

    return value
