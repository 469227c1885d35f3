"""Maintenance schedules side by side, over ten seeds, on a fleet that nobody trained on.

    python -m benchmarks.schedule [--vessels 20] [--slots 2] [--seeds 10] [--recipes] [--out FILE]

What a schedule is tuned or trained in is estimated from the past of a sample world of other vessels
(12 of them, three years of today's practice); what it is judged on are fleets that live by the
sample world's own figures. Each seed is another luck, and another training. The share earned more
than the tuned threshold is compared seed by seed; intervals are Student's, 95 %. The threshold is
tuned in the estimated world, so another rule may earn more in the true one: the network is held
against that too. "decision" is the CPU of one morning of one fleet. With --recipes the parts of the
Q-network's training are compared instead, each put in alone and all together. --keep lets a run
that was ended go on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.fleet_past import past
from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.optimiser import Optimiser
from tambo.planning.fleet.parameters import Parameters
from tambo.planning.fleet.policies import Policy
from tambo.planning.fleet.schedules import (
    HOURS,
    INTERVAL,
    NETWORK,
    OPTIMISER,
    RUN_TO_FAILURE,
    THRESHOLD,
)
from tambo.sources.fleet.world.truth import Truth
from training.fleet.schedule.choosing import YEARS, Validation
from training.fleet.schedule.comparing import Judged, Judging, best_of, gain, tuned
from training.fleet.schedule.estimate import Declared, estimate
from training.fleet.schedule.horizon import horizon_of
from training.fleet.schedule.learn import Learned, learn
from training.fleet.schedule.network import build, weights
from training.fleet.schedule.recipe import LEARNED, PLAIN, Recipe
from training.fleet.schedule.slots import slot_day

Trained = Callable[[int], Policy]
"""Seed to the network that was trained with it."""
RULES = (RUN_TO_FAILURE, INTERVAL, HOURS, THRESHOLD)
RECIPES: dict[str, Recipe] = {
    "plain": PLAIN,
    "double": replace(PLAIN, double=True),
    "duelling": replace(PLAIN, duelling=True),
    "prioritised": replace(PLAIN, prioritised=True),
    "10 days ahead": replace(PLAIN, steps_ahead=10),
    "all": replace(PLAIN, double=True, duelling=True, prioritised=True, steps_ahead=10),
}
ABOUT = """# Schedules of maintenance

Reproduce with `python -m benchmarks.schedule{arguments}`. Machine: {machine}. {vessels} vessels at
one base with {slots} slots, {days} days, {seeds} seeds. Million USD of a fleet and year.
`benchmarks/schedule.py` says how it is measured.

