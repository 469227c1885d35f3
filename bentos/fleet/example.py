"""Questions to the fleet service that its data can answer; not part of the bento."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bentos.champions import champions
from tambo.errors import ServingError
from tambo.lake import reader, releases
from tambo.settings import Settings

DUE = "/v1/maintenance-due"
ALERTS = "/v1/maintenance-alerts"
SCHEDULE = "/v1/maintenance-schedule"

_FIRST = """
    SELECT aircraft_id
    FROM (
        SELECT *, row_number() OVER (
            PARTITION BY aircraft_id ORDER BY created_timestamp DESC, event_timestamp DESC
        ) AS version
        FROM lake.marts.aircraft_profile
    )
    WHERE version = 1 AND coalesce(aircraft_type, model, home_base) IS NOT NULL
    ORDER BY aircraft_id
    LIMIT 1
"""


def vessel(settings: Settings) -> dict[str, Any]:
    """Ask when the first vessel of the register needs maintenance.

    Raises:
        ReleaseError: nothing is released.
        ServingError: the release holds no vessel.
    """
    release = releases.get(settings)
    with reader(settings, release.snapshot_id) as connection:
        found = connection.execute(_FIRST).fetchone()
    if found is None:
        raise ServingError("The release holds no vessel.", remedy="run tambo ingest")
    return {"aircraft_id": str(found[0])}


def fleet(settings: Settings) -> dict[str, Any]:
    """Ask which vessels that the model knows need attention within a month."""
    return {"horizon": 30}


def four_weeks(settings: Settings) -> dict[str, Any] | None:
    """Ask when the vessels enter their hangars within four weeks; None: no schedule was trained."""
    trained = champions(settings, ("maintenance_schedule",), optional=("maintenance_schedule",))
    return {"horizon": 28} if trained else None


QUESTIONS: Mapping[str, tuple[str, Callable[[Settings], dict[str, Any] | None]]] = {
    "maintenance_due": (DUE, vessel),
    "maintenance_cost": (ALERTS, fleet),
    "maintenance_schedule": (SCHEDULE, four_weeks),
}
"""By model: where to ask, and what; None: it cannot be asked. The first is asked where nobody names
a model."""
