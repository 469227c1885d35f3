"""Request-time features of a flight: the same for a training row and for a request."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pytest

from tambo.requesttime import travel

ASKED = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # 22:30 of 1 March in São Paulo


def request(**changes: object) -> dict[str, float | None]:
    fields = {"asked_at": ASKED, "travel_date": "2026-03-08", **changes}
    return travel.flight_request(**fields)


def test_days_are_days_in_sao_paulo():
    assert request()["days_to_travel"] == 7.0
    assert request(asked_at=ASKED + timedelta(hours=2))["days_to_travel"] == 6.0
    assert request(travel_date="2026-03-01")["days_to_travel"] == 0.0
    assert request(travel_date="2026-02-28")["days_to_travel"] == -1.0


def test_one_instant_in_any_zone_gives_the_same_features():
    tokyo = ASKED.astimezone(timezone(timedelta(hours=9)))
    assert request(asked_at=tokyo) == request() == request(asked_at=ASKED.replace(tzinfo=None))


def test_a_date_as_text_and_as_a_date_are_one():
    assert (
        request(travel_date=date(2026, 3, 8))
        == request()
        == request(travel_date=pd.Timestamp("2026-03-08"))
    )


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NaT])
def test_what_is_missing_gives_missing_features(nothing):
    features = request(asked_at=nothing, travel_date=nothing, last_booked_at=nothing)
    assert features == dict.fromkeys(travel.FLIGHT_REQUEST_FEATURES)


def test_a_stated_distance_comes_before_the_routes_own():
    assert request(distance_km=10, route_distance_km=500.0)["flight_distance_km"] == 10.0
    assert request(distance_km=float("nan"), route_distance_km=500.0)["flight_distance_km"] == 500.0
    assert request()["flight_duration_hours"] is None


def test_cycles_close():
    december, january = travel.month_circle("2026-12-31"), travel.month_circle("2026-01-01")
    july = travel.month_circle("2026-07-01")
    assert math.dist(december, january) == pytest.approx(2 * math.sin(math.pi / 12))
    assert math.dist(july, january) == pytest.approx(2.0)
    assert travel.weekday_circle("2026-03-01") != travel.weekday_circle("2026-03-02")


def test_columns_are_rows_turned():
    columns = {
        "asked_at": [ASKED, None],
        "travel_date": ["2026-03-08", "2026-03-07"],
        "last_booked_at": [ASKED - timedelta(days=3), pd.NaT],
        "unrelated": [1, 2],
    }
    turned = travel.flight_request_columns(columns)
    for position in range(2):
        single = request(
            **{name: values[position] for name, values in columns.items() if name != "unrelated"}
        )
        for name, value in single.items():
            assert turned[name][position] == value or (
                value is None and math.isnan(turned[name][position])
            )
    assert turned["days_since_last_booking"][0] == 3.0


def test_every_declared_feature_is_computed_in_order():
    assert list(request()) == list(travel.FLIGHT_REQUEST_FEATURES)
    assert list(travel.flight_request_columns({"travel_date": []})) == list(
        travel.FLIGHT_REQUEST_FEATURES
    )
