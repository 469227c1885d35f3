"""The editor of a what-if: days, an event, and the weather."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from app import look, notices
from app.tourism.forecasts import Unit, WhatIf
from tambo.requesttime.tourism import EVENTS, HORIZON, HOURLY_DAYS

_NO_EVENT = "no event"


def choose(today: date, unit: Unit) -> WhatIf | None:
    """Ask what the visitor supposes.

    Args:
        today: first day of the forecast.
        unit: what is forecast.

    Returns:
        None: nothing is supposed.
    """
    if not st.toggle("What if", key="flow_what_if"):
        return None
    last = today + timedelta(days=(HORIZON if unit == "day" else HOURLY_DAYS) - 1)
    first, second, third, fourth = st.columns(4)
    chosen = first.date_input(
        "Days",
        value=(today + timedelta(days=1), today + timedelta(days=2)),
        min_value=today,
        max_value=last,
        format="YYYY-MM-DD",
        key=f"flow_days_{unit}",
    )
    event = second.selectbox(
        "Event", [_NO_EVENT, *EVENTS], format_func=look.words, key="flow_event"
    )
    rain = third.number_input(
        "Rain a day, mm", 0.0, 300.0, None, 5.0, placeholder="as forecast", key="flow_rain"
    )
    warmth = fourth.number_input(
        "Mean temperature, °C", -40.0, 50.0, None, 1.0, placeholder="as forecast", key="flow_warmth"
    )
    if len(chosen) < 2:
        notices.nothing("Choose the last of the days as well; until then nothing is supposed.")
        return None
    supposed = WhatIf(chosen[0], chosen[1], None if event == _NO_EVENT else event, warmth, rain)
    return supposed if supposed.says_something else None
