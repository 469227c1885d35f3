"""What the fleet's marts must say at an instant, worked out from raw rows one vessel at a time.

Slow and plain on purpose, and sharing nothing with the SQL: for an instant `t` it takes the lines
known by `t` and nothing else. Health is in fleet_health_oracle,
labels are in fleet_label_oracle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

Row = dict[str, Any]
State = dict[str, Any]
DAY = timedelta(days=1)
EVENT = {
    "flights_log": "arrived_at",
    "maintenance": "started_at",
    "downtime": "started_at",
    "maintenance_plan": "planned_at",
    "service_logs": "logged_at",
    "bookings": "booked_at",
    "telemetry": "read_at",
    "cost_predictions": "predicted_at",
}
KEYS = {
    "aircraft": ("aircraft_id",),
    "hangars": ("base",),
    "legal_limits": ("aircraft_type", "measure"),
    "flights_log": ("flight_id",),
    "maintenance": ("maintenance_id",),
    "downtime": ("aircraft_id", "started_at"),
    "maintenance_plan": ("aircraft_id", "due_at"),
    "service_logs": ("aircraft_id", "logged_at", "author"),
    "bookings": ("booking_id",),
    "telemetry": ("aircraft_id", "read_at"),
    "cost_predictions": ("aircraft_id", "predicted_at"),
}


def midnight(t: datetime) -> datetime:
    """Begin of the day of an instant, UTC."""
    return datetime(t.year, t.month, t.day)


class Raw:
    """Raw lines of all tables, each with when the next of its key came to be known."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.lines: dict[str, list[Row]] = {}
        for table, found in tables.items():
            ordered = sorted(
                found, key=lambda r: (r["_known_at"], r["_batch_id"], r["_row_number"])
            )
            last: dict[tuple[Any, ...], Row] = {}
            for row in ordered:
                key = tuple(row[name] for name in KEYS[table])
                if key in last:
                    last[key]["_ended_at"] = row["_known_at"]
                row["_ended_at"] = datetime.max
                last[key] = row
            self.lines[table] = [r for r in ordered if not r["withdrawn"] and _lived(r)]

    def standing(self, table: str, t: datetime) -> list[Row]:
        """Lines that stand at an instant and are of something that has happened by then."""
        return [r for r in self.lines[table] if _start(table, r) <= t < r["_ended_at"]]

    def ever(self, *tables: str) -> Iterable[tuple[datetime, Row]]:
        """Lines with the instants from which they count, also if they were replaced since."""
        return [(_start(table, r), r) for table in tables for r in self.lines[table]]

    def vessels(self) -> list[str]:
        """Names of all vessels."""
        return sorted({r["aircraft_id"] for r in self.lines["aircraft"]})


def _lived(row: Row) -> bool:
    return bool(row["_ended_at"] > row["_known_at"])


def _start(table: str, row: Row) -> datetime:
    event = row[EVENT[table]] if table in EVENT else row["_known_at"]
    return max(row["_known_at"], event)


def of_vessel(rows: Iterable[Row], vessel: str) -> list[Row]:
    """Those of one vessel."""
    return [r for r in rows if r["aircraft_id"] == vessel]


def profile(raw: Raw, vessel: str, t: datetime) -> State | None:
    """What is stated of a vessel."""
    found = of_vessel(raw.standing("aircraft", t), vessel)
    if not found:
        return None
    (row,) = found
    names, since = ("aircraft_type", "model", "home_base"), row["in_service_since"]
    limits = {
        r["measure"]: r["limit"]
        for r in raw.standing("legal_limits", t)
        if r["aircraft_type"] == row["aircraft_type"]
    }
    slots = [r["slots"] for r in raw.standing("hangars", t) if r["base"] == row["home_base"]]
    measures = ("hours_between_overhauls", "days_between_overhauls")
    return (
        {name: row[name] for name in names}
        | {"hangar_slots": slots[0] if slots else None}
        | {"in_service_since": datetime.combine(since, time()) if since else None}
        | {measure: limits.get(measure) for measure in measures}
    )


