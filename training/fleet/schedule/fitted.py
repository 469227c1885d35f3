"""All schedules of one training: tuned, learned, judged on the same fleets, and the best named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import NAMES, look
from tambo.planning.fleet.options import Horizon
from tambo.planning.fleet.parameters import Floats
from tambo.planning.fleet.policies import Policy
from tambo.planning.fleet.schedules import NETWORK, OPTIMISER, Schedules
from training.fleet.schedule.beside import Beside
from training.fleet.schedule.choosing import YEARS, Validation
from training.fleet.schedule.comparing import (
    Gain,
    Judged,
    Judging,
    Rules,
    best_of,
    carried,
    earned,
    gain,
    live,
    tuned,
)
from training.fleet.schedule.distil import Distilled, distil, mornings
from training.fleet.schedule.estimate import Declared, estimate
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.gate import judge
from training.fleet.schedule.graph import to_onnx, valued
from training.fleet.schedule.horizon import horizon_of
from training.fleet.schedule.learn import Learned, learn
from training.fleet.schedule.morning import standing
from training.fleet.schedule.network import weights
from training.fleet.schedule.slots import slot_day
from training.onnx_export import Parity, compare

if TYPE_CHECKING:
    from onnx import ModelProto

    from training.fleet.schedule.history import History
    from training.fleet.schedule.recipe import Recipe
    from training.gate import Verdict

TEST_SEED, TREE_SEEDS = 30_011, (40_009, 50_021)
"""Other than those of training and choice."""
PARITY_ROWS = 2_000
TREE = "tree"
"""Name of the tree among what was judged; it is no schedule that serves."""


@dataclass(frozen=True)
class Sizes:
    """How many fleets are simulated side by side, and for how long.

    Attributes:
        chosen: fleets that rules and networks are chosen on.
        tested: fleets that schedules are judged on.
        distilled: fleets on whose mornings trees are grown.
        optimised: fleets that the optimiser is judged on; 0: it is not.
        days: that each lives, but for those that trees are grown on.
    """

    chosen: int = 32
    tested: int = 40
    distilled: int = 48
    optimised: int = 0
    days: int = YEARS


@dataclass(frozen=True)
class Unlearned:
    """What there is before anything is learned.

    Attributes:
        rules: tuned.
        horizon: what the optimiser runs on.
    """

    rules: Rules
    horizon: Horizon


@dataclass(frozen=True)
class Few:
    """The optimiser and others on the same few fleets, as it takes long to decide.

    Attributes:
        judging: the fleets.
        judged: by name of the schedule: the optimiser, the network and the best rule.
        quick: name of the best of those that decide at once.
    """

    judging: Judging
    judged: Mapping[str, Judged]
    quick: str

    @property
    def gain(self) -> Gain:
        """Of the optimiser over the best of the others."""
        return gain(self.judged[OPTIMISER], self.judged[self.quick])

    @property
    def best(self) -> str:
        """Name of the schedule by which these fleets earn most on average; it serves."""
        return OPTIMISER if self.gain.mean > 0 else self.quick

    @property
    def over_network(self) -> Gain:
        """Of the optimiser over the network."""
        return gain(self.judged[OPTIMISER], self.judged[NETWORK])


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
        verdict: of the gate, on the network.
        tests: the test fleets on their first morning.
        few: what the optimiser is judged by; None where it is not.
        tree: small decisions in the place of the network, judged as `TREE`; None where the network
            decides the same on all mornings.
    """

    schedules: Schedules
    graph: ModelProto
    parity: Parity
    judged: Mapping[str, Judged]
    gain: Gain
    rule: str
    verdict: Verdict
    tests: Fleets
    few: Few | None
    tree: Distilled | None


