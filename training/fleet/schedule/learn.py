"""Deep Q-learning of the maintenance schedule (Mnih et al. 2015), over vessels that share slots.

One row is a day of one base. The network values each vessel; the base's value is their sum, and
the best that can be done later is to let those enter for whom it is worth most, as far as there are
slots, those that must before all others. Rewards are centred (Naik et al. 2024).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import NAMES, Standing
from tambo.planning.fleet.parameters import Floats, Parameters, Roster
from tambo.planning.fleet.policies import ENTER, STAY, Valued
from training import keras_runtime
from training.fleet.schedule.choosing import Chosen, Validation
from training.fleet.schedule.experience import Experience
from training.fleet.schedule.network import build
from training.fleet.schedule.recipe import Recipe
from training.fleet.schedule.replay import Replay, Rows

if TYPE_CHECKING:
    import keras

SCALE = 3.0
"""Errors are divided by it, in units of the reward."""
SQUARE = 3.0
"""Huber's loss is square up to it. Failures are rare and dear: a lower one would learn the median
of what follows, and so forget them."""
LONGEST_GRADIENT = 5.0
LEAST_RATE = 0.05
LOOK = 500
"""Days between two looks at what fleets earn."""
FIRST = 1000.0
"""Added to the gain of those that must enter."""


class Learned:
    """A network as a policy: those enter whose gain is above nothing, the highest first.

    Args:
        network: of `network.build`.
    """

    def __init__(self, network: keras.Model) -> None:
        import tensorflow as tf

        self.network = network
        self._run = tf.function(
            lambda seen: network(seen, training=False),
            input_signature=[tf.TensorSpec((None, len(NAMES)), tf.float32)],
        )

    def value(self, seen: NDArray[np.float32]) -> Floats:
        """Worth of staying and of entering, in `rewards.UNIT` [..., 2]."""
        flat = self._run(seen.reshape(-1, seen.shape[-1])).numpy()
        return np.asarray(flat, np.float64).reshape(*seen.shape[:-1], 2)

    def __call__(self, today: Standing) -> Floats:
        """See `policies.Policy`."""
        return Valued(self.value)(today)


def learn(
    parameters: Parameters,
    roster: Roster,
    recipe: Recipe,
    seed: int,
    validation: Validation | None = None,
    tell: Callable[[int, float], None] = lambda step, earned: None,
) -> Learned:
    """Train a network.

    Args:
        parameters: of the world that it is trained in.
        roster: of the fleets that it is trained on.
        recipe: how.
        seed: of weights, fleets and draws.
        validation: fleets that the network is chosen by; None: the last network is the best.
        tell: told the days lived and what fleets earn by then, now and then.
    """
    rng = np.random.default_rng(seed)
    learner = _Learner(recipe, seed)
    experience = Experience(parameters, roster, recipe, learner.acting.value, rng)
    replay = Replay(recipe.capacity, recipe.prioritised)
    chosen = None if validation is None else Chosen(validation)
    for step in range(recipe.steps):
        rows = experience.live()
        if rows is not None:
            replay.put(rows)
        if replay.size >= recipe.begin:
            for _ in range(recipe.updates):
                at, drawn, weight = replay.draw(rng, recipe.batch, step / recipe.steps)
                replay.surprised(at, learner.update(drawn, weight, experience.mean))
        if chosen is not None and (step + 1) % LOOK == 0 and replay.size >= recipe.begin:
            tell(step + 1, chosen.look(learner.policy, learner.policy.network))
    if chosen is not None:
        tell(recipe.steps, chosen.settle(learner.policy, learner.policy.network))
    return learner.policy


class _Learner:
    """Three networks: one learns, one follows it and acts, one follows slowly and is judged."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        keras = keras_runtime.load()
        self._recipe = recipe
        self._online = build(recipe.units, recipe.duelling, seed)
        self._target = build(recipe.units, recipe.duelling, seed)
        self.acting = Learned(self._target)
        self.policy = Learned(build(recipe.units, recipe.duelling, seed))
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.rate, recipe.steps * recipe.updates, alpha=LEAST_RATE
        )
        self._optimizer = keras.optimizers.Adam(rate, global_clipnorm=LONGEST_GRADIENT)
        self._step = self._compile()

    def update(self, rows: Rows, weight: Floats, mean: float) -> Floats:
        """One step of gradient descent.

        Args:
            rows: drawn.
            weight: of their errors.
            mean: reward of a day; what lasts for ever says nothing, and is left out.

        Returns:
            The errors of the rows.
        """
        gamma = self._recipe.gamma
        discount = gamma**rows.days
        told = (rows.reward - mean * (1 - discount) / (1 - gamma), discount, weight)
        errors = self._step(
            rows.seen,
            rows.entered.astype(np.int32),
            rows.later,
            rows.may,
            rows.must,
            rows.slots.astype(np.int32),
            rows.real.astype(np.float32),
            *(one.astype(np.float32) for one in told),
        )
        return np.asarray(errors.numpy(), np.float64)

    def _compile(self) -> Any:
        import tensorflow as tf

        online, target = self._online, self._target
        pairs = [
            (share, slow, fast)
            for share, follower in (
                (self._recipe.follow, target),
                (self._recipe.settle, self.policy.network),
            )
            for slow, fast in zip(
                follower.trainable_variables, online.trainable_variables, strict=True
            )
        ]

        def worth(network: Any, seen: Any) -> Any:
            shape = tf.shape(seen)
            flat = network(tf.reshape(seen, (-1, len(NAMES))))
            return tf.reshape(flat, (shape[0], shape[1], 2))

        def best(later: Any, may: Any, must: Any, slots: Any, real: Any) -> Any:
            valued = worth(target, later)
            chosen = worth(online, later) if self._recipe.double else valued
            gain = chosen[..., ENTER] - chosen[..., STAY]
            order = tf.where(may, tf.where(must, gain + FIRST, gain), -FIRST)
            rank = tf.argsort(tf.argsort(order, axis=1, direction="DESCENDING"), axis=1)
            enter = (order > 0) & (rank < slots[:, None])
            both = tf.where(enter, valued[..., ENTER], valued[..., STAY])
            return tf.reduce_sum(real * both, axis=1)

        def step(
            seen: Any, entered: Any, later: Any, may: Any, must: Any, slots: Any, real: Any,
            reward: Any, discount: Any, weight: Any,
        ) -> Any:  # fmt: skip
            aim = reward + discount * best(later, may, must, slots, real)
            with tf.GradientTape() as tape:
                own = tf.gather(worth(online, seen), entered, batch_dims=2)
                error = (tf.reduce_sum(real * own, axis=1) - aim) / SCALE
                size = tf.abs(error)
                beyond = SQUARE * (size - SQUARE / 2)
                loss = tf.where(size <= SQUARE, tf.square(error) / 2, beyond)
                total = tf.reduce_mean(weight * loss)
            gradient = tape.gradient(total, online.trainable_variables)
            self._optimizer.apply_gradients(zip(gradient, online.trainable_variables, strict=True))
            for share, slow, fast in pairs:
                slow.assign_add(share * (fast - slow))
            return error

        return tf.function(step, reduce_retracing=True)
