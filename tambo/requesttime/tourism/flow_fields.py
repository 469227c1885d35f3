"""What the request-time features of tourism are named, and what they are made of."""

from __future__ import annotations

EVENTS = ("festival", "religious", "sports", "concert", "fair", "conference", "strike", "other")
"""Kinds of events, in the order of their numbers in the marts."""

HORIZON = 28
"""Days of the daily forecast."""

HOURLY_DAYS = 3
"""Days of the hourly forecast."""

HOLIDAYS = ("public", "regional", "religious", "government", "bank", "optional")
"""Kinds of holidays, in the order of their numbers in the marts; school holidays are apart."""

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
    "time_zone": "location_flow",
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
    "days_since_last_holiday": "days since the last holiday, 0 on one; missing after 60",
    "days_to_nearest_event": "days to the nearest event, before or after, strikes aside, 0 on one",
    "days_to_next_event": "days to the next event, strikes aside, 0 on one",
    "days_since_last_event": "days since the last event, strikes aside, 0 on one; missing after 60",
    "is_school_holiday": "1 in a school holiday, else 0",
    **{f"is_{kind}": f"1 if an event of the kind {kind} was announced, else 0" for kind in EVENTS},
    "events_on": "how many events were announced, strikes aside",
    "is_closed": "1 if the location was announced to be shut, else 0",
    "campaign_spend": "spend of the day in campaigns for the location",
    "days_since_campaign": "days since the last campaign, 0 in one; missing after 60",
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
    "same_hour_last_week": "visitors of the hour on the last same weekday; missing for a whole day",
    "same_hour_mean": "mean visitors of the hour in the last seven days; missing for a whole day",
    "same_hour_share": "the hour's share of all visitors of the last seven days; missing likewise",
}
"""Features of the on-demand view `visitor_flow_request`, all Float64, with their descriptions."""
