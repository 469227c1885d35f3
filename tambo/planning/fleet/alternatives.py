"""Another way to fly a trip that is at risk: another vessel, a ferry, or a maintenance moved.

Each is possible beside all that the plan already gives to vessels, and taken alone: two trips may
be offered the same vessel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from tambo.planning.fleet.assignment import Chance
from tambo.planning.fleet.trips import ObstacleKind, Stay, Trip, Vessel, conflict, is_flyable

SHIFT = 14
"""Days that a maintenance is moved, at most."""

_WORDS: Mapping[ObstacleKind, str] = {
    "away": "away",
    "failed": "failed",
    "in_hangar": "in a hangar",
    "legal_days": "out of legal days",
    "legal_hours": "short of legal hours",
    "taken": "on other trips",
}


@dataclass(frozen=True)
class Alternative:
    """Another way to fly a trip.

    Attributes:
        kind: vessel: another at the base; ferry: one of another base; shift: one whose maintenance
            is moved; none: there is no other way.
        aircraft_id: who would fly it; None where nobody can.
        days: by which its maintenance is moved, later if positive; None where none is.
        says: the same in words, or why there is none.
    """

    kind: Literal["vessel", "ferry", "shift", "none"]
    aircraft_id: str | None
    days: int | None
    says: str


@dataclass(frozen=True)
class Plan:
    """What alternatives are held against.

    Attributes:
        vessels: all of them.
        flies: trips by the name of the vessel that the plan gives them to.
        slots: that hangars have, by base; a base that is not here has no limit.
        chance: of a failure.
        least_chance: chance of a failure from which on a trip is at risk.
        now: nothing is moved to before it.
        ferry_hours: of a ferry one way; None: not known, so it is not counted.
    """

    vessels: Sequence[Vessel]
    flies: Mapping[str, Sequence[Trip]]
    slots: Mapping[str, int]
    chance: Chance
    least_chance: float
    now: datetime
    ferry_hours: float | None = None


def alternative(trip: Trip, flown_by: str | None, plan: Plan) -> Alternative:
    """Find another way to fly a trip.

    Args:
        trip: at risk.
        flown_by: vessel that the plan gives it to; None: none.
        plan: what else is flown.
    """
    kin = [one for one in plan.vessels if one.is_of(trip)]
    found = _vessel(trip, flown_by, kin, plan) or _ferry(trip, kin, plan)
    return found or _shift(trip, flown_by, kin, plan) or _none(trip, flown_by, kin, plan)


def _is_sound(vessel: Vessel, trip: Trip, plan: Plan) -> bool:
    return plan.chance(vessel, trip) < plan.least_chance


def _soundest(free: Sequence[Vessel], trip: Trip, plan: Plan) -> Vessel | None:
    """The vessel that is least likely to fail."""
    return min(free, key=lambda one: (plan.chance(one, trip), one.name), default=None)


def _free(trip: Trip, vessels: Sequence[Vessel], plan: Plan) -> list[Vessel]:
    return [
        one
        for one in vessels
        if conflict(one, trip, plan.flies.get(one.name, ())) is None and _is_sound(one, trip, plan)
    ]


def _vessel(
    trip: Trip, flown_by: str | None, kin: Sequence[Vessel], plan: Plan
) -> Alternative | None:
    here = [one for one in kin if one.base == trip.base and one.name != flown_by]
    one = _soundest(_free(trip, here, plan), trip, plan)
    if one is None:
        return None
    return Alternative("vessel", one.name, None, f"{one.name} at {trip.base} is free for it")


def _ferry(trip: Trip, kin: Sequence[Vessel], plan: Plan) -> Alternative | None:
    hours = plan.ferry_hours or 0.0
    way = timedelta(hours=hours)
    longer = replace(
        trip,
        departs=trip.departs - way,
        returns=trip.returns + way,
        hours=trip.hours + 2 * hours,
    )
    if longer.departs < plan.now:
        return None
    away = [one for one in kin if one.base is not None and one.base != trip.base]
    one = _soundest(_free(longer, away, plan), longer, plan)
    if one is None:
        return None
    counted = (
        "the hours of the ferry are not known, and not counted"
        if plan.ferry_hours is None
        else f"{2 * hours:,.1f} hours of ferry there and back are counted"
    )
    says = f"{one.name} is free for it, with a ferry from {one.base} to {trip.base}: {counted}"
    return Alternative("ferry", one.name, None, says)


def _shift(
    trip: Trip, flown_by: str | None, kin: Sequence[Vessel], plan: Plan
) -> Alternative | None:
    """The shortest move of a maintenance; its own vessel's before others', later before sooner."""
    here = [one for one in kin if one.base == trip.base and not _is_away(one, trip, plan)]
    own = trip.promised or flown_by
    here.sort(key=lambda one: (one.name != own, one.name))
    for size in range(1, SHIFT + 1):
        for vessel in here:
            for days in (size, -size):
                moved = next(_moved(vessel, trip, days, plan), None)
                if moved is not None:
                    how = f"{size} day{'s' if size > 1 else ''} {'later' if days > 0 else 'sooner'}"
                    says = (
                        f"{vessel.name} can fly it if its maintenance of {moved.begins:%Y-%m-%d} "
                        f"begins {how}"
                    )
                    return Alternative("shift", vessel.name, days, says)
    return None


def _others(vessel: Vessel, trip: Trip, plan: Plan) -> list[Trip]:
    return [one for one in plan.flies.get(vessel.name, ()) if one.booking_id != trip.booking_id]


def _is_away(vessel: Vessel, trip: Trip, plan: Plan) -> bool:
    """Whether a vessel is on another trip: no maintenance that is moved can help."""
    return any(trip.meets(one.departs, one.returns) for one in _others(vessel, trip, plan))


def _moved(vessel: Vessel, trip: Trip, days: int, plan: Plan) -> Iterator[Stay]:
    """Stays of a vessel that free it for a trip if they are moved by so many days."""
    flown = _others(vessel, trip, plan)
    for at, stay in enumerate(vessel.stays):
        step = timedelta(days=days)
        fresh = Stay(stay.begins + step, stay.ends + step)
        if stay.begins <= plan.now or fresh.begins < plan.now:
            continue
        stays = (*vessel.stays[:at], fresh, *vessel.stays[at + 1 :])
        ordered = all(a.ends <= b.begins for a, b in pairwise(stays))
        changed = replace(vessel, stays=stays)
        if (
            ordered
            and _has_slot(vessel, fresh, plan)
            and conflict(changed, trip, flown) is None
            and is_flyable(changed, flown)
            and _is_sound(changed, trip, plan)
        ):
            yield stay


def _has_slot(vessel: Vessel, stay: Stay, plan: Plan) -> bool:
    """Whether the base has a slot all the time; more careful than need be where stays are short."""
    slots = plan.slots.get(vessel.base or "")
    others = sum(
        any(one.begins < stay.ends and stay.begins < one.ends for one in other.stays)
        for other in plan.vessels
        if other.base == vessel.base and other.name != vessel.name
    )
    return slots is None or others < slots


def _none(trip: Trip, flown_by: str | None, kin: Sequence[Vessel], plan: Plan) -> Alternative:
    others = [one for one in kin if one.name != flown_by]
    if not others:
        says = f"the fleet has no {'other ' if flown_by else ''}{trip.kind or 'vessel'}"
        return Alternative("none", None, None, says)
    counted: Counter[str] = Counter()
    for one in others:
        found = conflict(one, trip, plan.flies.get(one.name, ()))
        if found is not None:
            counted[_WORDS[found.kind]] += 1
        elif _is_sound(one, trip, plan):
            counted["not in reach by a ferry in time"] += 1
        else:
            counted["no less likely to fail"] += 1
    why = ", ".join(f"{number} {words}" for words, number in sorted(counted.items()))
    of_kind = " of the kind" if trip.kind else ""
    says = (
        f"of {len(others)} {'other ' if flown_by else ''}vessels{of_kind}: {why}; moving a "
        f"maintenance by up to {SHIFT} days frees none"
    )
    return Alternative("none", None, None, says)
