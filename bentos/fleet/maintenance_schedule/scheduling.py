"""From a fleet to its schedule: read the vessels, date the plan, hold it against today's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bentos.fleet.maintenance_schedule import answering, drivers
from bentos.fleet.maintenance_schedule.answering import Made
from bentos.fleet.maintenance_schedule.checking import faults
from bentos.fleet.maintenance_schedule.fleet import Fleet, fleet_of, schedulable
from bentos.fleet.maintenance_schedule.schemas import (
    MaintenanceSchedule,
    MaintenanceScheduleRequest,
)
from bentos.fleet.maintenance_schedule.trained import Trained, left_out
from bentos.inference.requests import refuse
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.planning.fleet.course import course, planned
from tambo.planning.fleet.dated import dated
from tambo.planning.fleet.demand import SEEN
from tambo.planning.fleet.expected import Expectation
from tambo.planning.fleet.parameters import Flags
from tambo.serving.model import ServedModel
from tambo.serving.problem import ProblemError, field_error


class FleetScheduler:
    """Answers who enters a hangar on which day; may be used by several threads.

    Args:
        model: the champion of the schedule; None: the data gave none.
        reader: the online features of its feature service.
        folder: of its artefact.

    Raises:
        ServingError: the network reads something else, or answers something else.
        PlanError: the folder holds no schedules.
    """

    def __init__(
        self,
        model: ServedModel | None,
        reader: OnlineReader | None,
        folder: Path,
    ) -> None:
        self._scheduler = (
            None if model is None or reader is None else Trained(model, reader, folder)
        )

    def answer(
        self, requests: Sequence[MaintenanceScheduleRequest], batch: bool = False
    ) -> list[MaintenanceSchedule]:
        """Answer for some fleets; see `Answerer`.

        Raises:
            ProblemError: no schedule was trained, or a field of a request is wrong.
        """
        del batch  # a fleet is one request
        if self._scheduler is None:
            raise ProblemError(
                503,
                "no schedule was trained: what is loaded does not say enough of costs, bases,"
                " hangars or bookings",
                remedy="load aircraft with their types and bases, hangars, legal_limits,"
                " flights_log, bookings, telemetry and maintenance with its costs; then tambo"
                " train maintenance_schedule, and tambo bundle fleet",
            )
        return [self._of_fleet(self._scheduler, one) for one in requests]

    def _of_fleet(self, one: Trained, request: MaintenanceScheduleRequest) -> MaintenanceSchedule:
        found = one.read(request)
        first = found[0][1]
        now, warnings = first.asked_at, left_out(one.known_vessels, request)
        valued = [(name, one.values(row)) for name, row in found]
        vessels = schedulable(valued, request, one.schedules.kinds, warnings)
        refuse(
            []
            if vessels
            else [field_error(("aircraft_ids",), f"none can be scheduled: {'; '.join(warnings)}")]
        )
        refuse(faults(request, {known.name: known.base for known in vessels}, now))
        booked = one.booked(vessels, request)
        fleet = fleet_of(vessels, request, one.schedules, booked, now, warnings)
        made = _made(one, request, fleet, now)
        return _answer(one, request, made, first)


def _made(one: Trained, request: MaintenanceScheduleRequest, fleet: Fleet, now: datetime) -> Made:
    name = request.schedule or one.schedules.best
    closed = {(day - fleet.today).days for day in request.blackout_dates or ()}
    allowed: Flags = np.array([day not in closed for day in range(request.horizon)])
    policy = one.schedules.policy(name, one.value)
    given = (fleet.standing, fleet.horizon, allowed, fleet.seasons)
    return Made(
        schedule=name,
        fleet=fleet,
        plan=dated(policy, *given, rule=one.schedules.threshold),
        current=course(planned(fleet.planned), *given),
        expectation=Expectation(fleet.standing, fleet.horizon),
        allowed=allowed,
        now=now,
    )


def _answer(
    one: Trained, request: MaintenanceScheduleRequest, made: Made, row: OnlineRow
) -> MaintenanceSchedule:
    fleet, plan, current = made.fleet, made.plan, made.current
    number, before = (int((of.enters >= 0).sum()) for of in (plan, current))
    expected, held = (made.expectation.of(of.enters) for of in (plan, current))
    network = drivers.says(one.value, fleet.standing, fleet.horizon.parameters)
    return MaintenanceSchedule(
        schedule=made.schedule,
        vessels=answering.scheduled(made, one.schedules, network),
        plan=answering.figures(expected, number),
        current_plan=answering.figures(held, before),
        difference=answering.figures(expected.less(held), number - before),
        limits=list(answering.limits(plan, made)),
        current_limits=list(answering.limits(current, made)),
        schedules=answering.earned(one.schedules),
        proven=plan.proven,
        horizon=request.horizon,
        ends_on=fleet.today + timedelta(days=request.horizon),
        model=one.features.version,
        release=row.release,
        as_of=row.as_of,
        asked_at=row.asked_at,
        warnings=one.features.warnings(row, [*fleet.warnings, *_warnings(request, made)]),
    )


def _warnings(request: MaintenanceScheduleRequest, made: Made) -> Iterator[str]:
    today = made.now.astimezone(UTC).date()
    if request.horizon > SEEN:
        seen, end = today + timedelta(days=SEEN), today + timedelta(days=request.horizon)
        yield (
            f"bookings are seen until {seen}, and the horizon ends on {end}: of the days between"
            " them only what is usual is known"
        )
    days = set(request.blackout_dates or ())
    outside = sum(not 0 <= (day - today).days < request.horizon for day in days)
    if outside:
        yield f"{outside} of {len(days)} blackout dates lie outside the horizon"
    wanted, kept = made.fleet.planned, made.current.enters
    within = (wanted < request.horizon) | (kept >= 0)
    moved = np.flatnonzero((wanted >= 0) & within & (wanted != kept)).tolist()
    if moved:
        names = ", ".join(made.fleet.names[vessel] for vessel in moved)
        yield (
            f"the current plan cannot keep the dates of {names}, for want of a slot, because of a"
            " blackout date, or by law: the nearest that it can are taken"
        )
    yield from _hasty(made)
    if not made.plan.proven:
        yield "the time to plan ran out: a better plan may exist"


def _hasty(made: Made) -> Iterator[str]:
    """Vessels that are used more than their kind: their legal hours end before the plan has it."""
    fleet, plan = made.fleet, made.plan
    stands = {one.vessel for one in plan.missed}
    for vessel, name in enumerate(fleet.names):
        enters, ends = int(plan.enters[vessel]), float(fleet.hours_end[vessel])
        idle = fleet.standing.hangar[0, vessel] or fleet.standing.failed[0, vessel]
        if not idle and vessel not in stands and ends < (fleet.horizon.days, enters)[enters >= 0]:
            yield (
                f"the legal hours of {name} end on {fleet.day(int(ends))} at its use of the newest"
                " 30 days, before it enters: plans take the use that is usual of its kind"
            )
