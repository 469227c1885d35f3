"""The chart of the open forecast."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from app.tourism.open_forecast import BUSY, CLOSED, QUIET, SAME, UNKNOWN

_DAY, _COUNT = "%a %d %b %Y", ",.0f"


def days(rows: pd.DataFrame) -> Any:
    """Visitors of each day as bars, busy and quiet ones told apart, with the range as a line.

    Args:
        rows: of one place; see `open_forecast.table`.
    """
    shown = rows.assign(day=pd.to_datetime(rows["day"]))
    words = [SAME, BUSY, QUIET, UNKNOWN, CLOSED]
    told = [one for one in words if one in set(shown["says"])]
    axis = alt.Axis(format="%a %d %b", labelAngle=-45, tickCount=14)
    x = alt.X("day:T", title=None, timeUnit="yearmonthdate", axis=axis, bandPosition=0.5)
    base = alt.Chart(shown).encode(
        x=x,
        tooltip=[
            alt.Tooltip("day:T", title="day", format=_DAY),
            alt.Tooltip("expected:Q", title="visitors expected", format=_COUNT),
            alt.Tooltip("from:Q", title="from", format=_COUNT),
            alt.Tooltip("to:Q", title="to", format=_COUNT),
            alt.Tooltip("says:N", title="in words"),
        ],
    )
    bars = base.mark_bar(opacity=0.85).encode(
        y=alt.Y("expected:Q", title="visitors a day", axis=alt.Axis(format=_COUNT)),
        color=alt.Color(
            "says:N",
            title=None,
            scale=alt.Scale(domain=words),
            legend=alt.Legend(orient="top", symbolOpacity=1, values=told),
        ),
    )
    ends = base.mark_rule(color="#8a94a0", strokeWidth=2).encode(y="from:Q", y2="to:Q")
    return bars + ends
