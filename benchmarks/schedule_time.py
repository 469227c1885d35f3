"""CPU of one morning's schedule, by the size of the fleet: the network and the optimiser.

    python -m benchmarks.schedule_time [--sizes 5 20 200] [--mornings 20] [--out FILE]

Fleets of a size at bases of at most twenty vessels with two slots each. Both decide on the same
mornings, of a fleet that has lived by a threshold for a while. What the network decides does not
matter for the time that it takes, so it is not trained; it runs as the service runs it, as a graph.
The optimiser plans each base for itself.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.optimiser import Optimiser
from tambo.planning.fleet.policies import Policy, Threshold, Valued
from training.fleet.schedule.choosing import Validation
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.graph import to_onnx, valued
from training.fleet.schedule.horizon import horizon_of
from training.fleet.schedule.morning import standing
from training.fleet.schedule.network import build, weights
from training.fleet.schedule.recipe import LEARNED
from training.fleet.schedule.slots import slot_day

A_BASE, SLOTS = 20, 2
BEFORE = 60
"""Days that a fleet has lived before it is asked."""
BETWEEN = 5
ABOUT = """# How long a schedule takes

Reproduce with `python -m benchmarks.schedule_time`. Machine: {machine}. Milliseconds of CPU of one
morning; other work may hold the cores, so ratios count. `benchmarks/schedule_time.py` says how it
is measured.

"""


@dataclass(frozen=True)
class Timed:
    """One size: milliseconds of CPU of a morning, by who decides."""

    vessels: int
    network: float
    optimiser: float


def timed(vessels: int, mornings: int) -> Timed:
    """Let both decide on some mornings of a fleet."""
    world = declared()
    fleet = roster(vessels, max(1, vessels // A_BASE), SLOTS)
    network = Valued(valued(to_onnx(weights(build(LEARNED.units, LEARNED.duelling, seed=0)))))
    before = Threshold(60.0)
    few = Validation(world, fleet, fleets=8, days=365)
    optimiser = Optimiser(horizon_of(world, fleet, slot_day(few, before)))
    fleets = Fleets(world, fleet, 1, BEFORE + mornings * BETWEEN, seed=1)
    spent: dict[str, list[float]] = {"network": [], "optimiser": []}
    for day in range(fleets.days):
        if day >= BEFORE and day % BETWEEN == 0:
            for name, policy in (("network", network), ("optimiser", optimiser)):
                spent[name].append(_cpu(policy, fleets))
        fleets.live(before(standing(fleets)))
    return Timed(vessels, *(1e3 * float(np.mean(times)) for times in spent.values()))


def _cpu(policy: Policy, fleets: Fleets) -> float:
    """Seconds of CPU of one decision, what it sees included."""
    today = standing(fleets)
    begin = time.process_time()
    policy(today)
    return time.process_time() - begin


def table(found: Sequence[Timed]) -> str:
    """One row a size."""
    lines = ["| vessels | network | optimiser | ratio |", "|---:|---:|---:|---:|"]
    lines += [
        f"| {one.vessels} | {one.network:.2f} | {one.optimiser:.1f} | "
        f"{one.optimiser / one.network:.0f} |"
        for one in found
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5, 20, 200])
    parser.add_argument("--mornings", type=int, default=20)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    # The first call of a process loads libraries, and compiles.
    timed(min(given.sizes), 1)
    page = table([timed(vessels, given.mornings) for vessels in given.sizes])
    sys.stdout.write(page + "\n")
    if given.out is not None:
        machine = platform.processor() or platform.machine()
        given.out.write_text(ABOUT.format(machine=machine) + page + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
