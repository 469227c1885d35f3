"""The vessels of a plan: what the online features say of them, with their time in hangars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bentos.fleet.asked import VesselNow
from bentos.fleet.maintenance_alerts.urgency import DAYS_LEFT, HOURS, HOURS_LIMIT, PLANNED
from bentos.fleet.operations_plan.schemas import OperationsPlanRequest, PlannedStay
from bentos.fleet.outlook import IN_MAINTENANCE, KIND, WAITING, Outlook
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
    told = {one.aircraft_id: one for one in request.vessels or ()}
    vessels = tuple(
        _vessel(one, told.get(name) or VesselNow(aircraft_id=name), request, warnings)
        for name, one in found
    )
    slots = {}
    for name, one in found:
        base, number = one.value(BASE), one.number(SLOTS)
        if base is not None and number is not None:
            slots[str(base)] = int(number)
        if one.value(KIND) is None or base is None:
            warnings.append(f"the kind or the base of {name} is not known, so it flies nothing")
    return Fleet(vessels, dict(found), slots, tuple(warnings))


def overbooked(fleet: Fleet, now: datetime, end: datetime) -> Iterator[str]:
    """Hangars that the maintenance plan puts more vessels into than they have slots for."""
    for base, slots in sorted(fleet.slots.items()):
        stays = [stay for one in fleet.vessels if one.base == base for stay in one.stays]
        for begins in sorted(max(now, stay.begins) for stay in stays if stay.begins < end):
            inside = sum(stay.begins <= begins < stay.ends for stay in stays)
            if inside > slots:
                yield (
                    f"from {begins:%Y-%m-%d %H:%M} on the maintenance plan has {inside} in the"
                    f" hangar of {base}, which has {slots} slot{'' if slots == 1 else 's'}: it"
                    " cannot be kept"
                )
                break


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


def _vessel(
    one: Outlook, told: VesselNow, request: OperationsPlanRequest, warnings: list[str]
) -> Vessel:
    now = one.row.asked_at
    limit, flown, days = (one.number(of) for of in (HOURS_LIMIT, HOURS, DAYS_LEFT))
    kind, base = one.value(KIND), one.value(BASE)
    return Vessel(
        name=told.aircraft_id,
        kind=None if kind is None else str(kind),
        base=None if base is None else str(base),
        stays=_stays(one, told, request, warnings),
        # What nobody has flown since the last maintenance is not counted.
        hours_left=None if limit is None else limit - (flown or 0.0),
        hours_limit=limit,
        legal_until=None if days is None else now + timedelta(days=days),
        days_limit=one.number(DAYS_LIMIT),
        away_until=told.away_until,
        failed=one.value(WAITING) is not None if told.failed is None else told.failed,
    )


def _stays(
    one: Outlook, told: VesselNow, request: OperationsPlanRequest, warnings: list[str]
) -> tuple[Stay, ...]:
    """What lies ahead of a vessel's plan, and what it is in now."""
    now, length = one.row.asked_at, timedelta(days=request.stay_days)
    inside = told.back_at is not None or (
        one.value(IN_MAINTENANCE) is True and told.away_until is None
    )
    if request.maintenance is None:
        stays = [] if inside else _known(one, told, length, warnings)
    else:
        mine = [of for of in request.maintenance if of.aircraft_id == told.aircraft_id]
        stays = [Stay(of.begins_at, of.ends_at) for of in mine if of.ends_at > now]
        stays.sort(key=lambda stay: stay.begins)
    if inside and not any(stay.begins <= now for stay in stays):
        end = min([told.back_at or now + length, *(stay.begins for stay in stays)])
        stays.insert(0, Stay(now, end))
        if told.back_at is None:
            warnings.append(
                f"{told.aircraft_id} is in its hangar, and no end is told: it is taken to be back"
                f" on {end.date()}"
            )
    return tuple(stays)


def _known(one: Outlook, told: VesselNow, length: timedelta, warnings: list[str]) -> list[Stay]:
    """The planned date of the features; one that is overdue begins as soon as it is there."""
    ahead, now = one.number(PLANNED), one.row.asked_at
    if ahead is None:
        return []
    if ahead < 0:
        begin = "now" if told.away_until is None else "when it is back"
        warnings.append(
            f"maintenance of {told.aircraft_id} was planned {-ahead:.0f} days ago and has not"
            f" begun: it is taken to begin {begin}"
        )
    begins = max(told.away_until or now, now + timedelta(days=ahead))
    return [Stay(begins, begins + length)]
