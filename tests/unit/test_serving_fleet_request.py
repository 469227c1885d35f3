"""Request-time features of the fleet: days between what is stored and a request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tambo.requesttime.fleet import (
    DEMAND_REQUEST_FEATURES,
    MAINTENANCE_REQUEST_FEATURES,
    demand_request,
    demand_request_columns,
    maintenance_request,
    maintenance_request_columns,
)

ASKED = datetime(2026, 3, 1)


def test_nothing_known_is_nothing_said():
    said = maintenance_request(asked_at=None)
    assert said == dict.fromkeys(MAINTENANCE_REQUEST_FEATURES)
    assert demand_request(asked_at=ASKED) == dict.fromkeys(DEMAND_REQUEST_FEATURES)


def test_an_overdue_plan_lies_in_the_past():
    said = maintenance_request(asked_at=ASKED, next_maintenance_date=ASKED - timedelta(hours=36))
    assert said["days_to_planned_maintenance"] == -1.5


def test_the_limit_may_be_passed():
    last = ASKED - timedelta(days=50)
    said = maintenance_request(
        asked_at=ASKED, last_maintenance_date=last, days_between_overhauls=40.0
    )
    assert (said["scaled_days"], said["days_to_overhaul_limit"]) == (1.25, -10.0)


def test_a_zone_moves_no_instant():
    lima = timezone(timedelta(hours=-5))
    said = maintenance_request(
        asked_at=ASKED.replace(tzinfo=UTC).astimezone(lima), read_at=ASKED - timedelta(hours=6)
    )
    assert said["days_since_reading"] == 0.25


@pytest.mark.parametrize(("over", "wanted"), [(0, 28.0), (16, 28.0), (17, None), (-1, None)])
def test_days_that_are_over_are_left_out(over, wanted):
    said = demand_request(
        asked_at=ASKED + timedelta(days=over), booked_hours=[2.0] * 30, booked_from=ASKED
    )
    assert said["hours_booked_14d"] == wanted


def test_columns_are_the_rows_one_by_one():
    columns = {"asked_at": [ASKED, None], "read_at": [ASKED - timedelta(days=3)] * 2}
    first, second = maintenance_request_columns(columns)["days_since_reading"]
    assert first == 3.0
    assert second != second  # noqa: PLR0124 - NaN
    lists = demand_request_columns(
        {"asked_at": [ASKED], "booked_trips": [[1.0] * 30], "booked_from": [ASKED]}
    )
    assert lists["trips_booked_7d"] == [7.0]
    assert list(lists) == list(DEMAND_REQUEST_FEATURES)
