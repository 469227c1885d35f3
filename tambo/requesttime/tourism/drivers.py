"""What moves a visitor forecast: groups of what is known, and the ordinary day without them.

The ordinary day of a location has the median count of its last eight weeks. No weekday and no time
of the year is busier than another on it, nothing is announced for it, and its weather is the usual
of the month. An ordinary hour has that day's share of its hour.

A group is taken away from what is stored, and the features are then computed as ever; so features
of two groups, such as the last same weekday, are right for each of the four cases.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np

from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.flow_fields import EVENTS
from tambo.requesttime.tourism.horizon import Expected, horizon_features
from tambo.requesttime.tourism.stored import as_floats, first_day


class Driver(StrEnum):
    """A group of what is known of a day."""

    RECENT = "recent_counts"
    SEASON = "time_of_year"
    WEEKDAY = "weekday"
    HOLIDAYS = "holidays"
    EVENTS = "events"
    CAMPAIGNS = "campaigns"
    WEATHER = "weather"
    CLOSURE = "closure"


FIRST = frozenset({Driver.RECENT, Driver.SEASON, Driver.WEATHER})
SECOND = frozenset(Driver) - FIRST
"""No feature is of two of `FIRST`, and none is of two of `SECOND`: so four computations give the
features of all coalitions. See `DRIVERS_OF`."""

WAYS: tuple[frozenset[Driver], ...] = (frozenset(Driver), SECOND, FIRST, frozenset())
"""Drivers that are taken away in each of the four: all, the second, the first, none."""

_COUNTS = (Driver.RECENT, Driver.WEEKDAY)
_OF_HOLIDAYS = ("holiday_type", "is_school_holiday", "days_to_nearest_holiday",
                "days_to_next_holiday", "days_since_last_holiday")  # fmt: skip
_OF_EVENTS = ("events_on", "days_to_nearest_event", "days_to_next_event", "days_since_last_event")
_OF_WEATHER = ("temperature", "precipitation", "is_weather_forecast", "temperature_anomaly")

DRIVERS_OF: Mapping[str, tuple[Driver, ...]] = MappingProxyType(
    {
        "daily_visitors": _COUNTS,
        "hourly_visitors": _COUNTS,
        "day_of_week": (Driver.WEEKDAY,),
        "weekday_sin": (Driver.WEEKDAY,),
        "weekday_cos": (Driver.WEEKDAY,),
        "weekday_factor": (Driver.WEEKDAY,),
        "month": (Driver.SEASON,),
        "season_sin": (Driver.SEASON,),
        "season_cos": (Driver.SEASON,),
        "season_index": (Driver.SEASON,),
        **dict.fromkeys(_OF_HOLIDAYS, (Driver.HOLIDAYS,)),
        "holiday_season_interaction": (Driver.SEASON, Driver.HOLIDAYS),
        **dict.fromkeys((f"is_{kind}" for kind in EVENTS), (Driver.EVENTS,)),
        **dict.fromkeys(_OF_EVENTS, (Driver.EVENTS,)),
        "is_closed": (Driver.CLOSURE,),
        "campaign_spend": (Driver.CAMPAIGNS,),
        "days_since_campaign": (Driver.CAMPAIGNS,),
        **dict.fromkeys(_OF_WEATHER, (Driver.WEATHER,)),
        "weather_event_interaction": (Driver.WEATHER, Driver.EVENTS),
        "same_weekday_last": _COUNTS,
        "same_weekday_mean": _COUNTS,
        "visitors_year_before": (Driver.SEASON, Driver.WEEKDAY),
        "same_hour_last_week": _COUNTS,
        "same_hour_mean": _COUNTS,
        "same_hour_share": _COUNTS,
    }
)
"""The drivers of each feature, of `FIRST` before the others; the rest of the features, such as the
hour and the days ahead, are what is asked for, and move nothing."""


def sides_of(name: str) -> tuple[Driver | None, Driver | None]:
    """The driver of `FIRST` and that of `SECOND` that a feature is of.

    Args:
        name: of a feature, or full name of an input of a model.

    >>> sides_of("location_flow__daily_visitors")[1], sides_of("location")
    (<Driver.WEEKDAY: 'weekday'>, (None, None))
    """
    drivers = DRIVERS_OF.get(name.rpartition("__")[2], ())
    return (
        next((one for one in drivers if one in FIRST), None),
        next((one for one in drivers if one in SECOND), None),
    )


_ANNOUNCED = {
    Driver.HOLIDAYS: ("holiday", "school"),
    Driver.EVENTS: ("event",),
    Driver.CAMPAIGNS: ("campaign",),
    Driver.CLOSURE: ("closure",),
}
_UNSAID = {
    Driver.WEEKDAY: {"weekday_sin": 0.0, "weekday_cos": 0.0, "day_of_week": np.nan},
    Driver.SEASON: {"season_sin": 0.0, "season_cos": 0.0, "month": np.nan},
}
"""Features of the day itself, as they are where their driver is taken away."""


def features_without(
    absent: Collection[Driver],
    first: int,
    days: int,
    stored: Mapping[str, Any],
    *,
    hourly: bool = False,
    expected: Expected | None = None,
) -> tuple[dict[str, Floats], Mapping[str, Any]]:
    """Compute the features of all steps of one location as if some drivers were ordinary.

    Args:
        absent: drivers that are taken away.
        first: as in `horizon_features`, like all that follow.
        days: how many days.
        stored: `FLOW_REQUEST_STORED`.
        hourly: whether the steps are the hours of these days.
        expected: a what-if.

    Returns:
        The features, and what is stored without the drivers.
    """
    kept = _stored_without(absent, stored)
    found = horizon_features(
        first, days, kept, hourly=hourly, expected=_expected_without(absent, expected)
    )
    for driver in absent:
        for name, value in _UNSAID.get(driver, {}).items():
            found[name] = np.full_like(found[name], value)
    return found, kept


def _expected_without(absent: Collection[Driver], expected: Expected | None) -> Expected | None:
    if expected is None:
        return None
    if Driver.WEATHER in absent:
        nothing = np.full_like(expected.temperature, np.nan)
        expected = expected._replace(temperature=nothing, precipitation=nothing)
    if Driver.EVENTS in absent:
        expected = expected._replace(events=[None] * len(expected.events))
    return expected


def _stored_without(absent: Collection[Driver], stored: Mapping[str, Any]) -> Mapping[str, Any]:
    found = dict(stored)
    for driver in absent:
        for kind in _ANNOUNCED.get(driver, ()):
            found |= dict.fromkeys(one for one in stored if one.startswith(f"{kind}_"))
    if Driver.WEATHER in absent:
        found["forecast_from"] = None
    for driver, name in ((Driver.SEASON, "month_index"), (Driver.WEEKDAY, "weekday_index")):
        if driver in absent and stored.get(name) is not None:
            found[name] = np.ones(len(stored[name]))
    return found | _counts_without(absent, stored)


def _counts_without(absent: Collection[Driver], stored: Mapping[str, Any]) -> dict[str, Floats]:
    """The lists of past counts, of which those of the year before tell the time of the year."""
    daily = as_floats(stored.get("daily_visitors"), 56)
    first = first_day(stored)
    if np.isnan(daily).all() or np.isnan(first):
        return {}
    usual = float(np.nanmedian(daily))
    factor = as_floats(stored.get("weekday_index"), 7)
    factor = np.where(np.isnan(factor), 1.0, factor)[(int(first) + 3 + np.arange(7)) % 7]
    recent, season, weekday = (
        one not in absent for one in (Driver.RECENT, Driver.SEASON, Driver.WEEKDAY)
    )
    week = usual * (factor if weekday else np.ones(7))
    before = as_floats(stored.get("daily_visitors_year_before"), 28)
    found = {
        "daily_visitors": _weeks(daily, week, actual=recent, weekday=weekday),
        "daily_visitors_year_before": np.where(
            np.isnan(before), np.nan, _weeks(before, week, actual=season, weekday=weekday)
        ),
    }
    hours = as_floats(stored.get("hourly_visitors"), 168).reshape(-1, 24)
    found["hourly_visitors"] = _hours(hours, week, actual=recent, weekday=weekday).reshape(-1)
    return found


def _weeks(counts: Floats, week: Floats, *, actual: bool, weekday: bool) -> Floats:
    """Counts of whole weeks: as they were, their weeks' means, or a week in their place."""
    weeks = counts.reshape(-1, 7)
    if not actual:
        return np.tile(week, len(weeks))
    return counts if weekday else np.repeat(_mean(weeks, axis=1), 7)


def _hours(hours: Floats, week: Floats, *, actual: bool, weekday: bool) -> Floats:
    """Counts of seven days by hour likewise: the course of the day stays as it was."""
    if actual and weekday:
        return hours
    course = _mean(hours, axis=0)
    if actual:
        return np.tile(course, (len(hours), 1))
    total = np.nansum(course)
    return course * (week / total if total else np.ones(7))[:, None]


def _mean(values: Floats, axis: int) -> Floats:
    """Mean of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    number = known.sum(axis=axis)
    mean: Floats = np.where(known, values, 0.0).sum(axis=axis) / np.where(number, number, np.nan)
    return mean