"""


def estimated(seed: int = 1) -> Parameters:
    """The world as the past of a sample world tells of it."""
    truth = declared()
    known = Declared(compensation=truth.compensation, grounded_day=truth.grounded_day)
    return estimate(past(Truth.draw(aircraft=12, years=3, seed=seed)), known)


def compare(tests: Judging, validation: Validation, trained: Trained) -> dict[str, Judged]:
    """Judge all schedules that decide at once."""
    found = {name: tests.by(one) for name, one in tuned(validation).policies().items()}
    found[NETWORK] = tests.judge(trained)
    return found


def compare_with_optimiser(
    tests: Judging, validation: Validation, trained: Trained
) -> dict[str, Judged]:
    """Judge the optimiser, and beside it the threshold and the network."""
    threshold = tuned(validation).threshold
    slot = slot_day(validation, threshold)
    optimiser = Optimiser(horizon_of(validation.parameters, tests.roster, slot))
    return {
        THRESHOLD: tests.by(threshold),
        NETWORK: tests.judge(trained),
        OPTIMISER: tests.by(optimiser),
    }


def compare_recipes(
    tests: Judging, validation: Validation, steps: int, keep: Path | None
) -> dict[str, Judged]:
    """Judge networks that were trained in other ways."""
    return {
        name: tests.judge(trainings(validation, replace(one, steps=steps), keep))
        for name, one in RECIPES.items()
    }


def trainings(validation: Validation, recipe: Recipe, keep: Path | None) -> Trained:
    """Trains a network for a seed, once; kept ones are read again."""

    @cache
    def of(seed: int) -> Policy:
        made = (recipe, seed, validation.roster.count, *validation.roster.slots.tolist())
        name = hashlib.sha256(repr(made).encode()).hexdigest()[:16]
        file = None if keep is None else keep / f"{name}.npz"
        if file is not None and file.exists():
            network = build(recipe.units, recipe.duelling, seed)
            network.set_weights(list(np.load(file).values()))
            return Learned(network)
        learnt = learn(validation.parameters, validation.roster, recipe, seed, validation)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, *weights(learnt.network))
        return learnt

    return of


def table(judged: Mapping[str, Judged], against: str) -> str:
    """One row a schedule."""
    lines = [
        f"| schedule | earned | against {against} | maintenances | failures | decision |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, one in judged.items():
        more = gain(one, judged[against])
        lines.append(
            f"| {name} | {one.earned.mean() / 1e6:.2f} | {100 * more.mean:+.1f} % "
            f"({100 * more.low:+.1f} to {100 * more.high:+.1f}) | {one.maintenances.mean():.1f} | "
            f"{one.failures.mean():.1f} | {1e3 * one.seconds:.2f} ms |"
        )
    return "\n".join(lines)


def against_best_rule(judged: Mapping[str, Judged]) -> str:
    """What the network earns against the rule that earns most on these very fleets.

    The rule is chosen by the fleets that it is judged on, so the gain is told too low, if at all.
    """
    best = best_of({name: one for name, one in judged.items() if name in RULES})
    return (
        f"Against {best}, the rule that earns most on these fleets, the network earns "
        f"{more_than(judged, best)}."
    )


def more_than(judged: Mapping[str, Judged], other: str) -> str:
    """How much more the network earns than another schedule, and the interval."""
    more = gain(judged[NETWORK], judged[other])
    return f"{100 * more.mean:+.1f} % ({100 * more.low:+.1f} to {100 * more.high:+.1f})"


def asked() -> tuple[argparse.Namespace, str]:
    """What is asked for, and its words without those that only say where files lie."""
    files = argparse.ArgumentParser(add_help=False)
    files.add_argument("--keep", type=Path, help="folder of trained networks, read again")
    files.add_argument("--out", type=Path)
    parser = argparse.ArgumentParser(description=__doc__, parents=[files])
    parser.add_argument("--vessels", type=int, default=20)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--days", type=int, default=YEARS)
    parser.add_argument("--optimised", type=int, default=2, help="fleets of a seed; 0: none")
    parser.add_argument("--steps", type=int, default=LEARNED.steps, help="days of a training")
    parser.add_argument("--recipes", action="store_true")
    return parser.parse_args(), "".join(f" {word}" for word in files.parse_known_args()[1])


def main() -> None:
    """Measure, print, and write the page if asked."""
    given, words = asked()
    fleet = roster(given.vessels, 1, given.slots)
    validation = Validation(estimated(), fleet)
    tests = Judging(declared(), fleet, range(given.seeds), days=given.days)
    trained = trainings(validation, replace(LEARNED, steps=given.steps), given.keep)
    if given.recipes:
        parts = [table(compare_recipes(tests, validation, given.steps, given.keep), "plain")]
    else:
        judged = compare(tests, validation, trained)
        parts = [table(judged, THRESHOLD), against_best_rule(judged)]
    if given.optimised and not given.recipes:
        few = replace(tests, fleets=given.optimised)
        beside = compare_with_optimiser(few, validation, trained)
        parts += [
            f"Beside the optimiser, on {given.optimised} fleets of each seed:",
            table(beside, THRESHOLD),
            f"Against the optimiser, the network earns {more_than(beside, OPTIMISER)}.",
        ]
    page = "\n\n".join(parts)
    sys.stdout.write(page + "\n")
    if given.out is not None:
        about = ABOUT.format(
            arguments=words, machine=platform.processor() or platform.machine(),
            vessels=given.vessels, slots=given.slots, days=given.days, seeds=given.seeds,
        )  # fmt: skip
        given.out.write_text(about + page + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
