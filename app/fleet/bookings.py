"""Booked trips that lie ahead, from the released lake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd

from app import released

_AHEAD = """
    SELECT trips.booking_id, trips.vessel_type, trips.base, told.destination, trips.departs_at,
        trips.hours / 1e6 AS hours, trips.revenue / 1e4 AS revenue
    FROM lake.intermediate.int_bookings AS trips
    LEFT JOIN lake.staging.stg_bookings AS told
        ON told.booking_id = trips.booking_id AND told.known_at = trips.created_timestamp
            AND NOT told.withdrawn
    WHERE trips.ended_timestamp IS NULL AND trips.cancelled_at IS NULL
        AND trips.departs_at > ?::TIMESTAMP
    QUALIFY row_number() OVER (
        PARTITION BY trips.booking_id ORDER BY told.batch_id DESC, told.row_number DESC
    ) = 1
    ORDER BY trips.departs_at, trips.booking_id
"""


def now() -> datetime:
    """The instant on which the service answers, UTC: the newest, or the wall clock's if so set."""
    wall = released.settings().online_clock == "wall"
    return datetime.now(UTC) if wall else released.release().as_of.of("fleet").replace(tzinfo=UTC)


def ahead(at: datetime) -> pd.DataFrame:
    """One row a booked trip that is not cancelled and departs after an instant, soonest first.

    Returns:
        booking_id, vessel_type (`demand.ANY`: none is named), base, destination (null: not told),
        departs_at and returns_at (UTC, without a zone), hours, revenue.
    """
    found = released.frame(_AHEAD, at.replace(tzinfo=None).isoformat(sep=" "))
    returns = found["departs_at"] + pd.to_timedelta(found["hours"], unit="h")
    return found.assign(returns_at=returns)


def before(trips: pd.DataFrame, at: datetime, days: int) -> pd.DataFrame:
    """Those that depart within some days of an instant."""
    end = at.replace(tzinfo=None) + timedelta(days=days)
    return trips[trips["departs_at"] < end].reset_index(drop=True)
