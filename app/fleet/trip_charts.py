"""Who flies what, drawn in time."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from app.fleet.operations import NOBODY, STATES

ROW = 22
"""Height of a vessel, pixels."""
_AROUND = 150
"""Of legend and axis."""

_WHEN = "%d %b %Y, %H:%M"


def flown(rows: pd.DataFrame, used: pd.DataFrame) -> Any:
    """Each vessel's trips as bars in time, and below those that nobody flies.

    Args:
        rows: see `operations.planned`.
        used: see `operations.used`; says the order of the vessels.
    """
    shown = rows.assign(row=rows["vessel"].fillna(NOBODY)).astype({"row": str})
    order = [*used["vessel"], *([NOBODY] if (shown["row"] == NOBODY).any() else [])]
    told = [one for one in STATES if one in set(shown["state"])]
    drawn = alt.Chart(shown).encode(
        x=alt.X("departs:T", title="time, UTC", axis=alt.Axis(tickCount=10, labelOverlap=True)),
        x2="returns:T",
        y=alt.Y(
            "row:N",
            title=None,
            scale=alt.Scale(domain=order),
            axis=alt.Axis(labelOverlap=False, labelFlush=False, labelLimit=200, grid=True),
        ),
        color=alt.Color(
            "state:N",
            title=None,
            scale=alt.Scale(domain=list(STATES)),
            legend=alt.Legend(orient="top", values=told, symbolOpacity=1),
        ),
        tooltip=[
            alt.Tooltip("booking:N"),
            alt.Tooltip("state:N", title="what"),
            alt.Tooltip("departs:T", title="departs, UTC", format=_WHEN),
            alt.Tooltip("returns:T", title="back, UTC", format=_WHEN),
            alt.Tooltip("base:N", title="from"),
            alt.Tooltip("destination:N", title="to"),
            alt.Tooltip("revenue:Q", format=",.0f"),
        ],
    )
    # A short trip among months is still seen.
    return drawn.mark_bar(cornerRadius=2, height={"band": 0.7}, minBandSize=3)


def height(used: pd.DataFrame) -> int:
    """Of the chart, pixels."""
    return _AROUND + ROW * (len(used) + 1)
