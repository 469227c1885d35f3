"""The dated plan of a fleet by any schedule."""

from __future__ import annotations

import time as clock
from dataclasses import replace

import numpy as np

from tambo.planning.fleet.course import Course, by, course, planned
from tambo.planning.fleet.expected import Expectation
from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.optimiser import Optimiser
from tambo.planning.fleet.options import Horizon
from tambo.planning.fleet.parameters import Flags, Floats, Ints
from tambo.planning.fleet.policies import Policy, run_to_failure
from tambo.planning.fleet.rolling import plan_base

SECONDS = 3.0
"""Deterministic seconds for the plans of all bases."""
LONGEST = 12.0
"""True seconds likewise: a service answers within 30, and has more to work out than this."""
LARGEST = 150_000
"""Squares of vessels by days: a base with more of them takes longer to write down than to wait."""


def dated(
    policy: Policy,
    standing: Standing,
    horizon: Horizon,
    allowed: Flags | None = None,
    seasons: Floats | None = None,
    rule: Policy = run_to_failure,
) -> Course:
    """The dated plan of one fleet by a schedule.

    That of the optimiser is its own; where it would let a legal limit pass, the vessel enters then.

    Args:
        policy: the schedule.
        standing: of one fleet, this morning.
        horizon: what is known of the world, and the days that are planned.
        allowed: days from today on which vessels may enter; None: all of them [day].
        seasons: as `Standing.season` on each morning [day, cell]; None: as today.
        rule: whose plan the optimiser begins with, and is never worse than.
    """
    if not isinstance(policy, Optimiser):
        return course(by(policy), standing, horizon, allowed, seasons)
    # It sees no less far than it was made to, however short the plan is.
    further = replace(horizon, days=max(horizon.days, policy.horizon.days))
    open_days = np.ones(further.days, bool)
    if allowed is not None:
        open_days[: len(allowed)] = allowed
    start = course(by(rule), standing, further, open_days)
    enters, proven = _optimal(start.enters, standing, further, open_days)
    found = course(planned(enters), standing, horizon, allowed, seasons)
    return replace(found, proven=proven)


def _optimal(
    start: Ints, standing: Standing, horizon: Horizon, allowed: Flags
) -> tuple[Ints, bool]:
    """The optimiser's plan, and whether no better one exists."""
    expectation = Expectation(standing, horizon)
    enters, proven = start.copy(), True
    end = clock.monotonic() + LONGEST
    homes = [(base, here) for base, here in enumerate(standing.roster.homes) if len(here)]
    for at, (base, here) in enumerate(homes):
        longest = (end - clock.monotonic()) / (len(homes) - at)
        if longest <= 0 or len(here) ** 2 * horizon.days > LARGEST:
            proven = False
            continue
        seconds = SECONDS / len(homes)
        plan = plan_base(
            standing,
            0,
            base,
            horizon,
            allowed,
            seconds=seconds,
            start=start[here],
            longest=longest,
        )
        better = enters.copy()
        better[here] = plan.enters
        # Whole units may miss what the figures tell by a little.
        if plan.proven or (
            np.isfinite(plan.cost) and expectation.of(better).cost < expectation.of(enters).cost
        ):
            enters = better
        proven = proven and plan.proven
    return enters, proven
