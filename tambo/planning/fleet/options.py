"""What it is expected to cost to let one vessel enter a hangar on each of the days ahead.

These figures are what the optimiser chooses by, and what is told of any dated plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.outlook import (
    absence,
    kept_trips,
    mean_hours,
    served,
    trip_revenue,
)
from tambo.planning.fleet.parameters import Floats, Ints, Parameters, Roster

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
        slot_day: USD that a day of a slot is worth to the vessels that wait for one.
        days: it plans ahead.
        gamma: of the discount, a day.
    """

    parameters: Parameters
    grid: Floats
    value: Floats
    slot_day: float
    days: int = 28
    gamma: float = 0.995


@dataclass(frozen=True)
class Options:
    """What is expected of one vessel that enters on a day; the last: not within the horizon.

    Attributes:
        earliest: first day on which it can enter.
        until: first day on which it is not in the hangar that it is in now.
        stay: days that it is expected to stay.
        still: first day on which it cannot be used until it has entered: it has failed, or reaches
            what the law allows; the horizon's days where that lies beyond.
        maintenance: USD that its maintenance costs [day + 1].
        failures: USD that failures before it cost more than it does: maintenance, the trip that
            fails, and a longer stay, to others too who wait for the slot; likewise.
        waiting: USD of days on which it waits for a slot, and that its stay lasts beyond the
            horizon, likewise.
        worth: USD that it is worth at the end of the horizon, likewise.
        chance: of a failure before it enters, likewise.
        failed_days: days of absence that failures before are expected to add, likewise.
    """

    earliest: int
    until: int
    stay: int
    still: int
    maintenance: Floats
    failures: Floats
    waiting: Floats
    worth: Floats
    chance: Floats
    failed_days: Floats

    @property
    def gain(self) -> Floats:
        """USD that entering costs more than not to enter, absence left out [day]."""
        every = self.maintenance + self.failures + self.waiting - self.worth
        return np.asarray(every[:-1] - every[-1])


def day_worth(parameters: Parameters, roster: Roster, base: int, kind: int) -> float:
    """USD that a day of absence of one vessel loses on average, where others may stand in."""
    here = int(((roster.base == base) & (roster.kind == kind)).sum())
    return absence(parameters.demand[kind], max(1, here), parameters.compensation)


def usual_use(parameters: Parameters, roster: Roster) -> Floats:
    """Hours that each vessel is used on a usual day on which it and its like are there [vessel]."""
    found = np.zeros(roster.count)
    for _, kind, here in roster.cells:
        demand = parameters.demand[kind]
        found[here] = kept_trips(demand) * mean_hours(demand) * served(demand, len(here))
    return found


def pace(standing: Standing, parameters: Parameters) -> Floats:
    """How fast vessels wear, as a factor of what is usual of their kind [fleet, vessel].

    What a vessel wore since its last maintenance says it; 1 where that says nothing of its use.
    """

    def of(name: str) -> Floats:
        figures = np.array([float(getattr(one, name)) for one in parameters.upkeep])
        return np.asarray(figures[standing.roster.kind])

    hours = standing.hours * np.minimum(of("hours_limit"), FAR)
    days = standing.days * np.minimum(of("days_limit"), FAR)
    usual = of("wear_hour") * hours + of("wear_day") * days
    prior = USUAL_USE * of("wear_hour")
    found = (parameters.wear(standing.score) + prior) / (usual + prior)
    return np.where(standing.hangar | standing.must_enter, 1.0, found)


def options(
    standing: Standing, fleet: int, vessels: Sequence[int], horizon: Horizon
) -> tuple[Options, ...]:
    """What is expected of some vessels.

    Args:
        standing: this morning.
        fleet: which of them.
        vessels: which of its vessels.
        horizon: what is known of the world, and the days ahead.
    """
    use = usual_use(horizon.parameters, standing.roster)
    over = first_over(standing, horizon.parameters, horizon.days, fleet)
    still = np.where(over < 0, horizon.days, over)
    still = np.where(standing.must_enter[fleet], 0, still)
    still = np.where(standing.hangar[fleet], horizon.days, still)
    return tuple(
        _options(standing, fleet, vessel, horizon, float(use[vessel]), int(still[vessel]))
        for vessel in vessels
    )


