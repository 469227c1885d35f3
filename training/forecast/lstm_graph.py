"""An LSTM layer of Keras as a node of ONNX."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.metrics import Floats
from training.onnx_export import Graph


def lstm(
    graph: Graph,
    values: str,
    weights: Sequence[Floats],
    state: tuple[str, str] | None = None,
) -> tuple[str, str, str]:
    """Add a layer.

    Args:
        graph: what it is added to.
        values: [n, steps, inputs].
        weights: kernel, recurrent kernel and bias, as Keras gives them.
        state: hidden and cell state to begin with, each [1, n, units]; None: zeros.

    Returns:
        Hidden states [n, steps, units]; the last hidden and cell state, each [1, n, units].
    """
    from onnx import helper

    kernel, recurrent, bias = weights
    units = recurrent.shape[0]
    forward = [
        graph.constant(_gates(kernel, units).T[None]),
        graph.constant(_gates(recurrent, units).T[None]),
        graph.constant(np.concatenate([_gates(bias[None], units)[0], np.zeros(4 * units)])[None]),
    ]
    by_step = graph.add("Transpose", values, perm=[1, 0, 2])
    name = f"lstm_{len(graph.nodes)}"
    outputs = [f"{name}_{one}" for one in ("states", "hidden", "cell")]
    begin = ["", *state] if state else []
    graph.nodes.append(
        helper.make_node("LSTM", [by_step, *forward, *begin], outputs, hidden_size=units)
    )
    axis = graph.constant(np.array([1], np.int64))
    states = graph.add("Transpose", graph.add("Squeeze", outputs[0], axis), perm=[1, 0, 2])
    return states, outputs[1], outputs[2]


def _gates(weights: Floats, units: int) -> Floats:
    """Keras orders input, forget, cell, output; ONNX input, output, forget, cell."""
    into, forget, cell, out = (weights[:, n * units : (n + 1) * units] for n in range(4))
    return np.concatenate([into, out, forget, cell], axis=1)
