"""What of a request cannot be: vessels and bases that are not there, days that are over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from bentos.fleet.asked import vessel_faults
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
    first: dict[str, int] = {}
    for at, one in enumerate(request.current_plan or ()):
        if one.aircraft_id not in base_of:
            says = f"{one.aircraft_id} is none of the vessels that are scheduled"
            yield field_error(("current_plan", at, "aircraft_id"), says)
        elif first.setdefault(one.aircraft_id, at) != at:
            says = f"{one.aircraft_id} is current_plan.{first[one.aircraft_id]} already"
            yield field_error(("current_plan", at, "aircraft_id"), says)
        if one.enters < today:
            yield field_error(("current_plan", at, "enters"), f"lies before {today}")
    yield from vessel_faults(request.vessels, base_of, now)
