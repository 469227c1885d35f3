"""What is answered of trips and vessels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bentos.fleet.operations_plan.fleet import Chances
from bentos.fleet.operations_plan.schemas import Blocked, TripAnswer, VesselUse
from tambo.planning.fleet.alternatives import Plan
from tambo.planning.fleet.trips import Obstacle, Trip, Vessel, conflict
from tambo.planning.fleet.usage import usage

_CHOSEN = Obstacle("taken", "could fly it, and the time to plan ran out")


def answered(
    trips: Sequence[Trip],
    vessel_of: Mapping[str, str],
    plan: Plan,
    chances: Chances,
    end: datetime,
) -> list[TripAnswer]:
    """Who flies each trip, or why nobody does.

    Args:
        trips: of the request.
        vessel_of: vessel by booking.
        plan: what is flown.
        chances: of a failure.
        end: of the horizon.
    """
    known = {one.name: one for one in plan.vessels}
    found = []
    for trip in trips:
        name = vessel_of.get(trip.booking_id)
        if name is None:
            found.append(_not_flown(trip, plan, end))
            continue
        chance = chances.foretold(known[name], trip)
        found.append(
            TripAnswer(
                booking_id=trip.booking_id,
                aircraft_id=name,
                chance_of_failure=None if chance is None else round(chance, 4),
                why_not=None,
                blocked=[],
            )
        )
    return found


def used(vessel: Vessel, trips: Sequence[Trip], now: datetime, end: datetime) -> VesselUse:
    """Use of a vessel as answers show it."""
    found = usage(vessel, trips, now, end)
    return VesselUse(
        aircraft_id=vessel.name,
        trips=found.trips,
        hours=round(found.hours, 2),
        away=round(found.away, 4),
        in_hangar=round(found.in_hangar, 4),
        revenue=round(found.revenue, 2),
        legal_hours_left=None if found.hours_left is None else round(found.hours_left, 2),
    )


def _not_flown(trip: Trip, plan: Plan, end: datetime) -> TripAnswer:
    blocked = []
    if trip.departs >= end:
        why = f"departs after the horizon, which ends on {end:%Y-%m-%d %H:%M}"
    else:
        here = [one for one in plan.vessels if one.can_serve(trip)]
        blocked = [_blocked(one, trip, plan) for one in here]
        why = "; ".join(f"{one.aircraft_id} {one.says}" for one in blocked)
        why = why or f"no {trip.kind or 'vessel'} of the fleet is at {trip.base}"
    return TripAnswer(
        booking_id=trip.booking_id,
        aircraft_id=None,
        chance_of_failure=None,
        why_not=why,
        blocked=blocked,
    )


def _blocked(vessel: Vessel, trip: Trip, plan: Plan) -> Blocked:
    found = conflict(vessel, trip, plan.flies[vessel.name]) or _CHOSEN
    return Blocked(aircraft_id=vessel.name, kind=found.kind, says=found.says)
