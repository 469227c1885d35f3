"""From booked trips to a plan: read the vessels, assign the trips, say what is at risk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bentos.fleet.asked import vessel_faults
from bentos.fleet.operations_plan.answering import answered, used
from bentos.fleet.operations_plan.fleet import Chances, Fleet, fleet_of, overbooked, plan_faults
from bentos.fleet.operations_plan.risk import at_risk
from bentos.fleet.operations_plan.schemas import (
    LimitReached,
    OperationsPlan,
    OperationsPlanRequest,
    PlannedTrip,
)
from bentos.fleet.outlook import Outlook, Outlooks
from bentos.inference.requests import refuse
from tambo.featurestore.online import OnlineReader
from tambo.planning.fleet.alternatives import Plan
from tambo.planning.fleet.assignment import assign
from tambo.planning.fleet.trips import Trip
from tambo.planning.fleet.usage import lapses
from tambo.serving.model import ServedModel
from tambo.serving.problem import FieldError, field_error


class OperationsPlanner:
    """Gives booked trips to vessels; may be used by several threads.

    Args:
        model: the champion of the next maintenance, which tells chances of a failure.
        reader: the online features of its feature service.

    Raises:
        ServingError: the model wants an input that no feature gives, or answers something else.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader) -> None:
        self._outlooks = Outlooks(model, reader, None)

    def answer(
        self, requests: Sequence[OperationsPlanRequest], batch: bool = False
    ) -> list[OperationsPlan]:
        """Answer for some fleets; see `Answerer`."""
        del batch  # a plan is one request
        return [self._plan(one) for one in requests]

    def _plan(self, request: OperationsPlanRequest) -> OperationsPlan:
        refuse(_twice(request.trips))
        found = self._read(request)
        now = found[0][1].row.asked_at
        names = [name for name, _ in found]
        fleet = fleet_of(found, request)
        refuse(
            [
                *_past(request.trips, now),
                *_promises(request.trips, fleet),
                *plan_faults(request.maintenance, names),
                *vessel_faults(request.vessels, names, now),
            ]
        )
        return self._answer(request, fleet, now)

    def _read(self, request: OperationsPlanRequest) -> list[tuple[str, Outlook]]:
        """The vessels of which something is stored.

        Raises:
            ProblemError: one that the request names is not among them, or there is none.
        """
        return self._outlooks.fleet(request.aircraft_ids, request.asked_at)

    def _answer(
        self, request: OperationsPlanRequest, fleet: Fleet, now: datetime
    ) -> OperationsPlan:
        end = now + timedelta(days=request.horizon)
        trips = [_trip(one) for one in request.trips]
        within = [one for one in trips if one.departs < end]
        chances = Chances(fleet, now)
        assignment = assign(within, fleet.vessels, chances, request.penalty)
        flies = {one.name: assignment.trips_of(one, within) for one in fleet.vessels}
        plan = Plan(
            vessels=fleet.vessels,
            flies=flies,
            slots=fleet.slots,
            chance=chances,
            least_chance=request.least_chance,
            now=now,
            ferry_hours=request.ferry_hours,
        )
        answers = answered(trips, assignment.vessel_of, plan, chances, end)
        risks = at_risk(within, answers, plan)
        row = next(iter(fleet.outlooks.values())).row
        return OperationsPlan(
            trips=answers,
            vessels=[used(one, flies[one.name], now, end) for one in fleet.vessels],
            at_risk=risks,
            limits=[
                LimitReached(aircraft_id=one.name, **vars(lapse))
                for one in fleet.vessels
                for lapse in lapses(one, now, end)
            ],
            revenue=sum(one.revenue for some in flies.values() for one in some),
            revenue_at_risk=round(sum(one.revenue_at_risk for one in risks), 2),
            proven=assignment.proven,
            horizon=request.horizon,
            ends_at=end,
            model=self._outlooks.version,
            release=row.release,
            as_of=row.as_of,
            asked_at=now,
            warnings=self._outlooks.features.warnings(
                row,
                [
                    *self._outlooks.left_out(request.aircraft_ids),
                    *fleet.warnings,
                    *overbooked(fleet, now, end),
                    *_warnings(trips, end, assignment.proven),
                ],
            ),
        )


def _trip(one: PlannedTrip) -> Trip:
    return Trip(
        booking_id=one.booking_id,
        kind=one.vessel_type,
        base=one.origin,
        departs=one.departs_at,
        returns=one.ends_at,
        hours=one.hours,
        revenue=one.revenue,
        priority=one.priority,
        promised=one.aircraft_id,
    )


def _twice(trips: Sequence[PlannedTrip]) -> Iterator[FieldError]:
    first: dict[str, int] = {}
    for at, one in enumerate(trips):
        if first.setdefault(one.booking_id, at) != at:
            says = f"{one.booking_id} is trips.{first[one.booking_id]} already"
            yield field_error(("trips", at, "booking_id"), says)


def _past(trips: Sequence[PlannedTrip], now: datetime) -> Iterator[FieldError]:
    for at, one in enumerate(trips):
        if one.departs_at < now:
            says = f"lies before asked_at, {now.isoformat()}"
            yield field_error(("trips", at, "departs_at"), says)


def _promises(trips: Sequence[PlannedTrip], fleet: Fleet) -> Iterator[FieldError]:
    """Vessels that are promised and could never fly the trip."""
    known = {one.name: one for one in fleet.vessels}
    for at, one in enumerate(trips):
        if one.aircraft_id is None:
            continue
        vessel = known.get(one.aircraft_id)
        if vessel is None:
            says = f"{one.aircraft_id} is none of the vessels that are planned"
        elif not vessel.can_serve(_trip(one)):
            says = f"{vessel.name} is a {vessel.kind} at {vessel.base}"
        else:
            continue
        yield field_error(("trips", at, "aircraft_id"), says)


def _warnings(trips: Sequence[Trip], end: datetime, proven: bool) -> Iterator[str]:
    last = max(one.returns for one in trips)
    if last < end:
        yield (
            f"the last booked trip is over on {last.date()}, and the horizon ends on "
            f"{end.date()}: what will be booked between them is not in the plan"
        )
    beyond = sum(one.departs >= end for one in trips)
    if beyond:
        yield f"{beyond} of {len(trips)} trips depart after the horizon, and are not planned"
    if not proven:
        yield "the time to plan ran out: a better plan may exist"
