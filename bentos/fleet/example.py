"""Questions to the fleet service that its data can answer; not part of the bento."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tambo.errors import ServingError
from tambo.lake import reader, releases
from tambo.settings import Settings

DUE = "/v1/maintenance-due"
ALERTS = "/v1/maintenance-alerts"

_VESSELS = """
    SELECT DISTINCT aircraft_id
    FROM lake.marts.aircraft_profile
    WHERE aircraft_type IS NOT NULL
    ORDER BY aircraft_id
    LIMIT 100
"""


def vessels(settings: Settings) -> list[str]:
    """The first vessels of the register.

    Raises:
        ReleaseError: nothing is released.
        ServingError: the release holds no vessel.
    """
    release = releases.get(settings)
    with reader(settings, release.snapshot_id) as connection:
        found = [str(name) for (name,) in connection.execute(_VESSELS).fetchall()]
    if not found:
        raise ServingError("The release holds no vessel.", remedy="run tambo ingest")
    return found


def first(settings: Settings) -> dict[str, Any]:
    """Ask when the first vessel needs maintenance; raises as `vessels`."""
    return {"aircraft_id": vessels(settings)[0]}


def fleet(settings: Settings) -> dict[str, Any]:
    """Ask which vessels need attention; raises as `vessels`."""
    return {"aircraft_ids": vessels(settings), "horizon": 30}


QUESTIONS: Mapping[str, tuple[str, Callable[[Settings], dict[str, Any]]]] = {
    "maintenance_due": (DUE, first),
    "maintenance_cost": (ALERTS, fleet),
}
"""By model: where to ask, and what. The first is asked where nobody names a model."""
