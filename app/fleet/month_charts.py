"""Figures of the fleet by month, drawn."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

WHOLE, SO_FAR = "whole month", "not a whole month"

_MONTH = "%b %Y"


def lines(rows: pd.DataFrame, figure: str, title: str, form: str) -> Any:
    """A figure of each kind of vessel by month; what is no whole month is a hollow point.

    Args:
        rows: month, kind, whole, and the figure; without a figure no point is drawn.
        figure: which column.
        title: of the axis, with the unit.
        form: of its values.
    """
    shown = rows.dropna(subset=[figure])
    base = alt.Chart(shown).encode(
        x=_month(),
        y=alt.Y(f"{figure}:Q", title=title, axis=alt.Axis(format=form)),
        color=alt.Color("kind:N", title=None, legend=alt.Legend(orient="top")),
        tooltip=[
            alt.Tooltip("kind:N"),
            alt.Tooltip("month:T", format=_MONTH),
            alt.Tooltip(f"{figure}:Q", title=title, format=form),
            alt.Tooltip("state:N", title=" "),
        ],
    )
    whole = base.mark_line(point=alt.OverlayMarkDef(size=22)).transform_filter("datum.whole")
    return whole + base.mark_point(size=55, strokeWidth=2).transform_filter("!datum.whole")


def costs(rows: pd.DataFrame, currency: str) -> Any:
    """Costs of maintenances by the month in which they ended, planned and not.

    Args:
        rows: month, whole, scheduled_cost, unscheduled_cost.
        currency: of the amounts.
    """
    names = {"scheduled_cost": "planned", "unscheduled_cost": "not planned"}
    parts = rows.rename(columns=names).melt(
        ["month", "whole", "state"], list(names.values()), "what", "cost"
    )
    return (
        alt.Chart(parts)
        .mark_bar()
        .encode(
            x=_month("yearmonth"),
            y=alt.Y("cost:Q", title=f"maintenance cost, {currency}", axis=alt.Axis(format="~s")),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=list(names.values())),
                legend=alt.Legend(orient="top", symbolOpacity=1),
            ),
            opacity=alt.condition("datum.whole", alt.value(1.0), alt.value(0.45)),
            tooltip=[
                alt.Tooltip("month:T", format=_MONTH),
                alt.Tooltip("what:N"),
                alt.Tooltip("cost:Q", title=f"cost, {currency}", format=",.0f"),
                alt.Tooltip("state:N", title=" "),
            ],
        )
    )


def _month(unit: str | None = None) -> Any:
    axis = alt.Axis(format=_MONTH, tickCount=10, labelOverlap=True)
    if unit is None:
        return alt.X("month:T", title="month, UTC", axis=axis)
    return alt.X(f"{unit}(month):T", title="month, UTC", axis=axis)