def first_over(standing: Standing, parameters: Parameters, days: int, fleet: int = 0) -> Ints:
    """First morning on which each vessel of a fleet has reached a legal limit if it never enters.

    Args:
        standing: this morning.
        parameters: of the world.
        days: that are looked ahead; -1 is answered where no limit is reached in them.
        fleet: which one.
    """
    kind, morning = standing.roster.kind, np.arange(days)
    hours, limit = (
        np.array([min(FAR, getattr(one, name)) for one in parameters.upkeep])[kind]
        for name in ("hours_limit", "days_limit")
    )
    share = usual_use(parameters, standing.roster) / hours
    flown = standing.hours[fleet][:, None] + morning * share[:, None]
    gone = standing.days[fleet][:, None] + morning * (1 / limit)[:, None]
    # Sums of fractions: 365 days of 365 are within the law.
    over = (flown.round(9) >= 1) | (gone.round(9) > 1)
    return np.where(over.any(axis=1), over.argmax(axis=1), -1)


def _options(
    standing: Standing, fleet: int, vessel: int, horizon: Horizon, use: float, still: int
) -> Options:
    parameters, roster = horizon.parameters, standing.roster
    kind = int(roster.kind[vessel])
    upkeep = parameters.upkeep[kind]
    failed, inside = bool(standing.failed[fleet, vessel]), bool(standing.hangar[fleet, vessel])
    back = int(standing.back_in[fleet, vessel])
    until = back if inside else 0
    steps = np.arange(horizon.days + 1)
    wear, rate = _wear(standing, fleet, vessel, horizon, use, (until, still))
    day_lost = day_worth(parameters, roster, int(roster.base[vessel]), kind)
    chance = 1 - np.exp(-use * upkeep.hazard * np.exp(upkeep.steepness * wear))
    chance = np.where((steps < until) | (steps >= still), 0.0, chance)
    usual = upkeep.cost * (1 + upkeep.cost_by_wear * wear)
    longer = upkeep.failed_days - upkeep.days
    # A plan keeps to its slots; a failure takes one that others were to have.
    day_lost += horizon.slot_day
    extra = (upkeep.failed_cost - 1) * usual + longer * day_lost
    extra += (1 - parameters.diverted) * trip_revenue(parameters.demand[kind])
    discount = horizon.gamma**steps
    stay = max(1, round(upkeep.failed_days if failed else upkeep.days))
    waits = parameters.grounded_day * steps if failed else np.zeros(horizon.days + 1)
    beyond = discount[-1] * day_lost * np.clip(steps + stay - horizon.days, 0, stay)
    after = float(np.mean(upkeep.left)) * wear + rate * np.maximum(0, horizon.days - steps - stay)
    found = {
        "maintenance": discount * usual * (upkeep.failed_cost if failed else 1.0),
        "failures": _before(discount * chance * extra),
        "waiting": discount * waits + beyond,
        "worth": discount[-1] * np.interp(after, horizon.grid, horizon.value[kind]),
        "chance": 1 - np.exp(_before(np.log1p(-np.minimum(chance, 1 - 1e-12)))),
        "failed_days": _before(chance * longer),
    }
    if still >= horizon.days:
        # One that stands still must enter in the end: it is as if it did after the last day.
        found["maintenance"][-1] = found["waiting"][-1] = 0.0
        last = np.interp(wear[-1], horizon.grid, horizon.value[kind])
        found["worth"][-1] = discount[-1] * float(last)
    return Options(horizon.days if inside else back, until, stay, still, **found)


def _before(by_day: Floats) -> Floats:
    """Sums of the days before each."""
    return np.concatenate([[0.0], by_day.cumsum()[:-1]])


def _wear(
    standing: Standing,
    fleet: int,
    vessel: int,
    horizon: Horizon,
    use: float,
    used: tuple[int, int],
) -> tuple[Floats, float]:
    """Wear on each morning ahead, and that of a day of use; used: first day, and first not."""
    parameters, roster = horizon.parameters, standing.roster
    upkeep = parameters.upkeep[int(roster.kind[vessel])]
    quick = float(pace(standing, parameters)[fleet, vessel])
    rate, idle = (quick * (upkeep.wear_hour * hours + upkeep.wear_day) for hours in (use, 0.0))
    inside = bool(standing.hangar[fleet, vessel])
    now = 0.0 if inside else float(parameters.wear(standing.score[fleet, vessel][None])[0])
    (until, still), steps = used, np.arange(horizon.days + 1)
    days = np.clip(steps - until, 0, max(0, still - until))
    return np.asarray(now + rate * days + idle * np.maximum(0, steps - still)), rate
