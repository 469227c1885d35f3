"""A small decision tree that decides nearly as the network does, for people to read.

It is grown on mornings on which a vessel could have entered a hangar, by what the network decided
then, each morning weighted by how much the network cared (Bastani et al., "Verifiable reinforcement
learning via policy extraction", 2018). A vessel enters on about one such morning in a hundred, so a
tree that agrees most often lets none enter: how much more these mornings weigh is chosen by what
fleets earn by the tree. How often it agrees is told of mornings that it never saw, beside what a
constant would do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tambo.planning.fleet.look import look
from tambo.planning.fleet.parameters import Flags, Floats, Parameters, Roster
from tambo.planning.fleet.policies import ENTER, STAY, Policy, forced
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import standing
from training.fleet.schedule.tree import Tree, read

if TYPE_CHECKING:
    from training.fleet.schedule.learn import Learned

LEVELS = 5
LEAST_LEAF = 50
"""Mornings of vessels that a leaf must tell of."""
ENTERING = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Weights of mornings on which a vessel entered, beside one on which none did."""
EVERY = 3
"""Days between two mornings that are learned from: the next one says nearly the same."""


@dataclass(frozen=True)
class Mornings:
    """Free choices of vessels: neither away nor failed, and a slot was free.

    Attributes:
        seen: features [morning, feature].
        entered: what the network decided.
        gain: how much more entering was worth to it.
    """

    seen: Floats
    entered: Flags
    gain: Floats


@dataclass(frozen=True)
class Distilled:
    """A tree in the place of a network.

    Attributes:
        tree: grown.
        weight: of `ENTERING`, by which fleets earned most.
        fidelity: share of other mornings on which it decides as the network.
        balanced: mean of that share over those that enter and those that stay; a constant has .5.
        constant: share of them on which the network stays: what a constant agrees on.
    """

    tree: Tree
    weight: float
    fidelity: float
    balanced: float
    constant: float


def mornings(
    policy: Learned, parameters: Parameters, roster: Roster, fleets: int, days: int, seed: int
) -> Mornings:
    """Free choices on the mornings of fleets that live by a network.

    Args:
        policy: the network.
        parameters: of the world.
        roster: of each fleet.
        fleets: how many.
        days: that they live.
        seed: of their luck.
    """
    lived = Fleets(parameters, roster, fleets, days, seed)
    seen_parts, gain_parts = [], []
    for day in range(days):
        today = standing(lived)
        seen = look(today)
        worth = policy.value(seen)
        gain = worth[..., ENTER] - worth[..., STAY]
        if day % EVERY == 0:
            free = (today.slots_left > 0)[:, roster.base] & today.may_enter & ~today.must_enter
            seen_parts.append(seen[free])
            gain_parts.append(gain[free])
        lived.live(forced(today, np.where(gain > 0, gain, np.nan)))
    gain = np.concatenate(gain_parts)
    return Mornings(np.concatenate(seen_parts).astype(np.float64), gain > 0, gain)


def distil(
    learnt: Mornings,
    others: Mornings,
    earned: Callable[[Policy], float],
    levels: int = LEVELS,
) -> Distilled:
    """Grow trees, and keep the one by which fleets earn most.

    Args:
        learnt: mornings that they are grown on.
        others: mornings that say how well it does.
        earned: what fleets earn by a policy; they neither grow trees nor test them.
        levels: at most.

    Raises:
        ValueError: the network let all enter, or none: there is nothing to tell apart.
    """
    if learnt.entered.all() or not learnt.entered.any():
        raise ValueError("the network decided the same on all mornings: there is no tree")
    grown = {weight: _grown(learnt, weight, levels) for weight in ENTERING}
    weight = max(grown, key=lambda one: earned(grown[one]))
    agrees = grown[weight].enters(others.seen) == others.entered
    shares = [float(agrees[others.entered == one].mean()) for one in np.unique(others.entered)]
    return Distilled(
        tree=grown[weight],
        weight=weight,
        fidelity=float(agrees.mean()),
        balanced=float(np.mean(shares)),
        constant=float((~others.entered).mean()),
    )


def _grown(learnt: Mornings, weight: float, levels: int) -> Tree:
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=levels, min_samples_leaf=LEAST_LEAF, random_state=0)
    cared = np.abs(learnt.gain) * np.where(learnt.entered, weight, 1.0)
    return read(tree.fit(learnt.seen, learnt.entered, sample_weight=cared))
