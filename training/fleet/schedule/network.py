"""The Q-network: one for all vessels, so that a fleet may grow or shrink.

It answers for one vessel what its share of the fleet's future is worth if it enters a hangar today,
and if it does not. The value of a base is the sum over its vessels. Source: Sunehag et al.,
"Value-decomposition networks for cooperative multi-agent learning" (2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import NAMES
from training import keras_runtime

if TYPE_CHECKING:
    import keras


def build(units: int, duelling: bool, seed: int) -> keras.Model:
    """A new network: float32 [n, feature] to [n, 2].

    Args:
        units: of each of two hidden layers.
        duelling: value and advantage apart (Wang et al. 2016, equation 9).
        seed: of its weights.
    """
    keras = keras_runtime.load()

    def dense(number: int, width: int, activation: str | None = None) -> Any:
        start = keras.initializers.GlorotUniform(seed=1000 * seed + number)
        return keras.layers.Dense(width, activation, kernel_initializer=start)

    seen = keras.Input((len(NAMES),), name="features")
    hidden = dense(1, units, "relu")(dense(0, units, "relu")(seen))
    if duelling:
        value, advantage = dense(2, 1)(hidden), dense(3, 2)(hidden)
        middle = keras.ops.mean(advantage, axis=-1, keepdims=True)
        worth = value + advantage - middle
    else:
        worth = dense(2, 2)(hidden)
    return keras.Model(seen, worth)


def weights(network: keras.Model) -> list[NDArray[np.float32]]:
    """All weights, in order."""
    return [np.asarray(one) for one in network.get_weights()]
