"""What `label_maintenance` must say at an instant, worked out day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fleet_oracle import DAY, Raw, Row, State, midnight, of_vessel

STEPS = (7, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180)


def watched_until(raw: Raw, t: datetime) -> datetime | None:
    """Until when the hangars have told."""
    reaches = []
    for start, row in raw.ever("maintenance", "downtime", "maintenance_plan"):
        if start <= t:
            event = row.get("planned_at") or row["started_at"]
            end = row.get("finished_at")
            reaches.append(max(event, end) if end is not None and end <= start else event)
    return max(reaches, default=None)


def labels(raw: Raw, vessel: str, t: datetime) -> dict[tuple[Any, ...], State]:
    """What follows each day of a vessel."""
    told = raw.ever("flights_log", "service_logs", "maintenance")
    heard = [start for start, row in told if row["aircraft_id"] == vessel and start <= t]
    if not heard:
        return {}
    until = watched_until(raw, t)
    begun = of_vessel(raw.standing("maintenance", t), vessel)
    day, found = midnight(min(heard)) + DAY, {}
    while day <= t:
        state = _label(begun, day, until)
        if any(value is not None for value in state.values()):
            found[vessel, day.date()] = state
        day += DAY
    return found


def _label(begun: Sequence[Row], day: datetime, until: datetime | None) -> State:
    ahead = [r for r in begun if day < r["started_at"] <= day + STEPS[-1] * DAY]
    first = min(ahead, key=lambda r: (r["started_at"], r["maintenance_id"]), default=None)
    fault = min((r["started_at"] for r in ahead if r["kind"] == "unscheduled"), default=None)
    steps = [day + step * DAY for step in STEPS if until is not None and day + step * DAY <= until]

    def failed(number: int) -> bool | None:
        end = day + number * DAY
        if fault is not None and fault <= end:
            return True
        return False if until is not None and until >= end else None

    return {
        "days_to_maintenance": (first["started_at"] - day) / DAY if first else None,
        "maintenance_kind": first["kind"] if first else None,
        "maintenance_cost": float(first["cost"]) if first and first["cost"] is not None else None,
        "days_to_fault": (fault - day) / DAY if fault is not None else None,
        "observed_until": max(steps, default=None),
        **{f"failed_within_{number}d": failed(number) for number in (7, 30, 90)},
    }
