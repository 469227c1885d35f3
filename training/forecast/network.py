"""The network: an LSTM that reads the past, one that reads what is known ahead, in Keras."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from training import keras_runtime
from training.forecast.metrics import LEVELS

PLACES = 6
"""Numbers that a series is told by."""

FORGETS = 0.3
"""Share of the inputs of the dense layer, and of the past's states, that a step does without."""

NOISE = 0.1
"""Spread of the noise on past counts, in logarithms: no past can be learnt by heart."""


def load_keras(seed: int) -> Any:
    """Import Keras on the CPU, with every random choice and every sum in a fixed order."""
    keras = keras_runtime.load()
    import tensorflow as tf

    # Keras copies tensors in a way that numpy 2 has deprecated; nothing is wrong with them.
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
    # A search makes a network for each trial; TensorFlow takes that for a mistake.
    tf.get_logger().setLevel("ERROR")
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return keras


def build_network(
    keras: Any,
    *,
    window: int,
    steps: int,
    known: int,
    places: int,
    updates: int,
    params: Mapping[str, float],
) -> Any:
    """Build and compile the network.

    Args:
        keras: from `load_keras`.
        window: past counts.
        steps: steps ahead.
        known: numbers known of each step.
        places: categories of the series.
        updates: updates of the weights until the learning rate is 0.
        params: units and learning_rate.

    Returns:
        A model from past [n, window, 2], known [n, steps, known] and place [n, places] to
        quantiles [n, steps, 3], logarithms less the base; none above the next.
    """
    units, layers = int(params["units"]), keras.layers
    past = keras.Input((window, 2), name="past")
    ahead = keras.Input((steps, known), name="known")
    place = keras.Input((places,), name="place_of_row")
    of_place = layers.Dense(PLACES, use_bias=False, name="place")(place)
    told = layers.Concatenate()([ahead, layers.RepeatVector(steps)(of_place)])
    noisy = layers.GaussianNoise(NOISE)(past)
    _, hidden, cell = layers.LSTM(units, return_state=True, name="encoder")(noisy)
    state = [layers.Dropout(FORGETS)(hidden), layers.Dropout(FORGETS)(cell)]
    states = layers.LSTM(units, return_sequences=True, name="decoder")(told, initial_state=state)
    both = layers.Dropout(FORGETS)(layers.Concatenate()([states, told]))
    dense = layers.Dense(2 * units, activation="relu", name="dense")(both)
    out = layers.Dense(3, name="out", kernel_initializer="zeros")(dense)
    network = keras.Model([past, ahead, place], _apart(keras, out))
    rate = keras.optimizers.schedules.CosineDecay(params["learning_rate"], updates)
    network.compile(keras.optimizers.Adam(rate), loss=_pinball(keras.ops))
    return network


def _apart(keras: Any, out: Any) -> Any:
    ops = keras.ops
    low, high = ops.softplus(out[..., 1:2]), ops.softplus(out[..., 2:])
    return ops.concatenate([out[..., :1] - low, out[..., :1], out[..., :1] + high], axis=-1)


def _pinball(ops: Any) -> Any:
    """Mean pinball loss over the steps that count; targets are [n, steps, (counts, value)]."""
    levels = np.array(LEVELS, np.float32)

    def loss(targets: Any, answers: Any) -> Any:
        counts, values = targets[..., :1], targets[..., 1:]
        short = values - answers
        found = ops.maximum(levels * short, (levels - 1.0) * short) * counts
        return ops.sum(found, axis=(1, 2)) / ops.maximum(ops.sum(counts, axis=(1, 2)), 1.0)

    return loss
