"""What a request for visitors of a day itself tells, held against what is stored of the location.

Everything here is known in advance: the calendar of the day, what was announced for it, the weather
forecast as issued, seasons seen so far, and counts of days before the forecast's origin. Feast's
on-demand view calls it for training rows, the tourism service for answers, so the two cannot drift
apart. All days of one location are computed at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tambo.requesttime.calendar import by_column, missing
from tambo.requesttime.tourism.calendar import (
    Days,
    Floats,
    as_days,
    as_floats,
    day_number,
    days_since_last,
    days_to_next,
    local_day,
    within,
)

EVENTS = ("festival", "religious", "sports", "concert", "fair", "conference", "strike", "other")
"""Kinds of events, in the order of their numbers in the marts."""
STRIKE = EVENTS.index("strike") + 1

HORIZON = 28
"""Days of the daily forecast."""

FLOW_REQUEST_INPUTS = {
    "target_day": "STRING",
    "target_hour": "INT64",
    "expected_temperature": "DOUBLE",
    "expected_precipitation": "DOUBLE",
    "expected_event": "STRING",
}
"""Fields of the request with their Feast value types; all but the first may be missing. The hour is
of the hourly forecast, 0 to 23; the others are what-ifs: the weather of the day in place of the
forecast, and an event of a kind in `EVENTS` that was not announced."""

FLOW_REQUEST_STORED = {
    "counted_until": "location_flow",
    "daily_visitors": "location_flow",
    "daily_visitors_year_before": "location_flow",
    "hourly_visitors": "location_flow",
    "month_index": "location_season",
    "weekday_index": "location_season",
    "holiday_first_days": "location_calendar",
    "holiday_last_days": "location_calendar",
    "holiday_types": "location_calendar",
    "school_first_days": "location_calendar",
    "school_last_days": "location_calendar",
    "event_first_days": "location_calendar",
    "event_last_days": "location_calendar",
    "event_types": "location_calendar",
    "closure_first_days": "location_calendar",
    "closure_last_days": "location_calendar",
    "campaign_first_days": "location_campaigns",
    "campaign_last_days": "location_campaigns",
    "campaign_daily_spend": "location_campaigns",
    "month_temperature": "location_climate",
    "month_precipitation": "location_climate",
    "forecast_from": "location_weather_forecast",
    "forecast_temperature": "location_weather_forecast",
    "forecast_precipitation": "location_weather_forecast",
}
"""Stored features that the request is held against, with the view that holds each."""

FLOW_REQUEST_FEATURES = {
    "horizon_days": "days from the last whole day counted to the day that is asked for, from 1",
    "day_of_week": "day of the week, 1 for Monday to 7",
    "month": "month, 1 to 12",
    "year": "year",
    "weekday_sin": "day of the week on a circle, sine",
    "weekday_cos": "day of the week on a circle, cosine",
    "hour_sin": "hour of the day on a circle, sine; missing for a whole day",
    "hour_cos": "hour of the day on a circle, cosine; missing for a whole day",
    "season_sin": "day of the year on a circle, sine",
    "season_cos": "day of the year on a circle, cosine",
    "holiday_type": "number of the kind of holiday, 0 on any other day",
    "days_to_nearest_holiday": "days to the nearest holiday, before or after, 0 on one",
    "days_to_next_holiday": "days to the next holiday, 0 on one",
    "days_since_last_holiday": "days since the last holiday, 0 on one",
    "is_school_holiday": "1 in a school holiday, else 0",
    **{f"is_{kind}": f"1 if an event of the kind {kind} was announced, else 0" for kind in EVENTS},
    "events_on": "how many events were announced, strikes aside",
    "is_closed": "1 if the location was announced to be shut, else 0",
    "campaign_spend": "spend of the day in campaigns for the location",
    "days_since_campaign": "days since the last campaign for the location ended, 0 in one",
    "temperature": "mean temperature: what-if, else forecast, else the month's mean so far",
    "precipitation": "rain and snow: what-if, else forecast, else the month's mean so far",
    "is_weather_forecast": "1 if the weather is a what-if or a forecast, 0 if a month's mean",
    "temperature_anomaly": "temperature less the month's mean so far",
    "weather_event_interaction": "rain and snow of the day times the events on it",
    "holiday_season_interaction": "season_index on a holiday or a day beside one, else 0",
    "season_index": "mean visitors of that time of the year over the mean of all days so far",
    "weekday_factor": "mean visitors of the weekday over the mean of all days so far",
    "same_weekday_last": "visitors of the last same weekday that was counted",
    "same_weekday_mean": "mean visitors of the same weekdays of the last eight weeks",
    "visitors_year_before": "visitors 364 days before",
    "same_hour_mean": "mean visitors of the hour in the last seven days; missing for a whole day",
    "same_hour_share": "the hour's share of all visitors of the last seven days; missing likewise",
}
"""Features of the on-demand view `visitor_flow_request`, all Float64, with their descriptions."""


def flow_features(
    days: Days,
    stored: Mapping[str, Any],
    *,
    hours: Floats | None = None,
    expected_temperature: Floats | None = None,
    expected_precipitation: Floats | None = None,
    expected_event: Sequence[str | None] | None = None,
) -> dict[str, Floats]:
    """Compute the features of some days of one location.

    Args:
        days: the days asked for, by number: int64 [n].
        stored: `FLOW_REQUEST_STORED`; what is not there is missing.
        hours: local hour of each, 0 to 23; NaN: the whole day.
        expected_temperature: degrees Celsius of each day; NaN: the forecast's.
        expected_precipitation: mm of each day; NaN: the forecast's.
        expected_event: an event of each day that was not announced; None: none.

    Returns:
        float64 [n] for each name in `FLOW_REQUEST_FEATURES`, in that order; NaN: missing.
    """
    weather = _weather(days, stored, expected_temperature, expected_precipitation)
    season = _season(days, stored)
    found = {
        **_of_day(days, stored),
        **_announced(days, stored, expected_event or [None] * len(days)),
        **weather,
        **season,
        **_earlier_visitors(days, stored),
        **_of_hour(np.full(len(days), np.nan) if hours is None else hours, stored),
    }
    near = np.where(found["days_to_nearest_holiday"] <= 1, found["season_index"], 0.0)
    found["holiday_season_interaction"] = near
    found["weather_event_interaction"] = found["precipitation"] * found["events_on"]
    return {name: found[name] for name in FLOW_REQUEST_FEATURES}


def _of_day(days: Days, stored: Mapping[str, Any]) -> dict[str, Floats]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    turn = 2 * np.pi * weekday / 7
    season = 2 * np.pi * _day_of_year(days) / 365.25
    first = _first_day(stored)
    return {
        "horizon_days": days - first + 1.0,
        "day_of_week": weekday + 1.0,
        "month": months % 12 + 1.0,
        "year": months // 12 + 1970.0,
        "weekday_sin": np.sin(turn),
        "weekday_cos": np.cos(turn),
        "season_sin": np.sin(season),
        "season_cos": np.cos(season),
    }


def _of_hour(hours: Floats, stored: Mapping[str, Any]) -> dict[str, Floats]:
    turn = 2 * np.pi * hours / 24
    week = as_floats(stored.get("hourly_visitors"), 24).reshape(-1, 24)
    known = ~np.isnan(week)
    number = known.sum(axis=0)
    total = np.where(known, week, 0.0).sum(axis=0)
    mean = total / np.where(number, number, np.nan)
    whole = np.where(np.isnan(mean), 0.0, mean).sum()
    named, slot = ~np.isnan(hours), np.nan_to_num(hours).astype(np.int64)
    return {
        "hour_sin": np.sin(turn),
        "hour_cos": np.cos(turn),
        "same_hour_mean": np.where(named, mean[slot], np.nan),
        "same_hour_share": np.where(named, mean[slot] / (whole or np.nan), np.nan),
    }


def _day_of_year(days: Days) -> Days:
    """Days since the first of January."""
    years = days.astype("datetime64[D]").astype("datetime64[Y]")
    return days - years.astype("datetime64[D]").astype(np.int64)


def _first_day(stored: Mapping[str, Any]) -> float:
    """Number of the first day to forecast: the one after the last whole day counted."""
    until = stored.get("counted_until")
    return np.nan if not isinstance(until, datetime) or missing(until) else float(local_day(until))


def _announced(
    days: Days, stored: Mapping[str, Any], expected: Sequence[str | None]
) -> dict[str, Floats]:
    first, last = _period(stored, "holiday")
    kinds = as_days(stored.get("holiday_types"))
    on = within(days, first, last)
    ahead, behind = days_to_next(days, first, last), days_since_last(days, first, last)
    campaigns = _period(stored, "campaign")
    spend = as_floats(stored.get("campaign_daily_spend"), len(campaigns[0]))
    return {
        # The first kind is the strongest: public before regional.
        "holiday_type": np.where(on, kinds, 99).min(axis=1, initial=99.0) % 99,
        "days_to_nearest_holiday": np.fmin(ahead, behind),
        "days_to_next_holiday": ahead,
        "days_since_last_holiday": behind,
        "is_school_holiday": _in_any(days, *_period(stored, "school")),
        **_events(days, stored, expected),
        "is_closed": _in_any(days, *_period(stored, "closure")),
        "campaign_spend": (within(days, *campaigns) * spend).sum(axis=1),
        "days_since_campaign": days_since_last(days, *campaigns),
    }


def _events(
    days: Days, stored: Mapping[str, Any], expected: Sequence[str | None]
) -> dict[str, Floats]:
    kinds = as_days(stored.get("event_types"))
    on = within(days, *_period(stored, "event"))
    counts = np.stack([(on & (kinds == n + 1)).sum(axis=1) for n in range(len(EVENTS))], axis=1)
    counts += np.array([[kind == one for kind in EVENTS] for one in expected], bool)
    flags = {f"is_{kind}": _number(counts[:, n] > 0) for n, kind in enumerate(EVENTS)}
    others = np.delete(counts, STRIKE - 1, axis=1)
    return {**flags, "events_on": others.sum(axis=1).astype(np.float64)}


def _number(flags: NDArray[np.bool_] | np.bool_) -> Floats:
    """1 where it is so, else 0."""
    return np.asarray(flags, np.float64)


def _period(stored: Mapping[str, Any], kind: str) -> tuple[Days, Days]:
    return as_days(stored.get(f"{kind}_first_days")), as_days(stored.get(f"{kind}_last_days"))


def _in_any(days: Days, first: Days, last: Days) -> Floats:
    return _number(within(days, first, last).any(axis=1))


def _weather(
    days: Days, stored: Mapping[str, Any], temperature: Floats | None, precipitation: Floats | None
) -> dict[str, Floats]:
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    usual = as_floats(stored.get("month_temperature"), 12)[months]
    usual_rain = as_floats(stored.get("month_precipitation"), 12)[months]
    forecast = _forecast(days, stored, "forecast_temperature")
    degrees = forecast if temperature is None else _first(temperature, forecast)
    rain = _forecast(days, stored, "forecast_precipitation")
    rain = rain if precipitation is None else _first(precipitation, rain)
    return {
        "temperature": _first(degrees, usual),
        "precipitation": _first(rain, usual_rain),
        "is_weather_forecast": _number(~np.isnan(degrees)),
        "temperature_anomaly": _first(degrees, usual) - usual,
    }


def _first(value: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(value), other, value)


def _forecast(days: Days, stored: Mapping[str, Any], name: str) -> Floats:
    """The forecast of each day; NaN before and beyond it."""
    start, values = stored.get("forecast_from"), as_floats(stored.get(name), 1)
    if not isinstance(start, datetime) or missing(start):
        return np.full(len(days), np.nan)
    return _at(values, days - local_day(start))


def _at(values: Floats, positions: Days) -> Floats:
    """Values at positions; NaN outside."""
    inside = (positions >= 0) & (positions < len(values))
    return np.where(inside, values[np.clip(positions, 0, len(values) - 1)], np.nan)


def _season(days: Days, stored: Mapping[str, Any]) -> dict[str, Floats]:
    index = as_floats(stored.get("month_index"), 12)
    weekdays = as_floats(stored.get("weekday_index"), 7)
    # In a straight line between the middles of the months: no month begins with a jump.
    position = _day_of_year(days) / 30.4375 - 0.5
    low = np.floor(position).astype(np.int64)
    share = position - low
    before, after = index[low % 12], index[(low + 1) % 12]
    return {
        "season_index": _first((1 - share) * before + share * after, _first(before, after)),
        "weekday_factor": weekdays[(days + 3) % 7],
    }


def _earlier_visitors(days: Days, stored: Mapping[str, Any]) -> dict[str, Floats]:
    counted = as_floats(stored.get("daily_visitors"), 56)
    year_before = as_floats(stored.get("daily_visitors_year_before"), HORIZON)
    first = _first_day(stored)
    nothing = np.full(len(days), np.nan)
    if np.isnan(first):
        names = ("same_weekday_last", "same_weekday_mean", "visitors_year_before")
        return dict.fromkeys(names, nothing)
    ahead = days - int(first)
    # The column of a day is its weekday; the last whole day is the last of them.
    weeks = counted.reshape(-1, 7)[:, ahead % 7]
    known = ~np.isnan(weeks)
    number = known.sum(axis=0)
    mean = np.where(known, weeks, 0.0).sum(axis=0) / np.where(number, number, np.nan)
    newest = len(weeks) - 1 - known[::-1].argmax(axis=0)
    return {
        "same_weekday_last": np.where(number, weeks[newest, np.arange(len(days))], np.nan),
        "same_weekday_mean": mean,
        "visitors_year_before": _at(year_before, ahead),
    }


def visitor_flow_request(
    *,
    target_day: object,
    target_hour: float | None = None,
    expected_temperature: float | None = None,
    expected_precipitation: float | None = None,
    expected_event: str | None = None,
    **stored: Any,
) -> dict[str, float | None]:
    """Compute all request-time features of one day of one location.

    Args:
        target_day: the day asked for, local ("YYYY-MM-DD" or a date).
        target_hour: the local hour asked for, 0 to 23; None: the whole day.
        expected_temperature: degrees Celsius in place of the forecast's.
        expected_precipitation: mm in place of the forecast's.
        expected_event: an event, of a kind in `EVENTS`, that was not announced.
        stored: `FLOW_REQUEST_STORED`.

    Returns:
        Every name in `FLOW_REQUEST_FEATURES`, in that order; all missing without a day.
    """
    day = day_number(target_day)
    if day is None or not (target_hour is None or missing(target_hour) or 0 <= target_hour < 24):
        return dict.fromkeys(FLOW_REQUEST_FEATURES)
    found = flow_features(
        np.array([day]),
        stored,
        hours=_one(target_hour),
        expected_temperature=_one(expected_temperature),
        expected_precipitation=_one(expected_precipitation),
        expected_event=[expected_event],
    )
    return {
        name: None if np.isnan(values[0]) else float(values[0]) for name, values in found.items()
    }


def _one(value: float | None) -> Floats | None:
    return None if value is None else np.array([value], np.float64)


def visitor_flow_request_columns(columns: Mapping[str, Sequence[object]]) -> dict[str, list[float]]:
    """Compute the features of many requests, column by column: the form Feast's views want.

    Args:
        columns: equally long columns by the argument names of `visitor_flow_request`; other columns
            are ignored, and a column that is not there is missing in every row.

    Returns:
        A list for each name in `FLOW_REQUEST_FEATURES`; NaN where a feature is missing, since
        Feast reads the types from the values, and stores NaN as null.
    """
    arguments = [*FLOW_REQUEST_INPUTS, *FLOW_REQUEST_STORED]
    return by_column(visitor_flow_request, arguments, FLOW_REQUEST_FEATURES, columns)
