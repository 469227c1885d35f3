"""What of a request cannot be: vessels and bases that are not there, days that are over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from bentos.fleet.maintenance_schedule.schemas import MaintenanceScheduleRequest
from tambo.serving.problem import FieldError, field_error


def faults(
    request: MaintenanceScheduleRequest, base_of: Mapping[str, str], now: datetime
) -> Iterator[FieldError]:
    """All that is wrong with a request.

    Args:
        request: as it was read.
        base_of: bases of the vessels that are scheduled.
        now: instant of the request.
    """
    for base in request.hangar_slots or {}:
        if base not in base_of.values():
            says = f"no vessel that is scheduled is based at {base}"
            yield field_error(("hangar_slots", base), says)
    today = now.astimezone(UTC).date()
    for at, day in enumerate(request.blackout_dates or ()):
        if day < today:
            yield field_error(("blackout_dates", at), f"lies before {today}")
    for name in ("current_plan", "vessels"):
        yield from _vessels(request, name, base_of)
    for at, one in enumerate(request.current_plan or ()):
        if one.enters < today:
            yield field_error(("current_plan", at, "enters"), f"lies before {today}")
    yield from _times(request, now)


def _times(request: MaintenanceScheduleRequest, now: datetime) -> Iterator[FieldError]:
    """Instants that a vessel is back at, and that are over."""
    for at, told in enumerate(request.vessels or ()):
        for name in ("back_at", "away_until"):
            instant = getattr(told, name)
            if instant is not None and instant <= now:
                says = f"must lie after asked_at, {now.isoformat()}"
                yield field_error(("vessels", at, name), says)


def _vessels(
    request: MaintenanceScheduleRequest, name: str, base_of: Mapping[str, str]
) -> Iterator[FieldError]:
    """Vessels of a list that are not scheduled, or that it names twice."""
    first: dict[str, int] = {}
    for at, one in enumerate(getattr(request, name) or ()):
        if one.aircraft_id not in base_of:
            says = f"{one.aircraft_id} is none of the vessels that are scheduled"
            yield field_error((name, at, "aircraft_id"), says)
        elif first.setdefault(one.aircraft_id, at) != at:
            says = f"{one.aircraft_id} is {name}.{first[one.aircraft_id]} already"
            yield field_error((name, at, "aircraft_id"), says)
