"""All schedules of one training: tuned, learned, judged on the same fleets, and the best named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import NAMES, look
from tambo.planning.fleet.parameters import Floats
from tambo.planning.fleet.policies import Policy
from tambo.planning.fleet.schedules import NETWORK, Earned, Schedules
from training.fleet.schedule.choosing import YEARS, Validation
from training.fleet.schedule.comparing import Gain, Judged, best_of, gain, live, tuned
from training.fleet.schedule.distil import Distilled, distil, mornings
from training.fleet.schedule.estimate import Declared, estimate
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.graph import to_onnx, valued
from training.fleet.schedule.horizon import horizon_of
from training.fleet.schedule.learn import Learned, learn
from training.fleet.schedule.morning import standing
from training.fleet.schedule.network import weights
from training.onnx_export import Parity, compare

if TYPE_CHECKING:
    from onnx import ModelProto

    from training.fleet.schedule.history import History
    from training.fleet.schedule.recipe import Recipe

TEST_SEED, TREE_SEEDS = 30_011, (40_009, 50_021)
"""Other than those of training and choice."""
PARITY_ROWS = 2_000


@dataclass(frozen=True)
class Sizes:
    """How many fleets are simulated side by side, and for how long.

    Attributes:
        chosen: fleets that rules and networks are chosen on.
        tested: fleets that schedules are judged on.
        distilled: fleets on whose mornings the tree is grown.
        days: that each of the first two live.
    """

    chosen: int = 32
    tested: int = 40
    distilled: int = 16
    days: int = YEARS


@dataclass(frozen=True)
class Fitted:
    """One training.

    Attributes:
        schedules: what a service reads.
        graph: the network.
        parity: how far the graph is from the network.
        judged: by name of the schedule, on the test fleets.
        gain: of the network over the best rule.
        rule: name of the best rule.
        tests: the test fleets on their first morning.
    """

    schedules: Schedules
    graph: ModelProto
    parity: Parity
    judged: Mapping[str, Judged]
    gain: Gain
    rule: str
    tests: Fleets


def fit(
    history: History,
    declared: Declared,
    recipe: Recipe,
    seed: int,
    tell: Callable[[str], None],
    sizes: Sizes = Sizes(),
) -> Fitted:
    """Estimate a fleet's world, and find the schedule that earns most in it.

    The network serves only if it surely earns more than the best rule: the interval of its gain
    lies above zero on fleets that chose nothing.

    Args:
        history: what is known of the fleet.
        declared: what no table tells.
        recipe: how the network is trained.
        seed: of everything.
        tell: told each step.
        sizes: of the simulations.

    Raises:
        FewLabelsError: too little is known.
    """
    tell("estimate how the fleet wears, fails and is asked for")
    parameters, roster = estimate(history, declared), history.roster
    validation = Validation(parameters, roster, sizes.chosen, sizes.days)
    tell("tune the rules")
    rules = tuned(validation)
    tell("learn")
    network = learn(parameters, roster, recipe, seed, validation)
    graph = to_onnx(weights(network.network))
    tell("judge")
    tests = Fleets(parameters, roster, sizes.tested, sizes.days, TEST_SEED)
    policies: dict[str, Policy] = {**rules.policies(), NETWORK: network}
    judged = {name: live(one, tests.again()) for name, one in policies.items()}
    rule = best_of({name: judged[name] for name in rules.policies()})
    more = gain(judged[NETWORK], judged[rule])
    tell("distil")
    tree = _distilled(network, validation, sizes.distilled)
    schedules = Schedules(
        best=NETWORK if more.low > 0 else rule,
        interval=rules.interval,
        hours=rules.hours,
        threshold=rules.threshold,
        horizon=horizon_of(parameters, roster),
        kinds=history.kinds,
        earned={name: _earned(one) for name, one in judged.items()},
        tree="" if tree is None else tree.text(),
        fidelity=0.0 if tree is None else tree.fidelity,
    )
    return Fitted(schedules, graph, _parity(graph, network, tests), judged, more, rule, tests)


def _earned(judged: Judged) -> Earned:
    """Means, and the interval of the mean by Student's t."""
    from scipy import stats

    earned = judged.earned
    middle, spread = float(earned.mean()), float(earned.std(ddof=1)) / len(earned) ** 0.5
    half = float(stats.t.ppf(0.975, len(earned) - 1)) * spread
    return Earned(
        usd=middle,
        low=middle - half,
        high=middle + half,
        maintenances=float(judged.maintenances.mean()),
        failures=float(judged.failures.mean()),
    )


def _distilled(network: Learned, validation: Validation, fleets: int) -> Distilled | None:
    """The tree; None where the network decides the same on all mornings."""
    world = validation.parameters, validation.roster
    learnt, others = (mornings(network, *world, fleets, 365, seed) for seed in TREE_SEEDS)
    if learnt.entered.all() or not learnt.entered.any():
        return None
    return distil(learnt, others)


def _parity(graph: ModelProto, network: Learned, tests: Fleets) -> Parity:
    """Hold the graph against the network on mornings of the test fleets."""
    lived = tests.again()
    parts: list[NDArray[np.float32]] = []
    while sum(len(one) for one in parts) < PARITY_ROWS:
        today = standing(lived)
        parts.append(look(today).reshape(-1, len(NAMES)))
        lived.live(network(today))
    rows = np.concatenate(parts)
    native: Floats = network.value(rows)
    return compare(valued(graph)(rows), native, np.maximum(1.0, np.abs(native)))