def fit(
    history: History,
    declared: Declared,
    recipe: Recipe,
    seed: int,
    tell: Callable[[str], None],
    sizes: Sizes = Sizes(),
) -> Fitted:
    """Estimate a fleet's world, learn a network in it, and judge it beside the other schedules.

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
    unlearned = prepare(validation)
    judging = Judging(parameters, roster, range(sizes.optimised), fleets=1, days=sizes.days)
    with Beside(judging, unlearned.horizon) as beside:
        tell("learn")
        network = learn(parameters, roster, recipe, seed, validation)
        graph = to_onnx(weights(network.network))
        return choose(history.kinds, network, graph, validation, unlearned, beside, tell, sizes)


def prepare(validation: Validation) -> Unlearned:
    """Tune the rules, and ask fleets that live by the best threshold what a slot is worth."""
    rules = tuned(validation)
    slot = slot_day(validation, rules.threshold)
    return Unlearned(rules, horizon_of(validation.parameters, validation.roster, slot))


def choose(
    kinds: tuple[str, ...],
    network: Learned,
    graph: ModelProto,
    validation: Validation,
    unlearned: Unlearned,
    beside: Beside,
    tell: Callable[[str], None],
    sizes: Sizes = Sizes(),
) -> Fitted:
    """Judge all schedules, and name the one that serves.

    The network does only if it passes the gate: it surely earns more than the best rule (the
    interval of its gain lies above zero on fleets that chose nothing), its graph is it, and it
    earns no less than the optimiser. That one serves wherever it earns most.

    Args:
        kinds: names of the kinds of vessels, by their number.
        network: learned in the world of the validation.
        graph: the same as it is served.
        validation: fleets that rules were tuned on.
        unlearned: the rules, and what the optimiser runs on.
        beside: judges the optimiser.
        tell: told each step.
        sizes: of the simulations.
    """
    tell("distil")
    rules, horizon = unlearned.rules, unlearned.horizon
    tree = _distilled(network, validation, sizes.distilled)
    tell("judge")
    tests = Fleets(horizon.parameters, validation.roster, sizes.tested, sizes.days, TEST_SEED)
    policies: dict[str, Policy] = {**rules.policies(), NETWORK: network}
    lived = {name: live(one, tests.again()) for name, one in policies.items()}
    rule = best_of({name: lived[name] for name in rules.policies()})
    more, parity = gain(lived[NETWORK], lived[rule]), _parity(graph, network, tests)
    quick = NETWORK if judge(more, rule, parity).passed else rule
    tell("hold the optimiser against them")
    few = _few(beside, {NETWORK: network, rule: policies[rule]}, quick)
    told = {name: earned(one) for name, one in lived.items()}
    if few is not None:
        told[OPTIMISER] = carried(few.judged[OPTIMISER], few.judged[quick], lived[quick])
    schedules = Schedules(
        best=quick if few is None else few.best,
        interval=rules.interval,
        hours=rules.hours,
        threshold=rules.threshold,
        horizon=horizon,
        kinds=kinds,
        earned=told,
        tree="" if tree is None else "\n".join(tree.tree.lines()),
        fidelity=0.0 if tree is None else tree.fidelity,
    )
    if tree is not None:
        lived[TREE] = live(tree.tree, tests.again())
    verdict = judge(more, rule, parity, None if few is None else few.over_network)
    return Fitted(schedules, graph, parity, lived, more, rule, verdict, tests, few, tree)


def _few(beside: Beside, policies: Mapping[str, Policy], quick: str) -> Few | None:
    """The optimiser beside others; None where it has no fleets."""
    if not beside.judging.seeds:
        return None
    judged = {name: beside.judging.by(one) for name, one in policies.items()}
    judged[OPTIMISER] = beside.optimiser()
    return Few(beside.judging, judged, quick)


def _distilled(network: Learned, validation: Validation, fleets: int) -> Distilled | None:
    """The tree; None where the network decides the same on all mornings."""
    world = validation.parameters, validation.roster
    learnt, others = (mornings(network, *world, fleets, 365, seed) for seed in TREE_SEEDS)
    if learnt.entered.all() or not learnt.entered.any():
        return None
    return distil(learnt, others, validation.earned)


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
