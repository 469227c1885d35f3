"""Charts of volumes, seasons and the quarantine."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from app import look

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def months(found: pd.DataFrame, says: str) -> Any:
    """Rows by month."""
    return (
        alt.Chart(found)
        .mark_area(line=True, opacity=0.25)
        .encode(
            x=alt.X("month:T", title=f"month ({says.lower()})"),
            y=alt.Y("rows:Q", title="rows a month", axis=alt.Axis(format=",.0f")),
            tooltip=[
                alt.Tooltip("month:T", title="month", format="%b %Y"),
                alt.Tooltip("rows:Q", title="rows", format=","),
            ],
        )
    )


def seasons(found: pd.DataFrame) -> Any:
    """Mean rows of a day, by month of the year and day of the week."""
    shown = found.assign(
        month=[_MONTHS[number - 1] for number in found["month"]],
        weekday=[_WEEKDAYS[number - 1] for number in found["weekday"]],
    )
    plain = alt.Axis(labelAngle=0, labelOverlap=False, labelFlush=False)
    return (
        alt.Chart(shown)
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("month:O", sort=_MONTHS, title="month of the year", axis=plain),
            y=alt.Y("weekday:O", sort=_WEEKDAYS, title=None, axis=plain),
            color=alt.Color(
                "rows:Q",
                title="rows a day",
                scale=alt.Scale(zero=False),
                legend=alt.Legend(format=",.0f", orient="top"),
            ),
            tooltip=[
                alt.Tooltip("month:O", title="month"),
                alt.Tooltip("weekday:O", title="day"),
                alt.Tooltip("rows:Q", title="rows a day", format=",.1f"),
            ],
        )
    )


def reasons(found: pd.DataFrame) -> Any:
    """Lines in quarantine by reason, coloured by table."""
    shown = found.assign(reason=found["reason"].map(look.words))
    return (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            y=alt.Y("reason:N", sort="-x", title=None, axis=alt.Axis(labelOverlap=False)),
            x=alt.X("lines:Q", title="lines", axis=alt.Axis(format=",.0f", tickMinStep=1)),
            color=alt.Color("table_name:N", title="table", legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip("table_name:N", title="table"),
                alt.Tooltip("reason:N", title="reason"),
                alt.Tooltip("lines:Q", title="lines", format=","),
                alt.Tooltip("files:Q", title="files", format=","),
            ],
        )
    )
