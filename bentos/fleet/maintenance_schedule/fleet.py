"""A fleet as a schedule finds it, by the online features and what the request tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from bentos.fleet.maintenance_alerts.urgency import HOURS, HOURS_LIMIT, PLANNED, SINCE
from bentos.fleet.maintenance_schedule.demand import Booked
from bentos.fleet.maintenance_schedule.schemas import MaintenanceScheduleRequest, VesselNow
from bentos.fleet.operations_plan.fleet import BASE, DAYS_LIMIT, SLOTS
from bentos.fleet.outlook import IN_MAINTENANCE, KIND
from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.options import Horizon
from tambo.planning.fleet.parameters import Floats, Ints, Parameters, Upkeep
from tambo.planning.fleet.roster import Roster
from tambo.planning.fleet.schedules import Schedules

SCORE = "aircraft_health__engine_health_score"
Values = Mapping[str, object]


@dataclass(frozen=True)
class Known:
    """One vessel that can be scheduled.

    Attributes:
        name: tail or hull number.
        kind: its number in the schedules.
        base: its name.
        values: features, by full name.
        told: what the request says of it.
    """

    name: str
    kind: int
    base: str
    values: Values
    told: VesselNow | None

    def number(self, name: str) -> float | None:
        """A feature that is a number."""
        found = self.values.get(name)
        return float(found) if isinstance(found, int | float) and np.isfinite(found) else None


@dataclass(frozen=True)
class Fleet:
    """A fleet this morning; arrays are [vessel].

    Attributes:
        names: tail or hull numbers.
        bases: names, by number.
        standing: of one fleet.
        horizon: the world with the limits of the law as they are now, and the days asked for.
        seasons: as `Standing.season` on each morning [day, cell].
        planned: days from today on of the dates that are known; -1: none.
        today: the day, UTC.
        warnings: what was taken for granted.
    """

    names: tuple[str, ...]
    bases: tuple[str, ...]
    standing: Standing
    horizon: Horizon
    seasons: Floats
    planned: Ints
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
    """The vessels that the schedules know the kind of, and whose base is known."""
    told = {one.aircraft_id: one for one in request.vessels or ()}
    fleet = []
    for name, values in found:
        kind, base = values.get(KIND), values.get(BASE)
        if kind is None or base is None:
            warnings.append(f"the kind or the base of {name} is not known, so it is left out")
        elif str(kind) not in kinds:
            warnings.append(f"no {kind} was there when the model was trained: {name} is left out")
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
    at = [_at(one, parameters, now, warnings) for one in vessels]
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
        planned=np.array([_planned(one, now, warnings) for one in vessels]),
        today=today,
        warnings=tuple(warnings),
    )


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


@dataclass(frozen=True)
class _At:
    score: float
    hours: float
    days: float
    failed: bool
    hangar: bool
    back_in: int


def _at(one: Known, parameters: Parameters, now: datetime, warnings: list[str]) -> _At:
    upkeep, told = parameters.upkeep[one.kind], one.told
    failed = told is not None and told.failed
    back_at = None if told is None else told.back_at
    away_until = None if told is None else told.away_until
    hangar = back_at is not None or (one.values.get(IN_MAINTENANCE) is True and away_until is None)
    back_in = 0
    if back_at is not None or away_until is not None:
        back_in = _mornings(back_at or away_until or now, now)
    elif hangar:
        back_in = max(1, round(upkeep.failed_days if failed else upkeep.days))
        back = now.astimezone(UTC).date() + timedelta(days=back_in)
        warnings.append(
            f"{one.name} is in its hangar, and no end is told: it is taken to be back on {back}"
        )
    since = one.number(SINCE)
    if since is None and not hangar and np.isfinite(upkeep.days_limit):
        warnings.append(f"when {one.name} was maintained last is not known: no legal days count")
    # What nobody has flown since the last maintenance is not counted.
    hours, days = one.number(HOURS) or 0.0, max(0.0, since or 0.0)
    score = _score(one, upkeep, parameters, (hours, days), warnings)
    if hangar:
        # What is known of it is of before; it comes back as vessels do.
        left = float(np.mean(upkeep.left)) * parameters.wear(np.array(score))
        score = float(parameters.score(left))
    return _At(
        score=score,
        hours=0.0 if hangar else hours / upkeep.hours_limit,
        days=0.0 if hangar else days / upkeep.days_limit,
        failed=failed and not hangar,
        hangar=hangar,
        back_in=back_in,
    )


def _score(
    one: Known,
    upkeep: Upkeep,
    parameters: Parameters,
    used: tuple[float, float],
    warnings: list[str],
) -> float:
    """What its sensors say, or what its use since the last maintenance lets expect."""
    found = one.number(SCORE)
    if found is not None:
        return min(100.0, max(0.0, found))
    wear = upkeep.wear_hour * used[0] + upkeep.wear_day * used[1]
    score = float(parameters.score(np.array(wear)))
    warnings.append(
        f"no reading of the engines of {one.name} is known: a health score of {score:.0f} is"
        f" taken for granted, as is usual {used[0]:.0f} hours and {used[1]:.0f} days after a"
        " maintenance"
    )
    return score


def _planned(one: Known, now: datetime, warnings: list[str]) -> int:
    """Days to the planned date of the features; one that is overdue is today."""
    ahead = one.number(PLANNED)
    # What a vessel is in its hangar for was planned too.
    if ahead is None or one.values.get(IN_MAINTENANCE) is True:
        return -1
    planned = (now + timedelta(days=ahead)).astimezone(UTC).date()
    days = (planned - now.astimezone(UTC).date()).days
    if days < 0:
        warnings.append(
            f"maintenance of {one.name} was planned {-days} days ago and has not begun: the current"
            " plan is taken to begin it as soon as there is a slot"
        )
    return max(0, days)


def _mornings(at: datetime, now: datetime) -> int:
    """Mornings from today's on that begin before an instant: it is back on the next."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return max(1, -((midnight - at) // timedelta(days=1)))
