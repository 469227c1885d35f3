"""The learned schedule of one vessel beside its exact optimum, which value iteration finds.

    python -m benchmarks.schedule_optimum [--seeds 3] [--days 3000]

One vessel whose wear is seen, one slot, the sample world's own figures, no season and no law: a
Markov decision process (`training/fleet/schedule/one_vessel.py`). Values are exact, of a vessel
without wear: a policy's is the solution of its linear equations. The share is the worst weekday's.
Waiting for failures comes near the optimum too, since trips earn most of it either way; so what a
policy gains over waiting, as a share of what the optimum does, is told beside it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.fleet_truth import declared
from tambo.planning.fleet.policies import ENTER, STAY
from tambo.sources.fleet.world.kinds import KINDS
from training.fleet.schedule.choosing import Validation
from training.fleet.schedule.learn import learn
from training.fleet.schedule.one_vessel import OneVessel, seen_of, simplified
from training.fleet.schedule.recipe import LEARNED

RECIPE = replace(LEARNED, fleets=64, begin=2000)
THRESHOLDS = range(40, 100, 5)
"""Scores."""


@dataclass(frozen=True)
class Reached:
    """What a policy is worth.

    Attributes:
        share: of the optimum.
        gained: of what the optimum is worth more than waiting for failures.
    """

    share: float
    gained: float


class Exact:
    """The process of a kind of vessel, and its optimum."""

    def __init__(self, kind: int) -> None:
        self.world, self.roster = simplified(declared(), kind)
        self.process = OneVessel.of(self.world, RECIPE.gamma)
        self._best = float(self.process.optimum()[0][0])
        self._never = self._worth(np.zeros(len(self.process.wear), bool))

    def of(self, enter: NDArray[np.bool_]) -> Reached:
        """Of a policy: whether to enter a hangar [bin of wear]."""
        worth = self._worth(enter)
        gained = (worth - self._never) / (self._best - self._never)
        return Reached(worth / self._best, gained)

    def thresholds(self) -> Iterator[Reached]:
        """Of entering below some scores."""
        for score in THRESHOLDS:
            yield self.of(np.asarray(self.world.score(self.process.wear) < score))

    def learned(self, seed: int, days: int = RECIPE.steps) -> Reached:
        """Of a network that is trained with a seed."""
        validation = Validation(self.world, self.roster, fleets=100)
        network = learn(self.world, self.roster, replace(RECIPE, steps=days), seed, validation)
        found = []
        for weekday in range(7):
            worth = network.value(seen_of(self.process.wear, self.world, weekday))
            found.append(self.of(np.asarray(worth[:, ENTER] > worth[:, STAY])))
        return min(found, key=lambda one: one.share)

    def _worth(self, enter: NDArray[np.bool_]) -> float:
        return float(self.process.value(enter)[0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--days", type=int, default=RECIPE.steps, help="of a training")
    given = parser.parse_args()
    sys.stdout.write("| vessel | schedule | of the optimum | of its gain over waiting |\n")
    sys.stdout.write("|---|---|---:|---:|\n")
    for number, kind in enumerate(KINDS):
        exact = Exact(number)
        rows = {
            "run to failure": exact.of(np.zeros(len(exact.process.wear), bool)),
            "best threshold": max(exact.thresholds(), key=lambda one: one.share),
        }
        for seed in range(given.seeds):
            rows[f"network, seed {seed}"] = exact.learned(seed, given.days)
        for name, one in rows.items():
            line = f"| {kind.name} | {name} | {one.share:.2%} | {one.gained:.1%} |\n"
            sys.stdout.write(line)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
