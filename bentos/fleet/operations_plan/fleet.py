"""The vessels of a plan: what the online features say of them, with their time in hangars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bentos.fleet.maintenance_alerts.urgency import DAYS_LEFT, HOURS, HOURS_LIMIT, PLANNED
from bentos.fleet.operations_plan.schemas import OperationsPlanRequest, PlannedStay
from bentos.fleet.outlook import IN_MAINTENANCE, KIND, Outlook
from tambo.planning.fleet.trips import Stay, Trip, Vessel
from tambo.serving.problem import FieldError, field_error

BASE = "aircraft_profile__home_base"
SLOTS = "aircraft_profile__hangar_slots"
DAYS_LIMIT = "aircraft_profile__days_between_overhauls"


@dataclass(frozen=True)
class Fleet:
    """Vessels with their plan.

    Attributes:
        vessels: in the order of the question.
        outlooks: what is known of each, by name.
        slots: of hangars, by base where they are known.
        warnings: what was taken for granted.
    """

    vessels: tuple[Vessel, ...]
    outlooks: Mapping[str, Outlook]
    slots: Mapping[str, int]
    warnings: tuple[str, ...]


def plan_faults(stays: Sequence[PlannedStay] | None, names: Sequence[str]) -> Iterator[FieldError]:
    """What is wrong with a maintenance plan: a vessel that is not there, stays over each other."""
    earlier: dict[str, list[tuple[int, PlannedStay]]] = {}
    for at, one in enumerate(stays or ()):
        if one.aircraft_id not in names:
            says = f"{one.aircraft_id} is none of the vessels that are planned"
            yield field_error(("maintenance", at, "aircraft_id"), says)
        for place, other in earlier.setdefault(one.aircraft_id, []):
            if one.begins_at < other.ends_at and other.begins_at < one.ends_at:
                says = f"overlaps maintenance.{place} of {one.aircraft_id}"
                yield field_error(("maintenance", at, "begins_at"), says)
                break
        earlier[one.aircraft_id].append((at, one))


def fleet_of(found: Sequence[tuple[str, Outlook]], request: OperationsPlanRequest) -> Fleet:
    """Vessels of a request, from what is known of them."""
    warnings: list[str] = []
    vessels = tuple(_vessel(name, one, request, warnings) for name, one in found)
    slots = {}
    for name, one in found:
        base, number = one.value(BASE), one.number(SLOTS)
        if base is not None and number is not None:
            slots[str(base)] = int(number)
        if one.value(KIND) is None or base is None:
            warnings.append(f"the kind or the base of {name} is not known, so it flies nothing")
    return Fleet(vessels, dict(found), slots, tuple(warnings))


class Chances:
    """Chances of a failure of vessels before trips are over; each day is asked once.

    Args:
        fleet: of the plan.
        now: instant of the request.
    """

    def __init__(self, fleet: Fleet, now: datetime) -> None:
        self._outlooks, self._now = fleet.outlooks, now
        self._found: dict[tuple[str, int], float] = {}

    def foretold(self, vessel: Vessel, trip: Trip) -> float | None:
        """The chance by the end of the day of the return; None after a maintenance."""
        if vessel.span(trip.departs):
            return None
        one = self._outlooks[vessel.name]
        days = -((self._now - trip.returns) // timedelta(days=1))
        days = min(days, one.survival.horizon)
        key = vessel.name, days
        if key not in self._found:
            self._found[key] = one.failure(days)
        return self._found[key]

    def __call__(self, vessel: Vessel, trip: Trip) -> float:
        """The same, where a vessel that was maintained before counts as sound."""
        return self.foretold(vessel, trip) or 0.0


def _vessel(name: str, one: Outlook, request: OperationsPlanRequest, warnings: list[str]) -> Vessel:
    now = one.row.asked_at
    limit, flown, days = (one.number(of) for of in (HOURS_LIMIT, HOURS, DAYS_LEFT))
    kind, base = one.value(KIND), one.value(BASE)
    return Vessel(
        name=name,
        kind=None if kind is None else str(kind),
        base=None if base is None else str(base),
        stays=_stays(name, one, request, now, warnings),
        # What nobody has flown since the last maintenance is not counted.
        hours_left=None if limit is None else limit - (flown or 0.0),
        hours_limit=limit,
        legal_until=None if days is None else now + timedelta(days=days),
        days_limit=one.number(DAYS_LIMIT),
    )


def _stays(
    name: str, one: Outlook, request: OperationsPlanRequest, now: datetime, warnings: list[str]
) -> tuple[Stay, ...]:
    """What lies ahead of a vessel's plan, and what it is in now."""
    length = timedelta(days=request.stay_days)
    told = request.maintenance
    inside = one.value(IN_MAINTENANCE) is True
    if told is None:
        stays = [] if inside else _known(name, one, now, length, warnings)
    else:
        mine = [stay for stay in told if stay.aircraft_id == name and stay.ends_at > now]
        stays = [Stay(stay.begins_at, stay.ends_at) for stay in mine]
        stays.sort(key=lambda stay: stay.begins)
    if inside and not any(stay.begins <= now for stay in stays):
        end = min([now + length, *(stay.begins for stay in stays)])
        warnings.append(
            f"{name} is in its hangar, and no end is told: it is taken to be back on {end.date()}"
        )
        stays.insert(0, Stay(now, end))
    return tuple(stays)


def _known(
    name: str, one: Outlook, now: datetime, length: timedelta, warnings: list[str]
) -> list[Stay]:
    """The planned date of the features; one that is overdue begins now."""
    ahead = one.number(PLANNED)
    if ahead is None:
        return []
    if ahead < 0:
        warnings.append(
            f"maintenance of {name} was planned {-ahead:.0f} days ago and has not begun: it is "
            "taken to begin now"
        )
    begins = now + timedelta(days=max(0.0, ahead))
    return [Stay(begins, begins + length)]
