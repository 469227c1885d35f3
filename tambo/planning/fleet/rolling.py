"""The rolling-horizon optimiser: when each vessel of a base enters a hangar in the days ahead.

An integer programme: each vessel enters on one of the days, or on none; slots are never
overbooked. It costs what maintenance, failures until then and absence are expected to, and what a
vessel with the wear that it has in the end is worth less. Only what it says of today is done; it is
solved again tomorrow. Solved by OR-Tools' CP-SAT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tambo.planning import or_tools
from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.outlook import expected_trips, losses, mean_hours
from tambo.planning.fleet.parameters import Flags, Floats, Ints, Parameters, Roster

UNIT = 10.0
"""USD of a unit of the programme's whole numbers."""
SECONDS = 2.0
"""Of deterministic time, after which the best plan found so far is taken."""
FAR = 1e6
"""Hours or days that no vessel reaches, where the law sets no limit."""
USUAL_USE = 200.0
"""Hours of use that say as much of how fast a vessel wears as what is usual of its kind."""


@dataclass(frozen=True)
class Horizon:
    """What the optimiser runs on.

    Attributes:
        parameters: of the world.
        grid: wear for which `value` holds.
        value: USD that a vessel is worth from then on, of each kind [kind, wear].
        days: it plans ahead.
        gamma: of the discount, a day.
    """

    parameters: Parameters
    grid: Floats
    value: Floats
    days: int = 28
    gamma: float = 0.995


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


def day_worth(parameters: Parameters, roster: Roster, base: int, kind: int) -> float:
    """USD that a day of absence of one vessel loses on a usual day."""
    here = int(((roster.base == base) & (roster.kind == kind)).sum())
    demand = parameters.demand[kind]
    trips = np.array([max(1, here) * demand.trips])
    found = losses(trips, demand, max(1, here), parameters.compensation)[0]
    return float(found[1] - found[0])


def plan_base(
    standing: Standing,
    fleet: int,
    base: int,
    horizon: Horizon,
    allowed: Flags | None = None,
    fixed: Ints | None = None,
) -> BasePlan:
    """Plan the days ahead of one base of one fleet.

    Args:
        standing: this morning.
        fleet: which of them.
        base: which of its bases.
        horizon: what is known of the world.
        allowed: days from today on which vessels may enter; None: all of them [day].
        fixed: a plan whose cost is asked for, as `BasePlan.enters`; None: the best one.
    """
    cp_model = or_tools.cp_sat()

    here, days = standing.roster.homes[base], horizon.days
    model = cp_model.CpModel()
    options = [_options(standing, fleet, vessel, horizon) for vessel in here.tolist()]
    enter = [[model.new_bool_var("") for _ in range(days)] for _ in here]
    terms: list[Any] = []
    for option, choice in zip(options, enter, strict=True):
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
    taken = _taken(standing, fleet, here, days)
    slots = int(standing.roster.slots[base])
    for day in range(days):
        stays = [one for of in zip(options, enter, strict=True) for one in _inside(*of, day)]
        model.add(sum(stays) <= max(0, slots - int(taken[day])))
    terms += _absence(model, standing, fleet, base, horizon, options, enter)
    model.minimize(sum(terms))
    return _solve(model, here, enter)


def _inside(option: _Options, choice: list[Any], day: int) -> list[Any]:
    """The choices by which a vessel is in the hangar on a day."""
    return choice[max(0, day - option.stay + 1) : day + 1]


