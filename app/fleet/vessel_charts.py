"""Charts of a vessel's readings."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

RELEASED, LIVE = "in the release", "since then, as served now"

_WHEN = "%d %b %Y, %H:%M"


def readings(past: pd.DataFrame, live: pd.DataFrame, column: str, title: str) -> Any:
    """What a sensor read in the last weeks, and what came since.

    Args:
        past: read_at (UTC), score, variance; of the release.
        live: the same, newer.
        column: which of the two is drawn.
        title: its name and unit.
    """
    parts = [past.assign(told=RELEASED), live.assign(told=LIVE)]
    rows = pd.concat([one for one in parts if len(one)], ignore_index=True)
    rows = rows.dropna(subset=[column])
    told = [one for one in (RELEASED, LIVE) if one in set(rows["told"])]
    drawn = alt.Chart(rows).encode(
        x=alt.X("read_at:T", title="time, UTC", axis=alt.Axis(tickCount=10, labelOverlap=True)),
        y=alt.Y(f"{column}:Q", title=title, scale=alt.Scale(zero=False, nice=True)),
        color=alt.Color(
            "told:N",
            title=None,
            scale=alt.Scale(domain=[RELEASED, LIVE]),
            legend=alt.Legend(orient="top", values=told),
        ),
        tooltip=[
            alt.Tooltip("read_at:T", title="read at, UTC", format=_WHEN),
            alt.Tooltip(f"{column}:Q", title=title, format=",.1f"),
            alt.Tooltip("told:N", title=" "),
        ],
    )
    return drawn.mark_line(point=alt.OverlayMarkDef(size=22))