def _over(raw: Raw, vessel: str, t: datetime) -> list[Row]:
    done = of_vessel(raw.standing("maintenance", t), vessel)
    return [r for r in done if r["finished_at"] is not None and r["finished_at"] <= t]


def _fuel(raw: Raw, vessels: Sequence[str], t: datetime) -> float | None:
    """Litres an hour of some vessels' flights of ninety days."""
    flights = [
        r
        for r in raw.standing("flights_log", t)
        if r["aircraft_id"] in vessels
        and r["fuel_litres"] is not None
        and r["arrived_at"] >= midnight(t) - 90 * DAY
    ]
    hours = sum(r["flight_hours"] for r in flights)
    return sum(r["fuel_litres"] for r in flights) / hours if hours else None


def operations(raw: Raw, vessel: str, t: datetime) -> State | None:
    """Hours, fuel and earnings of a vessel."""
    flights = of_vessel(raw.standing("flights_log", t), vessel)
    if not flights:
        return None
    last = max((r["finished_at"] for r in _over(raw, vessel, t)), default=datetime.min)
    since = sum(r["flight_hours"] for r in flights if r["arrived_at"] > last)
    stated, start = profile(raw, vessel, t) or {}, midnight(t)
    limit, kind = stated.get("hours_between_overhauls"), stated.get("aircraft_type")
    own = _fuel(raw, [vessel], t)
    alike = [v for v in raw.vessels() if kind is not None and _kind(raw, v, start) == kind]
    usual = _fuel(raw, alike, start)

    def used(number: int) -> float:
        return sum(r["flight_hours"] for r in flights if r["arrived_at"] >= start - number * DAY)

    paid = [r for r in flights if r["revenue"] is not None and r["arrived_at"] >= start - 90 * DAY]
    hours = sum(r["flight_hours"] for r in paid)
    return {
        "total_flight_hours": sum(r["flight_hours"] for r in flights),
        "total_flights": len(flights),
        "last_flight_at": max(r["arrived_at"] for r in flights),
        "hours_since_maintenance": since,
        "scaled_flight_hours": since / limit if limit else None,
        "utilisation_30d": used(30),
        "utilisation_90d": used(90),
        "fuel_consumption_rate": own,
        "fuel_rate_deviation": own / usual - 1 if own is not None and usual else None,
        "revenue_per_hour_90d": float(sum(r["revenue"] for r in paid)) / hours if hours else None,
    }


def _kind(raw: Raw, vessel: str, t: datetime) -> str | None:
    return (profile(raw, vessel, t) or {}).get("aircraft_type")


def maintenance(raw: Raw, vessel: str, t: datetime) -> State | None:
    """Maintenance, plans and downtime of a vessel."""
    begun, plans, downs = (
        of_vessel(raw.standing(table, t), vessel)
        for table in ("maintenance", "maintenance_plan", "downtime")
    )
    if not begun and not plans and not downs:
        return None
    over = _over(raw, vessel, t)
    faults = [r["started_at"] for r in begun if r["kind"] == "unscheduled"]
    paid = sorted(
        (r for r in over if r["cost"] is not None),
        key=lambda r: (r["finished_at"], r["maintenance_id"]),
    )
    due = _open(plans, [r["started_at"] for r in begun])
    return {
        "last_maintenance_date": max((r["finished_at"] for r in over), default=None),
        "next_maintenance_date": min(due, default=None),
        "last_fault_at": max(faults, default=None),
        "faults_365d": sum(one >= midnight(t) - 365 * DAY for one in faults),
        "maintenances_done": len(over),
        "in_maintenance": len(begun) > len(over),
        "waiting_since": _waiting(downs, begun),
        "last_maintenance_cost": float(paid[-1]["cost"]) if paid else None,
        "mean_maintenance_cost": float(sum(r["cost"] for r in paid)) / len(paid) if paid else None,
        "downtime_share_30d": _share(downs, t, 30),
        "downtime_share_90d": _share(downs, t, 90),
    }


