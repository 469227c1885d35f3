"""Features of what was announced for a day: holidays, events, closures, campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tambo.requesttime.tourism.calendar import Days, Floats
from tambo.requesttime.tourism.flow_fields import EVENTS
from tambo.requesttime.tourism.periods import days_since_last, days_to_next, in_any, within
from tambo.requesttime.tourism.stored import as_days, as_floats, as_number, period

STRIKE = EVENTS.index("strike") + 1


def announced_features(
    days: Days, stored: Mapping[str, Any], expected: Sequence[str | None]
) -> dict[str, Floats]:
    """Compute them from the lists of `location_calendar` and `location_campaigns`.

    Args:
        days: int64 [n].
        stored: `FLOW_REQUEST_STORED`.
        expected: an event of each day that was not announced; None: none.

    Returns:
        float64 [n] by name.
    """
    campaigns = period(stored, "campaign")
    spend = as_floats(stored.get("campaign_daily_spend"), len(campaigns[0]))
    return {
        **_holidays(days, stored),
        "is_school_holiday": in_any(days, *period(stored, "school")),
        **_events(days, stored, expected),
        "is_closed": in_any(days, *period(stored, "closure")),
        "campaign_spend": (within(days, *campaigns) * spend).sum(axis=1),
        "days_since_campaign": days_since_last(days, *campaigns),
    }


def _holidays(days: Days, stored: Mapping[str, Any]) -> dict[str, Floats]:
    holidays = period(stored, "holiday")
    kinds = as_days(stored.get("holiday_types"))
    ahead, behind = days_to_next(days, *holidays), days_since_last(days, *holidays)
    return {
        # The first kind is the strongest: public before regional.
        "holiday_type": np.where(within(days, *holidays), kinds, 99).min(axis=1, initial=99.0) % 99,
        "days_to_nearest_holiday": np.fmin(ahead, behind),
        "days_to_next_holiday": ahead,
        "days_since_last_holiday": behind,
    }


def _events(
    days: Days, stored: Mapping[str, Any], expected: Sequence[str | None]
) -> dict[str, Floats]:
    kinds = as_days(stored.get("event_types"))
    first, last = period(stored, "event")
    on = within(days, first, last)
    counts = np.stack([(on & (kinds == n + 1)).sum(axis=1) for n in range(len(EVENTS))], axis=1)
    counts += np.array([[kind == one for kind in EVENTS] for one in expected], bool)
    events_on = np.delete(counts, STRIKE - 1, axis=1).sum(axis=1).astype(np.float64)
    # A what-if is on no list, so the days of it are asked for themselves.
    held, draws = events_on > 0, kinds != STRIKE
    ahead = np.where(held, 0.0, days_to_next(days, first[draws], last[draws]))
    behind = np.where(held, 0.0, days_since_last(days, first[draws], last[draws]))
    return {
        **{f"is_{kind}": as_number(counts[:, n] > 0) for n, kind in enumerate(EVENTS)},
        "events_on": events_on,
        "days_to_nearest_event": np.fmin(ahead, behind),
        "days_to_next_event": ahead,
        "days_since_last_event": behind,
    }
