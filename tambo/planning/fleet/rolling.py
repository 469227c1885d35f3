"""The rolling-horizon optimiser: when each vessel of a base enters a hangar in the days ahead.

An integer programme: each vessel enters on one of the days, or on none; slots are never
overbooked. It costs what maintenance, failures until then and absence are expected to, and what a
vessel with the wear that it has in the end is worth less. Only what it says of today is done; it is
solved again tomorrow. Solved by OR-Tools' CP-SAT.
"""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tambo.planning import or_tools
from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.options import Horizon, Options, options
from tambo.planning.fleet.outlook import expected_trips, losses
from tambo.planning.fleet.parameters import Flags, Ints

__all__ = ["BasePlan", "Horizon", "plan_base"]

UNIT = 10.0
"""USD of a unit of the programme's whole numbers."""
SECONDS = 2.0
"""Of deterministic time, after which the best plan found so far is taken."""


@dataclass(frozen=True)
class BasePlan:
    """A plan of one base.

    Attributes:
        vessels: numbers.
        enters: days from today on which each enters; -1: not within the horizon.
        cost: USD that it is expected to cost more than to let nobody enter, absence of those who
            are absent anyway with it; not a number where there is no plan.
        proven: whether no better plan exists.
    """

    vessels: Ints
    enters: Ints
    cost: float
    proven: bool


def plan_base(
    standing: Standing,
    fleet: int,
    base: int,
    horizon: Horizon,
    allowed: Flags | None = None,
    fixed: Ints | None = None,
    seconds: float = SECONDS,
    start: Ints | None = None,
    longest: float | None = None,
) -> BasePlan:
    """Plan the days ahead of one base of one fleet.

    Args:
        standing: this morning.
        fleet: which of them.
        base: which of its bases.
        horizon: what is known of the world.
        allowed: days from today on which vessels may enter; None: all of them [day].
        fixed: a plan whose cost is asked for, as `BasePlan.enters`; None: the best one.
        seconds: of deterministic time, after which the best plan found so far is taken.
        start: a plan that the search begins with, likewise.
        longest: true seconds, likewise; None: as long as the deterministic ones take.
    """
    begun = clock.monotonic()
    cp_model = or_tools.cp_sat()

    here, days = standing.roster.homes[base], horizon.days
    model = cp_model.CpModel()
    choices = options(standing, fleet, here.tolist(), horizon)
    enter = [[model.new_bool_var("") for _ in range(days)] for _ in here]
    terms: list[Any] = []
    for option, choice in zip(choices, enter, strict=True):
        model.add_at_most_one(choice)
        for day, gain in enumerate(option.gain.tolist()):
            if day < option.earliest or (allowed is not None and not allowed[day]):
                model.add(choice[day] == 0)
            else:
                terms.append(round(gain / UNIT) * choice[day])
    if fixed is not None:
        for choice, at in zip(enter, fixed.tolist(), strict=True):
            for day, one in enumerate(choice):
                model.add(one == int(day == at))
    _hint(model, enter, start)
    taken = _taken(standing, fleet, here, days)
    slots = int(standing.roster.slots[base])
    for day in range(days):
        stays = [one for of in zip(choices, enter, strict=True) for one in _inside(*of, day)]
        model.add(sum(stays) <= max(0, slots - int(taken[day])))
    terms += _absence(model, standing, fleet, base, horizon, choices, enter)
    model.minimize(sum(terms))
    left = None if longest is None else max(0.0, longest - (clock.monotonic() - begun))
    return _solve(model, here, enter, seconds, left)


def _hint(model: Any, enter: list[list[Any]], start: Ints | None) -> None:
    for choice, at in zip(enter, [] if start is None else start.tolist(), strict=False):
        for day, one in enumerate(choice):
            model.add_hint(one, int(day == at))


def _inside(option: Options, choice: list[Any], day: int) -> list[Any]:
    """The choices by which a vessel is in the hangar on a day."""
    return choice[max(0, day - option.stay + 1) : day + 1]


def _absence(
    model: Any,
    standing: Standing,
    fleet: int,
    base: int,
    horizon: Horizon,
    choices: Sequence[Options],
    enter: list[list[Any]],
) -> list[Any]:
    """What absence is expected to lose, on each day and in each cell: convex in who is absent."""
    parameters, here = horizon.parameters, standing.roster.homes[base].tolist()
    asked = expected_trips(standing, parameters, fleet, horizon.days)
    terms = []
    for cell, (at, kind, vessels) in enumerate(standing.roster.cells):
        if at != base:
            continue
        demand = parameters.demand[kind]
        lost = losses(asked[cell], demand, len(vessels), parameters.compensation) / UNIT
        lost *= horizon.gamma ** np.arange(horizon.days)[:, None]
        places = [here.index(vessel) for vessel in vessels.tolist()]
        most = int(lost.max()) + 1
        for day in range(horizon.days):
            absent: list[Any] = []
            for place in places:
                absent += _away(choices[place], enter[place], day)
            cost = model.new_int_var(0, most, "")
            for number in range(len(vessels)):
                step = lost[day, number + 1] - lost[day, number]
                # Whole numbers: a line through both ends, a hundred times as fine.
                model.add(
                    100 * cost
                    >= round(100 * lost[day, number]) + round(100 * step) * (sum(absent) - number)
                )
            terms.append(cost)
    return terms


def _away(option: Options, choice: list[Any], day: int) -> list[Any]:
    """Terms whose sum is 1 on a day on which a vessel cannot be used, else 0."""
    if option.until > day:
        return [1]
    if day >= option.still:
        # It is back once it has entered, and stayed.
        return [1, *(-1 * one for one in choice[: max(0, day - option.stay + 1)])]
    return _inside(option, choice, day)


def _taken(standing: Standing, fleet: int, here: Ints, days: int) -> Ints:
    """Slots that are taken on each day by those that are in the hangar."""
    back = standing.back_in[fleet, here]
    stays = standing.hangar[fleet, here][:, None] & (np.arange(days) < back[:, None])
    return np.asarray(stays.sum(axis=0))


def _solve(
    model: Any, here: Ints, enter: list[list[Any]], seconds: float, longest: float | None
) -> BasePlan:
    cp_model = or_tools.cp_sat()

    solver = or_tools.solver(seconds, longest)
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    days = [
        next((day for day, one in enumerate(choice) if found and solver.value(one)), -1)
        for choice in enter
    ]
    cost = UNIT * solver.objective_value if found else float("nan")
    return BasePlan(here, np.array(days), cost, status == cp_model.OPTIMAL)
