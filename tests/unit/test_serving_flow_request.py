"""Request-time features of visitors, held against a slow reading of the same announcements."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tambo.requesttime import tourism

FIRST = date(2026, 1, 1)
Period = tuple[date, date, int]
STRIKE = tourism.EVENTS.index("strike") + 1


def stored(kind: str, periods: list[Period]) -> dict[str, Any]:
    """Announcements of a kind as the marts hold them: by day; None where there is none."""
    if not periods:
        return {}
    lists = {
        f"{kind}_first_days": [tourism.day_number(first) for first, _, _ in sorted(periods)],
        f"{kind}_last_days": [tourism.day_number(last) for _, last, _ in sorted(periods)],
        f"{kind}_types": [number for _, _, number in sorted(periods)],
    }
    return {name: values for name, values in lists.items() if name in tourism.FLOW_REQUEST_STORED}


def request(day: date, **others: Any) -> dict[str, float | None]:
    return tourism.visitor_flow_request(target_day=day, **others)


def distances(day: date, held: set[date]) -> tuple[float | None, float | None, float | None]:
    """Days to the nearest, the next and from the last day held, walked one by one."""
    ahead = next((n for n in range(400) if day + timedelta(days=n) in held), None)
    behind = next((n for n in range(61) if day - timedelta(days=n) in held), None)
    known = [n for n in (ahead, behind) if n is not None]
    return min(known, default=None), ahead, behind


days = st.integers(0, 150).map(lambda n: FIRST + timedelta(days=n))
periods = st.lists(
    st.tuples(days, st.integers(0, 20), st.integers(1, len(tourism.EVENTS))).map(
        lambda drawn: (drawn[0], drawn[0] + timedelta(days=drawn[1]), drawn[2])
    ),
    max_size=6,
)


@given(days, periods, st.sampled_from([None, *tourism.EVENTS]))
@example(FIRST, [(FIRST, FIRST, STRIKE)], None)
@example(FIRST, [], "strike")
@example(FIRST, [], "concert")
@example(FIRST + timedelta(days=61), [(FIRST, FIRST, 1)], None)
def test_events_and_their_distance_are_what_the_announcements_say(
    day: date, announced: list[Period], expected: str | None
):
    found = request(day, expected_event=expected, **stored("event", announced))
    on = [number for first, last, number in announced if first <= day <= last]
    on += [] if expected is None else [tourism.EVENTS.index(expected) + 1]
    for number, kind in enumerate(tourism.EVENTS, start=1):
        assert found[f"is_{kind}"] == float(number in on)
    assert found["events_on"] == sum(number != STRIKE for number in on)
    held = {
        first + timedelta(days=n)
        for first, last, number in announced
        if number != STRIKE
        for n in range((last - first).days + 1)
    }
    held |= {day} if expected not in (None, "strike") else set()
    names = ("days_to_nearest_event", "days_to_next_event", "days_since_last_event")
    assert tuple(found[name] for name in names) == distances(day, held)


@given(days, periods)
def test_holidays_and_campaigns_and_their_distance_likewise(day: date, announced: list[Period]):
    found = request(day, **stored("holiday", announced), **stored("campaign", announced))
    on = [number for first, last, number in announced if first <= day <= last]
    assert found["holiday_type"] == min(on, default=0)
    held = {
        first + timedelta(days=n)
        for first, last, _ in announced
        for n in range((last - first).days + 1)
    }
    names = ("days_to_nearest_holiday", "days_to_next_holiday", "days_since_last_holiday")
    assert tuple(found[name] for name in names) == distances(day, held)
    assert found["days_since_campaign"] == distances(day, held)[2]


@given(days, days, periods)
def test_what_a_state_still_holds_of_long_ago_changes_nothing(
    day: date, written: date, announced: list[Period]
):
    """A state is written anew when an announcement changes, without what was over long before."""
    if day < written:
        return
    fresh = [one for one in announced if one[1] >= written - timedelta(days=60)]
    assert request(day, **stored("event", announced)) == request(day, **stored("event", fresh))


def test_days_of_one_location_at_once_are_the_days_one_by_one():
    kept = {
        **stored("event", [(FIRST, FIRST, 4), (FIRST + timedelta(days=9),) * 2 + (STRIKE,)]),
        **stored("closure", [(FIRST + timedelta(days=2), FIRST + timedelta(days=3), 0)]),
        "counted_until": datetime(2026, 1, 1, 5, tzinfo=UTC),
        "time_zone": "America/Lima",
        "daily_visitors": [*(float(n) for n in range(55)), math.nan],
        "daily_visitors_year_before": [float(n) for n in range(28)],
        "month_index": [1.0 + n / 12 for n in range(12)],
        "weekday_index": [float(n) for n in range(7)],
        "forecast_from": datetime(2026, 1, 1, 5, tzinfo=UTC),
        "forecast_temperature": [10.0, 11.0],
        "month_temperature": [20.0] * 12,
    }
    asked = [FIRST + timedelta(days=n) for n in range(tourism.HORIZON)]
    numbers = np.array([tourism.day_number(day) for day in asked])
    together = tourism.flow_features(numbers, kept)
    for position, day in enumerate(asked):
        for name, value in request(day, **kept).items():
            at_once = together[name][position]
            assert at_once == value or (value is None and math.isnan(at_once)), (name, day)
    assert together["horizon_days"].tolist() == [float(n) for n in range(1, 29)]
    assert together["temperature"].tolist() == [10.0, 11.0, *[20.0] * 26]
    assert together["is_closed"].tolist() == [0.0, 0.0, 1.0, 1.0, *[0.0] * 24]
    assert together["visitors_year_before"].tolist() == [float(n) for n in range(28)]
    # The last day counted is not known; the day before it lies a week before the 7th day.
    assert together["same_weekday_last"][:7].tolist() == [49.0, 50.0, 51.0, 52.0, 53.0, 54.0, 48.0]


@pytest.mark.parametrize("nothing", [None, "tomorrow", math.nan])
def test_without_a_day_all_is_missing(nothing: object):
    found = tourism.visitor_flow_request(target_day=nothing)
    assert found == dict.fromkeys(tourism.FLOW_REQUEST_FEATURES)


def test_every_declared_feature_is_computed_in_order():
    assert list(request(FIRST)) == list(tourism.FLOW_REQUEST_FEATURES)
    assert list(tourism.visitor_flow_request_columns({"target_day": []})) == list(
        tourism.FLOW_REQUEST_FEATURES
    )
