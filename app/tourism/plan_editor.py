"""The editor of a campaign plan: budget, weeks, where, on whom, and limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from app import notices
from app.tourism import counts, plans
from app.tourism.plans import Limit, Wish
from tambo.planning.tourism.outlook import monday

CURRENCY = "USD"
WEEKS, MOST_WEEKS = 26, 53
BUDGET = 50_000.0
"""USD, where nothing was spent the year before."""

_STEP = 500


def begin(today: date) -> Wish:
    """What is planned at first: the half year from next week on, with last year's spending."""
    first = monday(today) + timedelta(days=7)
    spent = plans.spent_last_year(today)
    return Wish(
        budget=round(spent / _STEP) * _STEP or BUDGET,
        first=first,
        last=first + timedelta(days=7 * WEEKS - 1),
    )


def edit(begun: Wish, today: date) -> Wish | None:
    """Draw the editor.

    Args:
        begun: what stands in it at first.
        today: no week before its own is planned.

    Returns:
        What was asked for when the button was pressed; None: it was not, or a field is missing.
    """
    names = list(counts.locations()["location"])
    with st.form("plan_editor"):
        left, right = st.columns(2, gap="large")
        with left:
            budget = _budget(begun)
            days = _days(begun, today)
            off_peak = _off_peak(begun)
        with right:
            locations = st.multiselect("Locations", names, placeholder="all", key="plan_locations")
            markets = st.multiselect(
                "Markets", counts.markets(), placeholder="all", key="plan_markets"
            )
            value = _value(begun)
        limits = _limits(names)
        asked = st.form_submit_button("Make the plan", type="primary")
    if not asked:
        return None
    if len(days) < 2:
        notices.nothing("Choose the last week as well.")
        return None
    return Wish(budget, days[0], days[1], tuple(locations), tuple(markets), limits, off_peak, value)


def _days(begun: Wish, today: date) -> tuple[date, ...]:
    days: tuple[date, ...] = st.date_input(
        "First and last week (any day of them)",
        value=(begun.first, begun.last),
        min_value=monday(today),
        max_value=monday(today) + timedelta(days=7 * MOST_WEEKS - 1),
        format="YYYY-MM-DD",
        key="plan_days",
    )
    return days


def _off_peak(begun: Wish) -> float:
    percent = st.slider(
        "Off-peak: weeks below this share of a location's mean week, %",
        min_value=50,
        max_value=120,
        value=round(begun.off_peak * 100),
        step=5,
        key="plan_off_peak",
    )
    return percent / 100


def _value(begun: Wish) -> float | None:
    value: float | None = st.number_input(
        f"Value of one more visitor, {CURRENCY}",
        min_value=0.01,
        max_value=1e6,
        value=begun.value,
        step=1.0,
        placeholder="not declared: no return is told",
        key="plan_value",
    )
    return value


def _budget(begun: Wish) -> float:
    most = max(4 * begun.budget, 10 * _STEP)
    return float(
        st.slider(
            f"Budget, {CURRENCY}",
            min_value=_STEP,
            max_value=math.ceil(most / _STEP) * _STEP,
            value=round(begun.budget),
            step=_STEP,
            format="localized",
            key="plan_budget",
        )
    )


def _limits(names: Sequence[str]) -> tuple[Limit, ...]:
    first, second = st.columns(2, gap="large")
    least = first.number_input(
        f"Least in a location-week, if anything is spent, {CURRENCY}",
        0.0, 1e9, 0.0, 100.0, key="plan_least",
    )  # fmt: skip
    most = second.number_input(
        f"Most in a location-week, {CURRENCY}",
        0.0, 1e9, None, 500.0, placeholder="no limit", key="plan_most",
    )  # fmt: skip
    found = [Limit(minimum=least, maximum=most)] if least or most is not None else []
    with st.expander("Other limits for single locations"):
        columns = ["location", "minimum", "maximum", "required"]
        single = st.data_editor(
            pd.DataFrame(
                {"location": names, "minimum": None, "maximum": None, "required": False},
                columns=columns,
            ).astype({"minimum": float, "maximum": float}),
            column_config={
                "location": "Location",
                "minimum": st.column_config.NumberColumn(f"Least, {CURRENCY}", min_value=0),
                "maximum": st.column_config.NumberColumn(f"Most, {CURRENCY}", min_value=0),
                "required": st.column_config.CheckboxColumn("The least must be spent"),
            },
            disabled=["location"],
            hide_index=True,
            placeholder="",
            key="plan_limits",
        )
    return tuple(found + limits_of(single, Limit(minimum=least, maximum=most)))


def limits_of(table: pd.DataFrame, general: Limit) -> list[Limit]:
    """The limits of single locations; what is left empty is as in general.

    Args:
        table: location, minimum, maximum (USD, NaN: left empty), required.
        general: of every location.
    """
    return [
        Limit(
            one["location"],
            general.minimum if pd.isna(one["minimum"]) else float(one["minimum"]),
            general.maximum if pd.isna(one["maximum"]) else float(one["maximum"]),
            bool(one["required"]),
        )
        for one in table.to_dict("records")
        if pd.notna(one["minimum"]) or pd.notna(one["maximum"]) or one["required"]
    ]
