"""A fleet as a schedule finds it, by the online features and what the request tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from bentos.fleet.maintenance_alerts.urgency import HOURS, HOURS_LIMIT, SINCE
from bentos.fleet.maintenance_schedule.demand import Booked
from bentos.fleet.maintenance_schedule.schemas import MaintenanceScheduleRequest
from bentos.fleet.maintenance_schedule.vessels import Known, Values, at_of, hours_end, planned_in
from bentos.fleet.operations_plan.fleet import BASE, DAYS_LIMIT, SLOTS
from bentos.fleet.outlook import KIND, SCORE
from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.options import Horizon
from tambo.planning.fleet.parameters import Floats, Ints, Parameters
from tambo.planning.fleet.roster import Roster
from tambo.planning.fleet.schedules import Schedules


@dataclass(frozen=True)
class Fleet:
    """A fleet this morning; arrays are [vessel].

    Attributes:
        names: tail or hull numbers.
        bases: names, by number.
        standing: of one fleet.
        horizon: the world with the limits of the law as they are now, and the days asked for.
        seasons: as `Standing.season` on each morning [day, cell].
        planned: days from today on of the current plan's dates; -1: none.
        hours_end: days until legal hours end at the vessel's own use; infinite: they do not.
        today: the day, UTC.
        warnings: what was taken for granted.
    """

    names: tuple[str, ...]
    bases: tuple[str, ...]
    standing: Standing
    horizon: Horizon
    seasons: Floats
    planned: Ints
    hours_end: Floats
    today: date
    warnings: tuple[str, ...]

    def day(self, days: int) -> date | None:
        """The date so many days ahead; None of -1."""
        return None if days < 0 else self.today + timedelta(days=days)


def schedulable(
    found: Sequence[tuple[str, Values]],
    request: MaintenanceScheduleRequest,
    kinds: Sequence[str],
    warnings: list[str],
) -> list[Known]:
    """The vessels of which enough is known: the kind, as in training, the base, and the state."""
    told = {one.aircraft_id: one for one in request.vessels or ()}
    fleet = []
    for name, values in found:
        kind, base = values.get(KIND), values.get(BASE)
        if kind is None or base is None:
            warnings.append(f"the kind or the base of {name} is not known, so it is left out")
        elif str(kind) not in kinds:
            warnings.append(f"no {kind} was there when the model was trained: {name} is left out")
        elif all(values.get(one) is None for one in (SCORE, HOURS, SINCE)):
            warnings.append(
                f"no reading, hours or maintenance of {name} is known then, so it is left out"
            )
        else:
            fleet.append(Known(name, kinds.index(str(kind)), str(base), values, told.get(name)))
    return fleet


def roster_of(
    vessels: Sequence[Known], request: MaintenanceScheduleRequest, warnings: list[str]
) -> tuple[tuple[str, ...], Roster]:
    """Names of bases, and the roster; slots of the request come before those that are stored."""
    bases = tuple(sorted({one.base for one in vessels}))
    told = request.hangar_slots or {}
    slots = []
    for base in bases:
        here = [one for one in vessels if one.base == base]
        stored = [number for one in here if (number := one.number(SLOTS)) is not None]
        if base not in told and not stored:
            warnings.append(
                f"how many slots {base} has is not known: one for each vessel is taken for granted"
            )
        slots.append(told.get(base, int(stored[0]) if stored else len(here)))
    numbers = np.array([bases.index(one.base) for one in vessels])
    return bases, Roster(np.array([one.kind for one in vessels]), numbers, np.array(slots))


def fleet_of(
    vessels: Sequence[Known],
    request: MaintenanceScheduleRequest,
    schedules: Schedules,
    booked: Booked,
    now: datetime,
    warnings: list[str],
) -> Fleet:
    """The fleet of a request.

    Args:
        vessels: at least one.
        request: what else is told.
        schedules: with the estimated world.
        booked: trips at the bases.
        now: instant of the request.
        warnings: that there are already; more are added.
    """
    bases, roster = roster_of(vessels, request, warnings)
    world = schedules.horizon
    parameters = _by_law(world.parameters, vessels)
    today = now.astimezone(UTC).date()
    at = [at_of(one, parameters, now, warnings) for one in vessels]
    demand = booked.of(roster, bases, parameters, today, request.horizon, warnings)
    standing = Standing(
        roster=roster,
        score=np.array([[one.score for one in at]]),
        hours=np.array([[one.hours for one in at]]),
        days=np.array([[one.days for one in at]]),
        failed=np.array([[one.failed for one in at]]),
        hangar=np.array([[one.hangar for one in at]]),
        back_in=np.array([[one.back_in for one in at]], float),
        booked=demand.booked[None],
        season=demand.seasons[0],
        weekday=today.weekday(),
    )
    return Fleet(
        names=tuple(one.name for one in vessels),
        bases=bases,
        standing=standing,
        horizon=replace(world, parameters=parameters, days=request.horizon),
        seasons=demand.seasons,
        planned=_planned(vessels, request, now, warnings),
        hours_end=np.array([hours_end(one) for one in vessels]),
        today=today,
        warnings=tuple(warnings),
    )


def _planned(
    vessels: Sequence[Known],
    request: MaintenanceScheduleRequest,
    now: datetime,
    warnings: list[str],
) -> Ints:
    """Days to the dates of the current plan: the told one, else that of the features [vessel]."""
    if request.current_plan is None:
        return np.array([planned_in(one, now, warnings) for one in vessels])
    today = now.astimezone(UTC).date()
    told = {one.aircraft_id: (one.enters - today).days for one in request.current_plan}
    return np.array([told.get(one.name, -1) for one in vessels])


def _by_law(parameters: Parameters, vessels: Sequence[Known]) -> Parameters:
    """The world with the limits of the law as they are now: they may have changed since."""
    upkeep = list(parameters.upkeep)
    for one in vessels:
        before = upkeep[one.kind]
        upkeep[one.kind] = replace(
            before,
            hours_limit=one.number(HOURS_LIMIT) or before.hours_limit,
            days_limit=one.number(DAYS_LIMIT) or before.days_limit,
        )
    return replace(parameters, upkeep=tuple(upkeep))
