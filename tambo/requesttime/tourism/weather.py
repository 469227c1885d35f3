"""Features of the weather to expect: a what-if, else the forecast as issued, else the usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tambo.requesttime.tourism.calendar import Days, Floats
from tambo.requesttime.tourism.stored import as_floats, as_number, at, day_of, or_else


def weather_features(
    days: Days, stored: Mapping[str, Any], temperature: Floats | None, precipitation: Floats | None
) -> dict[str, Floats]:
    """Compute them; a what-if is NaN for the days that it does not state.

    Args:
        days: int64 [n].
        stored: `FLOW_REQUEST_STORED`.
        temperature: what-if, degrees Celsius, float64 [n].
        precipitation: what-if, mm, float64 [n].

    Returns:
        float64 [n] by name.
    """
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    usual = as_floats(stored.get("month_temperature"), 12)[months]
    usual_rain = as_floats(stored.get("month_precipitation"), 12)[months]
    forecast = _forecast(days, stored, "forecast_temperature")
    degrees = forecast if temperature is None else or_else(temperature, forecast)
    rain = _forecast(days, stored, "forecast_precipitation")
    rain = rain if precipitation is None else or_else(precipitation, rain)
    return {
        "temperature": or_else(degrees, usual),
        "precipitation": or_else(rain, usual_rain),
        "is_weather_forecast": as_number(~np.isnan(degrees)),
        "temperature_anomaly": or_else(degrees, usual) - usual,
    }


def _forecast(days: Days, stored: Mapping[str, Any], name: str) -> Floats:
    """The forecast of each day; NaN before and beyond it."""
    start, values = day_of(stored, "forecast_from"), as_floats(stored.get(name), 1)
    if np.isnan(start):
        return np.full(len(days), np.nan)
    return at(values, days - int(start))
