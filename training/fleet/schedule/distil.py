"""A small decision tree that decides as the network does, for people to read.

It is grown on mornings on which a vessel could have entered a hangar, by what the network decided
then, each morning weighted by how much the network cared (Bastani et al., "Verifiable reinforcement
learning via policy extraction", 2018). How often it agrees is told of mornings that it never saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tambo.planning.fleet.look import NAMES, Standing, look
from tambo.planning.fleet.parameters import Flags, Floats, Parameters, Roster
from tambo.planning.fleet.policies import ACTIONS, ENTER, STAY, forced
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import standing

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

    from training.fleet.schedule.learn import Learned

LEVELS = 5
LEAST_GAIN = 1e-3
"""Impurity that a split must save, or it is left out: many would only say the same twice."""
LEAST_LEAF = 50
"""Mornings of vessels that a leaf must tell of."""
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
    """A tree in the place of a network; also a policy.

    Attributes:
        tree: fitted.
        fidelity: share of other mornings on which it decides as the network.
        balanced: mean of that share over those that enter and those that stay.
    """

    tree: DecisionTreeClassifier
    fidelity: float
    balanced: float

    def __call__(self, today: Standing) -> Floats:
        """See `policies.Policy`; those enter first of whose leaf most did."""
        flat = look(today).reshape(-1, len(NAMES))
        chance = self.tree.predict_proba(flat)[:, 1].reshape(today.score.shape)
        return forced(today, np.where(chance > 0.5, chance, np.nan))

    def text(self) -> str:
        """The tree as lines, one a decision."""
        from sklearn.tree import export_text

        return str(
            export_text(self.tree, feature_names=list(NAMES), class_names=ACTIONS, decimals=2)
        )


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


def distil(learnt: Mornings, others: Mornings, levels: int = LEVELS) -> Distilled:
    """Grow a tree.

    Args:
        learnt: mornings that it is grown on.
        others: mornings that say how well it does.
        levels: at most.

    Raises:
        ValueError: the network let all enter, or none: there is nothing to tell apart.
    """
    from sklearn.tree import DecisionTreeClassifier

    if learnt.entered.all() or not learnt.entered.any():
        raise ValueError("the network decided the same on all mornings: there is no tree")
    tree = DecisionTreeClassifier(
        max_depth=levels,
        min_samples_leaf=LEAST_LEAF,
        class_weight="balanced",
        ccp_alpha=LEAST_GAIN,
        random_state=0,
    )
    tree.fit(learnt.seen, learnt.entered, sample_weight=np.abs(learnt.gain))
    agrees = tree.predict(others.seen) == others.entered
    shares = [float(agrees[others.entered == one].mean()) for one in np.unique(others.entered)]
    return Distilled(tree, float(agrees.mean()), float(np.mean(shares)))