def _open(plans: Sequence[Row], starts: Sequence[datetime]) -> list[datetime]:
    """Days of the plans that none of the maintenances has done, each held against each."""
    ordered = sorted(plans, key=lambda r: r["due_at"])
    found = []
    for place, plan in enumerate(ordered):
        before = ordered[place - 1]["due_at"] if place else datetime.min
        done = [
            start
            for start in starts
            if plan["planned_at"] <= start
            and plan["due_at"] - start <= min(30 * DAY, start - before)
        ]
        if not done:
            found.append(plan["due_at"])
    return found


def _waiting(downs: Sequence[Row], begun: Sequence[Row]) -> datetime | None:
    """Begin of the newest wait that has no end, unless a maintenance began after it."""
    waits = [r["started_at"] for r in downs if r["ended_at"] is None and r["reason"] == "waiting"]
    found = max(waits, default=None)
    return None if any(r["started_at"] > (found or datetime.min) for r in begun) else found


def _share(downs: Sequence[Row], t: datetime, number: int) -> float | None:
    """Share of some days in which a vessel was down, counted minute by minute."""
    if not downs:
        return None
    first, last, minute = midnight(t) - number * DAY, midnight(t), timedelta(minutes=1)
    down: set[int] = set()
    for row in downs:
        start, end = max(row["started_at"], first), min(row["ended_at"] or t, last)
        down.update(range((start - first) // minute, (end - first) // minute))
    return len(down) / (number * 1440)


def service_logs(raw: Raw, vessel: str, t: datetime) -> State | None:
    """Entries of a vessel's log."""
    entries = of_vessel(raw.standing("service_logs", t), vessel)
    if not entries:
        return None
    grave = [r["logged_at"] for r in entries if r["severity"] in ("major", "critical")]
    counts = {
        f"{severity}_entries_{number}d": sum(
            r["severity"] == severity and r["logged_at"] >= midnight(t) - number * DAY
            for r in entries
        )
        for number in (30, 90)
        for severity in ("info", "minor", "major", "critical")
    }
    return counts | {
        "last_entry_at": max(r["logged_at"] for r in entries),
        "last_grave_entry_at": max(grave, default=None),
        "last_critical_entry_at": max(
            (r["logged_at"] for r in entries if r["severity"] == "critical"), default=None
        ),
    }


def predicted_cost(raw: Raw, vessel: str, t: datetime) -> State | None:
    """The prediction of the newest origin."""
    found = of_vessel(raw.standing("cost_predictions", t), vessel)
    if not found:
        return None
    newest = max(found, key=lambda r: r["predicted_at"])
    return {
        "predicted_maintenance_cost": float(newest["predicted_maintenance_cost"]),
        "predicted_at": newest["predicted_at"],
        "predicted_by": newest["estimator"],
    }


def demand(raw: Raw, t: datetime) -> dict[tuple[str, ...], State]:
    """What is booked ahead, by base and kind of vessel."""
    keys = {_group(r) for start, r in raw.ever("bookings") if start <= t}
    found = {}
    for key in keys:
        trips = [
            r
            for r in raw.standing("bookings", t)
            if _group(r) == key and (r["cancelled_at"] is None or r["cancelled_at"] > t)
        ]
        by_day: list[list[Row]] = [[] for _ in range(30)]
        for row in trips:
            ahead = (row["departs_at"].date() - t.date()).days
            if 0 <= ahead < 30:
                by_day[ahead].append(row)
        found[key] = {
            "booked_trips": [float(len(day)) for day in by_day],
            "booked_hours": [float(sum(r["hours"] for r in day)) for day in by_day],
            "booked_revenue": [float(sum(r["revenue"] for r in day)) for day in by_day],
            "booked_from": midnight(t),
        }
    return found


def _group(row: Row) -> tuple[str, ...]:
    return row["origin"], row["aircraft_type"] or "any"
