"""Questions to the tourism service that its data can answer; not part of the bento."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from tambo.errors import ServingError
from tambo.lake import reader, releases
from tambo.settings import Settings

PATH = "/v1/visitor-flow"
PLAN = "/v1/campaign-plan"

_LAST_COUNTED = """
    SELECT location
    FROM lake.marts.location_flow
    ORDER BY created_timestamp DESC, event_timestamp DESC, location
    LIMIT 1
"""


def days(settings: Settings) -> dict[str, Any]:
    """Ask for the next days of the location that was counted last.

    Raises:
        ReleaseError: nothing is released.
        ServingError: the release holds no counts.
    """
    release = releases.get(settings)
    with reader(settings, release.snapshot_id) as connection:
        newest = connection.execute(_LAST_COUNTED).fetchone()
    if newest is None:
        raise ServingError("The release holds no counts of visitors.", remedy="run tambo ingest")
    return {"location": newest[0], "unit": "day", "horizon": 3}


def hours(settings: Settings) -> dict[str, Any]:
    """Ask for the first hours of the same location; raises as `days`."""
    return {**days(settings), "unit": "hour", "horizon": 3}


def season(settings: Settings) -> dict[str, Any]:
    """Ask for a plan of the half year that follows what the release knows.

    Raises:
        ReleaseError: nothing is released.
    """
    known = releases.get(settings).as_of.aware("tourism").date()
    first = known + timedelta(days=7 - known.weekday())
    return {
        "budget": 10_000,
        "first": first.isoformat(),
        "last": (first + timedelta(weeks=26, days=-1)).isoformat(),
        # Where the season is flat, no week is off-peak, and a question must have an answer.
        "off_peak": None,
    }


QUESTIONS: Mapping[str, tuple[str, Callable[[Settings], dict[str, Any]]]] = {
    "visitor_flow": (PATH, days),
    "visitor_flow_hourly": (PATH, hours),
    "campaign_uplift": (PLAN, season),
}
"""By model: where to ask, and what. The first is asked where nobody names a model."""
