"""From a fleet to its schedule: read the vessels, date the plan, hold it against today's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bentos.fleet.maintenance_schedule import answering, drivers
from bentos.fleet.maintenance_schedule.answering import Made
from bentos.fleet.maintenance_schedule.checking import faults
from bentos.fleet.maintenance_schedule.demand import Booked
from bentos.fleet.maintenance_schedule.fleet import Fleet, Known, Values, fleet_of, schedulable
from bentos.fleet.maintenance_schedule.schemas import (
    MAX_VESSELS,
    MaintenanceSchedule,
    MaintenanceScheduleRequest,
)
from bentos.inference.features import ModelFeatures, is_known
from bentos.inference.requests import refuse
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.planning.fleet.course import course, dated, planned
from tambo.planning.fleet.demand import SEEN
from tambo.planning.fleet.expected import Expectation
from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.parameters import Flags, Floats, Ints
from tambo.planning.fleet.schedules import Schedules
from tambo.requesttime import fleet as requesttime
from tambo.serving.model import ServedModel
from tambo.serving.problem import ProblemError, field_error

ENTITY = ("aircraft_id", "base", "vessel_type")
ACTIONS = ("stay", "enter")


@dataclass(frozen=True)
class _Asked:
    """One vessel, or one base and kind of vessel."""

    asked_at: datetime | None
    aircraft_id: str | None = None
    base: str | None = None
    vessel_type: str | None = None


class _Scheduler:
    """The trained schedules with their features.

    Args:
        model: the network.
        reader: the online features of its feature service.
        folder: of its artefact.

    Raises:
        ServingError: the network reads something else, or answers something else.
        PlanError: the folder holds no schedules.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, folder: Path) -> None:
        inputs = tuple(one.name for one in model.spec.inputs)
        if inputs != NAMES or model.spec.actions != ACTIONS:
            raise ServingError(
                f"model {model.spec.model} reads or answers something else than this service",
                remedy="train maintenance_schedule again and bundle it",
            )
        self.features = ModelFeatures(model, reader, entity=ENTITY, computed=NAMES)
        self.schedules = Schedules.read(folder)
        self.known_vessels = model.spec.known_values("aircraft_id") or ()
        self._model = model

    def value(self, seen: NDArray[np.float32]) -> Floats:
        """What the network holds of staying and entering; see `policies.Valued`."""
        found = self._model.predict_matrix(seen.reshape(-1, len(NAMES)))
        return found.reshape(*seen.shape[:-1], len(ACTIONS))


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
            None if model is None or reader is None else _Scheduler(model, reader, folder)
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

    def _of_fleet(
        self, one: _Scheduler, request: MaintenanceScheduleRequest
    ) -> MaintenanceSchedule:
        found = self._read(one, request)
        row = found[0][1]
        now, warnings = row.asked_at, _left_out(one.known_vessels, request)
        valued = [(name, _values(one, read)) for name, read in found]
        vessels = schedulable(valued, request, one.schedules.kinds, warnings)
        refuse(
            []
            if vessels
            else [field_error(("aircraft_ids",), f"none can be scheduled: {'; '.join(warnings)}")]
        )
        refuse(faults(request, {known.name: known.base for known in vessels}, now))
        booked = _booked(one, vessels, request)
        fleet = fleet_of(vessels, request, one.schedules, booked, now, warnings)
        made = _made(one, request, fleet, now)
        return _answer(one, request, made, row)

    def _read(
        self, one: _Scheduler, request: MaintenanceScheduleRequest
    ) -> list[tuple[str, OnlineRow]]:
        """The vessels of which something is stored.

        Raises:
            ProblemError: one that the request names is not among them, or there is none.
        """
        named = request.aircraft_ids
        names = list(dict.fromkeys(named or one.known_vessels[:MAX_VESSELS]))
        refuse([] if names else [field_error(("aircraft_ids",), "the model knows no vessels")])
        rows = one.features.read([_Asked(request.asked_at, aircraft_id=name) for name in names])
        if named is not None:
            refuse(
                field_error(("aircraft_ids", at), f"nothing is stored of {name}")
                for at, name in enumerate(named)
                if not is_known(rows[names.index(name)])
            )
        found = [(name, row) for name, row in zip(names, rows, strict=True) if is_known(row)]
        refuse([] if found else [field_error(("aircraft_ids",), "nothing is stored of any vessel")])
        return found


def _left_out(known: Sequence[str], request: MaintenanceScheduleRequest) -> list[str]:
    """Vessels that may want the same slots and trips, and are not asked for."""
    if request.aircraft_ids is None:
        says = f"only the first {MAX_VESSELS} vessels are scheduled: name others"
        return [says] if len(known) > MAX_VESSELS else []
    rest = len(set(known) - set(request.aircraft_ids))
    says = (
        f"{rest} vessels that the model knows are not asked for: no slots are kept for them,"
        " and all that is booked at a base is taken for trips of those that are"
    )
    return [says] if rest else []


def _values(one: _Scheduler, row: OnlineRow) -> Values:
    """Features of a vessel, by full name."""
    return {**row.values, **one.features.on_demand(requesttime.ON_DEMAND, None, row)}


def _booked(
    one: _Scheduler, vessels: Sequence[Known], request: MaintenanceScheduleRequest
) -> Booked:
    """What is booked where the vessels are based, of their kinds."""
    kinds = one.schedules.kinds
    cells = sorted({(known.base, kinds[known.kind]) for known in vessels})
    rows = one.features.read(
        [_Asked(request.asked_at, base=base, vessel_type=kind) for base, kind in cells]
    )
    return Booked({cell: row.values for cell, row in zip(cells, rows, strict=True)}, kinds)


def _made(
    one: _Scheduler, request: MaintenanceScheduleRequest, fleet: Fleet, now: datetime
) -> Made:
    name = request.schedule or one.schedules.best
    closed = {(day - fleet.today).days for day in request.blackout_dates or ()}
    allowed: Flags = np.array([day not in closed for day in range(request.horizon)])
    policy = one.schedules.policy(name, one.value)
    given = (fleet.standing, fleet.horizon, allowed, fleet.seasons)
    return Made(
        schedule=name,
        fleet=fleet,
        plan=dated(policy, *given, rule=one.schedules.threshold),
        current=course(planned(_current(request, fleet)), *given),
        expectation=Expectation(fleet.standing, fleet.horizon),
        allowed=allowed,
        now=now,
    )


def _current(request: MaintenanceScheduleRequest, fleet: Fleet) -> Ints:
    if request.current_plan is None:
        return fleet.planned
    told = {one.aircraft_id: one.enters for one in request.current_plan}
    return np.array(
        [(told[name] - fleet.today).days if name in told else -1 for name in fleet.names]
    )


def _answer(
    one: _Scheduler, request: MaintenanceScheduleRequest, made: Made, row: OnlineRow
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
    wanted, kept = _current(request, made.fleet), made.current.enters
    moved = np.flatnonzero((wanted >= 0) & (wanted < request.horizon) & (wanted != kept)).tolist()
    if moved:
        names = ", ".join(made.fleet.names[vessel] for vessel in moved)
        yield (
            f"the current plan cannot keep the dates of {names}, for want of a slot, because of a"
            " blackout date, or by law: the nearest that it can are taken"
        )
    if not made.plan.proven:
        yield "the time to plan ran out: a better plan may exist"
