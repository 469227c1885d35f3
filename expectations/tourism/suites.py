"""What holds in tourism beyond ranges: lists of one length, windows as long as they say.

By suite name: conditions in SQL over the mart's columns, true or null in every row.
"""

from __future__ import annotations

from collections.abc import Mapping

_IN_ORDER = "list_sort({0}) = {0}"

MORE: Mapping[str, Mapping[str, str]] = {
    "tourism.marts.location_flow": {
        "len(daily_visitors) = 56": "eight weeks of days",
        "len(daily_visitors_year_before) = 28": "four weeks of the year before",
        "len(hourly_visitors) = 168": "seven days of hours",
        "lagged_visitors_1day IS NOT DISTINCT FROM nullif(daily_visitors[56], 'nan')": (
            "the last day is the last of the list"
        ),
        "max_hourly_visitors <= list_max(list_filter(daily_visitors, lambda day: day < 'inf'))"
        " OR days_counted_28d < 28": "no hour has more visitors than its day",
        "counted_until = event_timestamp": "the state is counted until the last whole day's end",
    },
    "tourism.marts.location_season": {
        "len(month_index) = 12 AND len(weekday_index) = 7": "an index for each month and weekday",
    },
    "tourism.marts.location_calendar": {
        "len(holiday_first_days) IS NOT DISTINCT FROM len(holiday_types)": "each has its kind",
        "len(event_first_days) IS NOT DISTINCT FROM len(event_types)": "each has its kind",
        _IN_ORDER.format("holiday_first_days"): "holidays are in order",
    },
    "tourism.marts.location_campaigns": {
        "len(campaign_first_days) IS NOT DISTINCT FROM len(campaign_daily_spend)": (
            "each campaign has its spend"
        ),
        "len(campaign_first_days) IS NOT DISTINCT FROM len(campaign_ids)": "each has its name",
    },
    "tourism.marts.location_weather": {
        "len(daily_temperature) = 56 AND len(daily_precipitation) = 56": "eight weeks of days",
    },
    "tourism.marts.location_weather_forecast": {
        "len(forecast_temperature) = 11": "the day of the issue and ten days after it",
        "issued_at = event_timestamp": "a forecast is of when it was issued",
    },
    "tourism.marts.label_visitor_flow": {
        "visitors >= 0": "nobody counts less than no visitor",
        "len(hourly_visitors) = 24": "a day has a list of 24 hours",
        "len(markets) IS NOT DISTINCT FROM len(market_visitors)": "each market has its visitors",
        "abs(list_sum(market_visitors) - visitors) < 0.001 OR list_sum(market_visitors) = 0": (
            "markets add up to the day"
        ),
    },
}
