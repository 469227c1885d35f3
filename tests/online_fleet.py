"""Vessels in a small Feast repository, with the views of the fleet and values written by Feast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from feast import FeatureService, FeatureStore, FeatureView, RepoConfig
from online_feast import PROJECT, source

from feature_repo.fleet import views
from feature_repo.fleet.entities import aircraft, base, vessel_type
from feature_repo.fleet.on_demand import demand_request, maintenance_request
from tambo.as_of import AsOf

SERVICE, SCHEDULE_SERVICE = "maintenance_due_test", "maintenance_schedule_test"
AS_OF = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
INSTANTS = AsOf({"fleet": AS_OF})
WORN, QUIET, REPORTED, HANGAR, NEW = "OB-1", "OB-2", "YT-1", "YT-2", "OB-3"
"""One near the limits of the law, one without news, one with a critical entry in its log, one in
maintenance, and one that came after training, without a reading, and cannot be used."""
SCORES = {WORN: 40.0, QUIET: 96.0, REPORTED: 90.0, HANGAR: 70.0}
BASES = {WORN: "Lima", QUIET: "Lima", NEW: "Cusco", REPORTED: "Callao", HANGAR: "Callao"}
HOURS_LIMIT, DAYS_LIMIT, FLOWN, USED, BUSY = 400, 365, 380.0, 60.0, 240.0
"""Hours: a vessel was used for `USED` in 30 days, the new one, busier than its kind, for `BUSY`."""
BOOKED = {("Lima", "Private Jet"): 40_000.0, ("Callao", "Yacht"): 20_000.0}
"""USD booked for each day, by base and kind; of Cusco nothing is known."""

_VIEWS = (
    "aircraft_profile", "aircraft_operations", "aircraft_health", "aircraft_maintenance",
    "aircraft_service_logs", "fleet_demand",
)  # fmt: skip


def repository(folder: Path, online: dict[str, object]) -> FeatureStore:
    """Apply the repository; `online` is Feast's online-store configuration."""
    config = RepoConfig(
        project=PROJECT,
        provider="local",
        registry=str(folder / "fleet.db"),
        online_store=online,
        offline_store={"type": "file"},
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    made = []
    for name in _VIEWS:
        real = getattr(views, name)
        made.append(
            FeatureView(
                name=name,
                entities=[base, vessel_type] if name == "fleet_demand" else [aircraft],
                ttl=real.ttl,
                schema=real.schema,
                source=source(store, name),
                tags=real.tags,
            )
        )
    *of_vessel, _ = made
    service = FeatureService(
        name=SERVICE, features=[*of_vessel, maintenance_request], tags={"domain": "fleet"}
    )
    schedule = FeatureService(
        name=SCHEDULE_SERVICE,
        features=[*made, maintenance_request, demand_request],
        tags={"domain": "fleet"},
    )
    entities = (aircraft, base, vessel_type)
    store.apply([*entities, *made, maintenance_request, demand_request, service, schedule])
    return store


def fill(store: FeatureStore) -> None:
    """Write the online values, through Feast."""
    for name, rows in _rows().items():
        frame = pd.DataFrame(rows)
        frame["event_timestamp"] = pd.to_datetime(AS_OF - timedelta(hours=6), utc=True)
        frame["created_timestamp"] = frame["event_timestamp"]
        fields = [field.name for field in store.get_feature_view(name).features]
        for column in fields:
            if column not in frame.columns:
                frame[column] = None
        store.write_to_online_store(name, df=frame)


def _ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def _rows() -> dict[str, list[dict[str, object]]]:
    names = (WORN, QUIET, REPORTED, HANGAR, NEW)
    profile = {
        "hours_between_overhauls": HOURS_LIMIT,
        "days_between_overhauls": DAYS_LIMIT,
        "in_service_since": _ago(2_000),
    }
    maintained = {
        WORN: {"last_maintenance_date": _ago(360), "next_maintenance_date": _ago(3)},
        QUIET: {"last_maintenance_date": _ago(20), "next_maintenance_date": _ago(-60)},
        REPORTED: {"last_maintenance_date": _ago(40), "next_maintenance_date": _ago(-50)},
        HANGAR: {"last_maintenance_date": _ago(300), "next_maintenance_date": _ago(1)},
        NEW: {
            "last_maintenance_date": _ago(10),
            "next_maintenance_date": _ago(-100),
            "waiting_since": _ago(0.5),
        },
    }
    return {
        "fleet_demand": [
            {
                "base": at,
                "vessel_type": kind,
                "booked_revenue": [revenue] * 30,
                # The lists begin the day before: what is over is left out.
                "booked_from": _ago(1.25),
            }
            for (at, kind), revenue in BOOKED.items()
        ],
        "aircraft_profile": [
            {
                "aircraft_id": name,
                "aircraft_type": "Yacht" if name.startswith("YT") else "Private Jet",
                "home_base": BASES[name],
                "hangar_slots": 1,
                **profile,
            }
            for name in names
        ],
        "aircraft_operations": [
            {
                "aircraft_id": name,
                "hours_since_maintenance": FLOWN if name == WORN else 20.0,
                "utilisation_30d": BUSY if name == NEW else USED,
            }
            for name in names
        ],
        "aircraft_health": [
            {"aircraft_id": name, "engine_health_score": score, "read_at": _ago(0.2)}
            for name, score in SCORES.items()
        ],
        "aircraft_maintenance": [
            {"aircraft_id": name, "in_maintenance": name == HANGAR, **dates}
            for name, dates in maintained.items()
        ],
        "aircraft_service_logs": [
            {
                "aircraft_id": REPORTED,
                "critical_entries_30d": 1,
                "last_grave_entry_at": _ago(2),
                "last_critical_entry_at": _ago(2),
            },
            # Its maintenance came after the entry.
            {
                "aircraft_id": QUIET,
                "critical_entries_30d": 1,
                "last_grave_entry_at": _ago(25),
                "last_critical_entry_at": _ago(25),
            },
            # Its maintenance came after the critical entry, and a major one after that.
            {
                "aircraft_id": NEW,
                "critical_entries_30d": 1,
                "last_grave_entry_at": _ago(3),
                "last_critical_entry_at": _ago(12),
            },
        ],
    }
