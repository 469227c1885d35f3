"""What a request for visitors of a day itself tells, held against what is stored of the location.

Everything here is known in advance: the calendar of the day, what was announced for it, the weather
forecast as issued, seasons seen so far, and counts of days before the forecast's origin. Feast's
on-demand view calls it for training rows, the tourism service for answers, so the two cannot drift
apart. All days of one location are computed at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tambo.requesttime.calendar import by_column, missing
from tambo.requesttime.tourism.announced import announced_features
from tambo.requesttime.tourism.calendar import Days, Floats, day_number, day_of_year
from tambo.requesttime.tourism.flow_fields import (
    FLOW_REQUEST_FEATURES,
    FLOW_REQUEST_INPUTS,
    FLOW_REQUEST_STORED,
)
from tambo.requesttime.tourism.stored import first_day
from tambo.requesttime.tourism.visitors import earlier_visitors, hour_features, season_features
from tambo.requesttime.tourism.weather import weather_features


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
    found = {
        **_day_features(days, stored),
        **announced_features(days, stored, expected_event or [None] * len(days)),
        **weather_features(days, stored, expected_temperature, expected_precipitation),
        **season_features(days, stored),
        **earlier_visitors(days, stored),
        **hour_features(days, np.full(len(days), np.nan) if hours is None else hours, stored),
    }
    near = np.where(found["days_to_nearest_holiday"] <= 1, found["season_index"], 0.0)
    found["holiday_season_interaction"] = near
    found["weather_event_interaction"] = found["precipitation"] * found["events_on"]
    return {name: found[name] for name in FLOW_REQUEST_FEATURES}


def _day_features(days: Days, stored: Mapping[str, Any]) -> dict[str, Floats]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    turn = 2 * np.pi * weekday / 7
    season = 2 * np.pi * day_of_year(days) / 365.25
    first = first_day(stored)
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
