"""Gives booked trips to vessels so that what is flown is worth most: an integer programme.

Each trip is flown by one vessel of its kind at its base, or by none; one of any kind, by any
vessel there. A vessel is on one trip at a time, never in its hangar meanwhile, and keeps to legal
hours and days. Bases do not depend on each other, nor do kinds where each trip of a base names its
kind. What depends on nothing else is solved by itself, by OR-Tools' CP-SAT: with one worker and a
limit in deterministic time, so that the same question has the same answer. A limit in true time
ends only what would be answered too late.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tambo.planning import or_tools
from tambo.planning.fleet.trips import Trip, Vessel, conflict, obstacle

CENTS = 100
TIME = 5.0
"""Deterministic seconds for all that is solved by itself."""
LONGEST = 12.0
"""True seconds likewise: a service answers within 30, and writes the answer down in them too."""

Chance = Callable[[Vessel, Trip], float]
"""Chance that a vessel fails before a trip is over."""


@dataclass(frozen=True)
class Assignment:
    """Who flies what.

    Attributes:
        vessel_of: name of the vessel by booking; trips that nobody flies are not in it.
        proven: whether no assignment is worth more.
    """

    vessel_of: Mapping[str, str]
    proven: bool

    def trips_of(self, vessel: Vessel, trips: Sequence[Trip]) -> list[Trip]:
        """What a vessel flies."""
        return [one for one in trips if self.vessel_of.get(one.booking_id) == vessel.name]


def worth(trip: Trip, chance: float, penalty: float) -> int:
    """Worth of a trip in cents: its revenue by its priority, less what is lost to a failure.

    Args:
        trip: flown by a vessel.
        chance: that this vessel fails before it is over.
        penalty: share of the revenue that a failure costs, 0 to 1.

    A trip that earns nothing is worth a cent: it is flown if that displaces nothing.
    """
    return max(1, round(CENTS * trip.priority * trip.revenue * (1 - penalty * chance)))


def assign(
    trips: Sequence[Trip],
    vessels: Sequence[Vessel],
    chance: Chance,
    penalty: float = 1.0,
    time: float = TIME,
    longest: float = LONGEST,
) -> Assignment:
    """Give trips to vessels.

    Args:
        trips: each booking once.
        vessels: each once.
        chance: of a failure.
        penalty: see `worth`.
        time: deterministic seconds, after which the best plan found so far is taken.
        longest: true seconds, likewise.
    """
    end = clock.monotonic() + longest
    cells = _apart(trips)
    found: dict[str, str] = {}
    proven = True
    for asked in cells:
        pairs = [
            (trip, vessel)
            for trip in asked
            for vessel in vessels
            if vessel.can_serve(trip) and obstacle(vessel, trip) is None
        ]
        if pairs:
            left = max(0.0, end - clock.monotonic())
            chosen, best = _solve(pairs, chance, penalty, time / len(cells), left)
            found |= chosen
            proven = proven and best
    return Assignment(found, proven)


def _apart(trips: Sequence[Trip]) -> list[list[Trip]]:
    """Trips by kind and base, or by base alone where one of any kind is among them."""
    mixed = {one.base for one in trips if one.kind is None}
    found: dict[tuple[str, str], list[Trip]] = {}
    for one in trips:
        kind = "" if one.base in mixed else one.kind or ""
        found.setdefault((kind, one.base), []).append(one)
    return [found[cell] for cell in sorted(found)]


def _solve(
    pairs: Sequence[tuple[Trip, Vessel]],
    chance: Chance,
    penalty: float,
    seconds: float,
    longest: float,
) -> tuple[dict[str, str], bool]:
    cp_model = or_tools.cp_sat()

    model = cp_model.CpModel()
    flies = [model.new_bool_var("") for _ in pairs]
    by_trip: dict[str, list[Any]] = {}
    by_vessel: dict[str, list[tuple[Trip, Any]]] = {}
    for (trip, vessel), one in zip(pairs, flies, strict=True):
        by_trip.setdefault(trip.booking_id, []).append(one)
        by_vessel.setdefault(vessel.name, []).append((trip, one))
    for choices in by_trip.values():
        model.add_at_most_one(choices)
    known = {vessel.name: vessel for _, vessel in pairs}
    for name, options in by_vessel.items():
        for clash in _clashes(options):
            model.add_at_most_one(clash)
        _keep_hours(model, known[name], options)
    values = [worth(trip, chance(vessel, trip), penalty) for trip, vessel in pairs]
    model.maximize(sum(value * one for value, one in zip(values, flies, strict=True)))
    first = _greedy(pairs, values)
    for (trip, vessel), one in zip(pairs, flies, strict=True):
        model.add_hint(one, first.get(trip.booking_id) == vessel.name)
    solver = or_tools.solver(seconds, longest)
    status = solver.solve(model)
    floor = sum(
        value
        for (trip, vessel), value in zip(pairs, values, strict=True)
        if first.get(trip.booking_id) == vessel.name
    )
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    # The solver tells whole numbers as floats, a little off where it scaled them.
    if not found or round(solver.objective_value) < floor:
        return first, False
    chosen = {
        trip.booking_id: vessel.name
        for (trip, vessel), one in zip(pairs, flies, strict=True)
        if solver.value(one)
    }
    return chosen, status == cp_model.OPTIMAL


def _greedy(pairs: Sequence[tuple[Trip, Vessel]], values: Sequence[int]) -> dict[str, str]:
    """The trip worth most goes first: where the search begins, and what it is never worse than."""
    order = sorted(range(len(pairs)), key=lambda at: -values[at])
    flown: dict[str, list[Trip]] = {}
    found: dict[str, str] = {}
    for trip, vessel in (pairs[at] for at in order):
        has = flown.setdefault(vessel.name, [])
        if trip.booking_id not in found and conflict(vessel, trip, has) is None:
            found[trip.booking_id] = vessel.name
            has.append(trip)
    return found


def _clashes(options: Sequence[tuple[Trip, Any]]) -> Iterator[list[Any]]:
    """Trips that are under way when one departs: of those that meet, one departs last."""
    for trip, _ in options:
        under_way = [one for other, one in options if other.departs <= trip.departs < other.returns]
        if len(under_way) > 1:
            yield under_way


def _keep_hours(model: Any, vessel: Vessel, options: Sequence[tuple[Trip, Any]]) -> None:
    """Engines run no longer between two stays than the law allows."""
    spans: dict[int, list[tuple[Trip, Any]]] = {}
    for trip, one in options:
        spans.setdefault(vessel.span(trip.departs), []).append((trip, one))
    for span, within in spans.items():
        limit = vessel.seconds_of(span)
        if limit is not None:
            model.add(sum(trip.seconds * one for trip, one in within) <= limit)
