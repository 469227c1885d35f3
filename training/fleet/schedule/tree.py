"""A small decision tree as a schedule, and as lines that a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tambo.planning.fleet.look import NAMES, Standing, look
from tambo.planning.fleet.parameters import Flags, Floats
from tambo.planning.fleet.policies import ACTIONS, ENTER, STAY, forced
from training.fleet.schedule.legend import FEATURES

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

INDENT = "|   "


@dataclass(frozen=True)
class Split:
    """A question and what follows from either answer.

    Attributes:
        feature: number in `look.NAMES`.
        at: where it splits.
        low: for vessels whose feature is at most that.
        high: for the others.
    """

    feature: int
    at: float
    low: Branch
    high: Branch


Branch = Split | bool
"""A leaf is whether to enter."""


@dataclass(frozen=True)
class Tree:
    """A tree, and the schedule by it: of those that it lets enter, the lowest score goes first."""

    root: Branch

    def enters(self, seen: Floats) -> Flags:
        """Whether to enter, by features [n, feature]."""
        found = np.zeros(len(seen), bool)
        _decide(self.root, seen, np.arange(len(seen)), found)
        return found

    def __call__(self, today: Standing) -> Floats:
        """See `policies.Policy`."""
        # As wide as it was grown on: halves of a split lie between single-precision features.
        flat = look(today).reshape(-1, len(NAMES)).astype(np.float64)
        enters = self.enters(flat).reshape(today.score.shape)
        return forced(today, np.where(enters, 101.0 - today.score, np.nan))

    @property
    def levels(self) -> int:
        """Questions that the longest way asks."""
        return _levels(self.root)

    @property
    def asks(self) -> Sequence[str]:
        """Names of the features that it looks at, each once."""
        return sorted({NAMES[one.feature] for one in splits(self.root)}, key=NAMES.index)

    def lines(self) -> list[str]:
        """One line a side of a question, and one a decision."""
        return list(_lines(self.root, ""))


def read(grown: DecisionTreeClassifier) -> Tree:
    """A fitted tree of scikit-learn, without questions to which both answers decide the same.

    Args:
        grown: of features as `look.NAMES`; its classes are not to enter, and to enter.
    """
    return Tree(_branch(grown, 0))


def splits(branch: Branch) -> Iterator[Split]:
    """All questions of a branch."""
    if isinstance(branch, Split):
        yield branch
        yield from splits(branch.low)
        yield from splits(branch.high)


def _branch(grown: DecisionTreeClassifier, node: int) -> Branch:
    told = grown.tree_
    if told.children_left[node] < 0:
        return bool(grown.classes_[int(np.argmax(told.value[node][0]))])
    low = _branch(grown, int(told.children_left[node]))
    high = _branch(grown, int(told.children_right[node]))
    if low == high:
        return low
    return Split(int(told.feature[node]), float(told.threshold[node]), low, high)


def _decide(branch: Branch, seen: Floats, rows: np.ndarray, found: Flags) -> None:
    if not isinstance(branch, Split):
        found[rows] = branch
        return
    low = seen[rows, branch.feature] <= branch.at
    _decide(branch.low, seen, rows[low], found)
    _decide(branch.high, seen, rows[~low], found)


def _levels(branch: Branch) -> int:
    if not isinstance(branch, Split):
        return 0
    return 1 + max(_levels(branch.low), _levels(branch.high))


def _lines(branch: Branch, indent: str) -> Iterator[str]:
    if not isinstance(branch, Split):
        yield f"{indent}{ACTIONS[ENTER if branch else STAY]}"
        return
    told = FEATURES[NAMES[branch.feature]].sides(branch.at)
    for side, then in zip(told, (branch.low, branch.high), strict=True):
        if isinstance(then, Split):
            yield f"{indent}{side}"
            yield from _lines(then, indent + INDENT)
        else:
            yield f"{indent}{side}: {ACTIONS[ENTER if then else STAY]}"
