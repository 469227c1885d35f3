"""Drivers of a visitor forecast: features of every coalition are one of four computations."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tambo.requesttime import tourism
from tambo.requesttime.tourism import EVENTS, Expected
from tambo.requesttime.tourism.drivers import (
    DRIVERS_OF,
    WAYS,
    Driver,
    features_without,
    sides_of,
)

UNTIL = datetime(2026, 3, 30, 5, tzinfo=UTC)
LIMA = ZoneInfo("America/Lima")
DAY = tourism.local_day(UNTIL, LIMA)
COUNT = st.one_of(st.integers(0, 500).map(float), st.just(np.nan))
SHARE = st.floats(0.2, 3.0)


@st.composite
def periods(draw, kind: str):
    first = draw(st.lists(st.integers(DAY - 70, DAY + 35), max_size=3).map(sorted))
    last = [day + draw(st.integers(0, 5)) for day in first]
    return {f"{kind}_first_days": first, f"{kind}_last_days": last}


@st.composite
def locations(draw):
    """What is stored of a location; a new one lacks seasons and the year before."""

    def some(size, of):
        return draw(st.lists(of, min_size=size, max_size=size))

    stored = {
        "counted_until": UNTIL,
        "time_zone": LIMA.key,
        "daily_visitors": some(56, COUNT),
        "daily_visitors_year_before": some(28, COUNT),
        "hourly_visitors": some(7, COUNT) * 24,
        "month_index": draw(st.one_of(st.none(), st.just(some(12, SHARE)))),
        "weekday_index": draw(st.one_of(st.none(), st.just(some(7, SHARE)))),
        "month_temperature": some(12, st.floats(-5, 30)),
        "month_precipitation": some(12, st.floats(0, 9)),
        "forecast_from": UNTIL,
        "forecast_temperature": some(5, st.floats(-5, 30)),
        "forecast_precipitation": some(5, st.floats(0, 9)),
    }
    for kind in ("holiday", "school", "event", "closure", "campaign"):
        stored |= draw(periods(kind))
    stored["holiday_types"] = [1] * len(stored["holiday_first_days"])
    stored["event_types"] = [draw(st.integers(1, len(EVENTS))) for _ in stored["event_first_days"]]
    stored["campaign_daily_spend"] = [10.0] * len(stored["campaign_first_days"])
    return stored


what_ifs = st.one_of(
    st.none(),
    st.just(Expected(np.full(3, 25.0), np.array([np.nan, 9.0, 0.0]), [None, "fair", "strike"])),
)


def same(one, two) -> bool:
    return np.allclose(one, two, rtol=1e-12, atol=0.0, equal_nan=True)


@settings(max_examples=60)
@given(locations(), what_ifs, st.booleans(), st.sets(st.sampled_from(list(Driver))))
def test_features_of_a_coalition_are_those_of_one_of_four(stored, expected, hourly, there):
    """As `Variants` puts them together: by whether a feature's own drivers are there."""

    def compute(absent):
        found, kept = features_without(absent, DAY, 3, stored, hourly=hourly, expected=expected)
        lists = {name: kept[name] for name in ("daily_visitors", "hourly_visitors")}
        return {**found, **lists}

    absent = frozenset(Driver) - there
    direct = compute(absent)
    four = [compute(one) for one in WAYS]
    for name, values in direct.items():
        sides = sides_of(name)
        assert {one for one in sides if one} == set(DRIVERS_OF.get(name, ()))
        own = [None if driver is None else driver in there for driver in sides]
        one = own[0] if own[0] is not None else own[1] is not False
        two = own[1] if own[1] is not None else own[0] is not False
        assert same(values, four[one + 2 * two][name]), name


@given(locations(), what_ifs, st.booleans())
def test_with_all_drivers_features_are_those_that_the_model_is_asked_with(stored, expected, hourly):
    found, kept = features_without(frozenset(), DAY, 3, stored, hourly=hourly, expected=expected)
    asked = tourism.horizon_features(DAY, 3, stored, hourly=hourly, expected=expected)
    assert all(same(found[name], asked[name]) for name in asked)
    assert all(same(kept[name], stored[name]) for name in ("daily_visitors", "hourly_visitors"))


@given(locations(), what_ifs)
def test_an_ordinary_day_is_the_median_and_nothing_happens_on_it(stored, expected):
    found, kept = features_without(frozenset(Driver), DAY, 3, stored, expected=expected)
    counts = np.array(stored["daily_visitors"])
    if np.isfinite(counts).any():
        assert set(kept["daily_visitors"]) == {np.nanmedian(counts)}
        assert set(found["same_weekday_mean"]) == {np.nanmedian(counts)}
    nothing = ("holiday_type", "events_on", "is_school_holiday", "is_closed", "campaign_spend",
               "temperature_anomaly", "is_weather_forecast", "weekday_sin", "season_cos")  # fmt: skip
    assert all((found[name] == 0.0).all() for name in nothing)
    assert np.isnan(found["days_to_next_holiday"]).all()
    assert set(DRIVERS_OF) <= {*tourism.FLOW_REQUEST_FEATURES, "daily_visitors", "hourly_visitors"}


def test_what_no_driver_moves_is_what_is_asked_for():
    asked = set(tourism.FLOW_REQUEST_FEATURES) - set(DRIVERS_OF)
    assert asked == {"horizon_days", "year", "hour_sin", "hour_cos"}
