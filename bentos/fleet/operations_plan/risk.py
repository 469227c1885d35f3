"""Bookings at risk: nobody flies them, or their vessel may fail before they are over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bentos.fleet.operations_plan.schemas import AnotherWay, AtRisk, TripAnswer
from tambo.planning.fleet.alternatives import Plan, alternative
from tambo.planning.fleet.trips import Trip


def at_risk(trips: Sequence[Trip], answers: Sequence[TripAnswer], plan: Plan) -> list[AtRisk]:
    """Bookings at risk with another way for each, the most revenue at risk first.

    Args:
        trips: within the horizon.
        answers: to them, and to others.
        plan: what is flown.
    """
    by_booking = {one.booking_id: one for one in answers}
    found = list(_found(trips, by_booking, plan))
    found.sort(key=lambda one: (-one.revenue_at_risk, one.booking_id))
    return [one.model_copy(update={"rank": rank}) for rank, one in enumerate(found, 1)]


def _found(trips: Sequence[Trip], answers: dict[str, TripAnswer], plan: Plan) -> Iterator[AtRisk]:
    for trip in trips:
        answer = answers[trip.booking_id]
        chance = answer.chance_of_failure or 0.0
        flown = answer.aircraft_id is not None
        if flown and chance < plan.least_chance:
            continue
        says = (
            f"chance of a failure of {answer.aircraft_id} of {chance:.0%} before it is over"
            if flown
            else f"nobody flies it: {answer.why_not}"
        )
        yield AtRisk(
            rank=0,
            booking_id=trip.booking_id,
            aircraft_id=answer.aircraft_id,
            kind="failure" if flown else "not_flown",
            revenue_at_risk=round(trip.revenue * (chance if flown else 1.0), 2),
            says=says,
            alternative=AnotherWay(**vars(alternative(trip, answer.aircraft_id, plan))),
        )
