"""Features of visitors counted before: seasons, the same weekdays, the same hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tambo.requesttime.tourism.calendar import Days, Floats, day_of_year
from tambo.requesttime.tourism.flow_fields import HORIZON
from tambo.requesttime.tourism.stored import as_floats, at, first_day, or_else


def season_features(days: Days, stored: Mapping[str, Any]) -> dict[str, Floats]:
    """Compute how busy the time of the year and the weekday of days [n] were so far."""
    index = as_floats(stored.get("month_index"), 12)
    weekdays = as_floats(stored.get("weekday_index"), 7)
    # In a straight line between the middles of the months: no month begins with a jump.
    position = day_of_year(days) / 30.4375 - 0.5
    low = np.floor(position).astype(np.int64)
    share = position - low
    before, after = index[low % 12], index[(low + 1) % 12]
    return {
        "season_index": or_else((1 - share) * before + share * after, or_else(before, after)),
        "weekday_factor": weekdays[(days + 3) % 7],
    }


def earlier_visitors(days: Days, stored: Mapping[str, Any]) -> dict[str, Floats]:
    """Compute the visitors of the same weekdays before days [n], and of a year before."""
    counted = as_floats(stored.get("daily_visitors"), 56)
    year_before = as_floats(stored.get("daily_visitors_year_before"), HORIZON)
    first = first_day(stored)
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
        "visitors_year_before": at(year_before, ahead),
    }


def hour_features(days: Days, hours: Floats, stored: Mapping[str, Any]) -> dict[str, Floats]:
    """Compute the visitors of local hours [n] in the last seven days; NaN for a whole day."""
    turn = 2 * np.pi * hours / 24
    week = as_floats(stored.get("hourly_visitors"), 168).reshape(-1, 24)
    known = ~np.isnan(week)
    number = known.sum(axis=0)
    total = np.where(known, week, 0.0).sum(axis=0)
    mean = total / np.where(number, number, np.nan)
    whole = np.where(np.isnan(mean), 0.0, mean).sum()
    named, slot = ~np.isnan(hours), np.nan_to_num(hours).astype(np.int64)
    # The row of a day is its weekday, the first of them that of the first day to forecast.
    before = (days - int(np.nan_to_num(first_day(stored)))) % len(week)
    return {
        "hour_sin": np.sin(turn),
        "hour_cos": np.cos(turn),
        "same_hour_last_week": np.where(named, week[before, slot], np.nan),
        "same_hour_mean": np.where(named, mean[slot], np.nan),
        "same_hour_share": np.where(named, mean[slot] / (whole or np.nan), np.nan),
    }