def _absence(
    model: Any,
    standing: Standing,
    fleet: int,
    base: int,
    horizon: Horizon,
    options: list[_Options],
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
                absent += _away(options[place], enter[place], day)
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


def _away(option: _Options, choice: list[Any], day: int) -> list[Any]:
    """Terms whose sum is 1 on a day on which a vessel cannot be used, else 0."""
    if option.until > day:
        return [1]
    if option.useless:
        # It is back once it has entered, and stayed.
        return [1, *(-1 * one for one in choice[: max(0, day - option.stay + 1)])]
    return _inside(option, choice, day)


@dataclass(frozen=True)
class _Options:
    """What it costs to let one vessel enter on each day, against not at all.

    Attributes:
        earliest: first day on which it can.
        until: first day on which it is not in the hangar that it is in now.
        stay: days that it is expected to stay.
        gain: USD, absence left out [day].
        useless: it cannot be used until it has entered.
    """

    earliest: int
    until: int
    stay: int
    gain: Floats
    useless: bool


def _options(standing: Standing, fleet: int, vessel: int, horizon: Horizon) -> _Options:
    roster, kind = standing.roster, int(standing.roster.kind[vessel])
    upkeep = horizon.parameters.upkeep[kind]
    failed = bool(standing.failed[fleet, vessel])
    useless = bool(standing.must_enter[fleet, vessel])
    inside = bool(standing.hangar[fleet, vessel])
    back = int(standing.back_in[fleet, vessel])
    steps = np.arange(horizon.days + 1)
    use, wear, rate = _course(standing, fleet, vessel, horizon)
    day_lost = day_worth(horizon.parameters, roster, int(roster.base[vessel]), kind)
    chance = 1 - np.exp(-use * upkeep.hazard * np.exp(upkeep.steepness * wear))
    usual = upkeep.cost * (1 + upkeep.cost_by_wear * wear)
    extra = (upkeep.failed_cost - 1) * usual
    extra += (upkeep.failed_days - upkeep.days) * day_lost
    discount = horizon.gamma**steps
    risk = np.concatenate([[0.0], (discount * chance * extra).cumsum()])[: horizon.days + 1]
    stay = max(1, round(upkeep.failed_days if failed else upkeep.days))
    cost = usual * (upkeep.failed_cost if failed else 1.0)
    cost = cost + (horizon.parameters.grounded_day * steps if failed else 0.0)
    after = float(np.mean(upkeep.left)) * wear + rate * np.maximum(0, horizon.days - steps - stay)
    end = discount[-1] * np.interp(after, horizon.grid, horizon.value[kind])
    last = discount[-1] * float(np.interp(wear[-1], horizon.grid, horizon.value[kind]))
    beyond = discount[-1] * day_lost * np.clip(steps + stay - horizon.days, 0, stay)
    entering = risk + discount * cost + beyond - end
    # One of no use must enter in the end: it is as if it did after the last day.
    none = entering[-1] if useless else risk[-1] - last
    gain = entering[:-1] - none
    earliest = horizon.days if inside else back
    return _Options(earliest, back if inside else 0, stay, np.asarray(gain), useless)


def _course(
    standing: Standing, fleet: int, vessel: int, horizon: Horizon
) -> tuple[float, Floats, float]:
    """Hours of use a day, wear on each morning ahead, and wear of a day."""
    kind = int(standing.roster.kind[vessel])
    upkeep, demand = horizon.parameters.upkeep[kind], horizon.parameters.demand[kind]
    idle = bool(standing.must_enter[fleet, vessel])
    inside = bool(standing.hangar[fleet, vessel])
    use = 0.0 if idle else demand.trips * mean_hours(demand)
    now = float(horizon.parameters.wear(standing.score[fleet, vessel][None])[0])
    rate = upkeep.wear_hour * use + upkeep.wear_day
    if inside:
        now = 0.0
    elif not idle:
        hours = standing.hours[fleet, vessel] * min(upkeep.hours_limit, FAR)
        days = standing.days[fleet, vessel] * min(upkeep.days_limit, FAR)
        usual = upkeep.wear_hour * hours + upkeep.wear_day * days
        prior = USUAL_USE * upkeep.wear_hour
        rate *= (now + prior) / (usual + prior)
    return use, np.asarray(now + rate * np.arange(horizon.days + 1)), rate


def _taken(standing: Standing, fleet: int, here: Ints, days: int) -> Ints:
    """Slots that are taken on each day by those that are in the hangar."""
    back = standing.back_in[fleet, here]
    stays = standing.hangar[fleet, here][:, None] & (np.arange(days) < back[:, None])
    return np.asarray(stays.sum(axis=0))


def _solve(model: Any, here: Ints, enter: list[list[Any]]) -> BasePlan:
    cp_model = or_tools.cp_sat()

    solver = or_tools.solver(SECONDS)
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    days = [
        next((day for day, one in enumerate(choice) if found and solver.value(one)), -1)
        for choice in enter
    ]
    cost = UNIT * solver.objective_value if found else float("nan")
    return BasePlan(here, np.array(days), cost, status == cp_model.OPTIMAL)
