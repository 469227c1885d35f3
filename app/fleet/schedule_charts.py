"""A maintenance schedule drawn in time, and what moves the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt
import pandas as pd

from app.fleet.schedule import PLANS, PROPOSED

ROW = 36
"""Height of a vessel, pixels."""
_AROUND = 100
"""Of legend and axis."""
_GREY = "#8a94a0"
"""Between both backgrounds: reads on light and on dark."""
_DAY = "%a %d %b %Y"


def gantt(
    stays: pd.DataFrame,
    held: str,
    vessels: Sequence[str],
    days: tuple[date, date],
    closed: Sequence[date],
) -> Any:
    """Stays of the vessels of one base: those of the plan above those that it is held against.

    Args:
        stays: see `schedule.stays`; of the base.
        held: what the plan is held against, one of `PLANS`.
        vessels: of the base, in the order of priority.
        days: the first that is planned, which is today, and the last that is drawn.
        closed: days on which nobody enters.
    """
    axis = alt.Axis(format="%d %b", tickCount="week", grid=True, labelOverlap=True)
    x = alt.X("enters:T", title=None, axis=axis, scale=alt.Scale(domain=[_at(one) for one in days]))
    today = pd.DataFrame({"enters": [days[0]], "says": ["today"]})
    now = alt.Chart(_instants(today, "enters")).mark_rule(
        color=_GREY, strokeDash=[4, 3], strokeWidth=2
    )
    layers = [
        _bars(stays, held, vessels, x),
        now.encode(x=x, tooltip=alt.Tooltip("says:N", title=" ")),
    ]
    if closed:
        layers.insert(0, _closed(closed, x))
    return alt.layer(*layers)


def _bars(stays: pd.DataFrame, held: str, vessels: Sequence[str], x: alt.X) -> Any:
    told = [PROPOSED, held]
    return (
        alt.Chart(_instants(stays, "enters", "back"))
        .mark_bar(cornerRadius=2, clip=True)
        .encode(
            x=x,
            x2="back:T",
            y=alt.Y(
                "vessel:N",
                title=None,
                scale=alt.Scale(domain=list(vessels), paddingInner=0.25),
                axis=alt.Axis(labelOverlap=False, labelLimit=120, minExtent=90, grid=False),
            ),
            yOffset=alt.YOffset("plan:N", scale=alt.Scale(domain=told)),
            color=alt.Color(
                "plan:N",
                title=None,
                scale=alt.Scale(domain=list(PLANS)),
                legend=alt.Legend(orient="top", values=told, symbolOpacity=1),
            ),
            tooltip=[
                alt.Tooltip("vessel:N"),
                alt.Tooltip("plan:N", title="by"),
                alt.Tooltip("enters:T", title="enters", format=_DAY),
                alt.Tooltip("back:T", title="back", format=_DAY),
                alt.Tooltip("why:N"),
            ],
        )
    )


def _closed(days: Sequence[date], x: alt.X) -> Any:
    rows = pd.DataFrame(
        {"enters": list(days), "ends": [one + timedelta(days=1) for one in days]}
    ).assign(says="nobody enters")
    return (
        alt.Chart(_instants(rows, "enters", "ends"))
        .mark_rect(color=_GREY, opacity=0.3, clip=True)
        .encode(
            x=x,
            x2="ends:T",
            tooltip=[
                alt.Tooltip("says:N", title=" "),
                alt.Tooltip("enters:T", title="on", format=_DAY),
            ],
        )
    )


def height(vessels: Sequence[str]) -> int:
    """Of the chart of a base, pixels."""
    return _AROUND + ROW * len(vessels)


def moved_by(said: Mapping[str, Any], currency: str) -> Any:
    """What adds to entering today being worth more than staying, and what takes away from it."""
    rows = pd.DataFrame(said["moved_by"], columns=["what", "usd"])
    rows["way"] = ["for entering" if one >= 0 else "for staying" for one in rows["usd"]]
    return (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y(
                "what:N",
                sort=list(rows["what"]),
                title=None,
                axis=alt.Axis(labelOverlap=False, labelLimit=260),
            ),
            x=alt.X(
                "usd:Q",
                title=f"{currency}, against a vessel as new at an ordinary time",
                axis=alt.Axis(format="+,.0f"),
            ),
            color=alt.Color(
                "way:N",
                title=None,
                scale=alt.Scale(domain=["for entering", "for staying"]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("what:N"),
                alt.Tooltip("usd:Q", title=currency, format="+,.0f"),
            ],
        )
    )


def _instants(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return rows.assign(**{one: pd.to_datetime(rows[one]) for one in columns})


def _at(day: date) -> alt.DateTime:
    return alt.DateTime(year=day.year, month=day.month, date=day.day)
