"""Charts of a campaign plan: gaps, spending, extra visitors, and what happened."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from app.tourism.plan_outcome import Outcome

_COUNT, _WEEK = ",.0f", "%d %b %Y"
_DAY = len("05 Jan")
"""Letters of a week's name before its year."""

_GREY = "#8a94a0"


def _weeks(found: pd.DataFrame, title: str = "week from") -> tuple[pd.DataFrame, alt.X]:
    """Rows with the name of their week, and the axis of all weeks from the first to the last."""
    monday = pd.to_datetime(found["week"])
    names = [day.strftime(_WEEK) for day in pd.date_range(monday.min(), monday.max(), freq="7D")]
    axis = alt.Axis(
        labelAngle=-45, labelOverlap="greedy", labelExpr=f"slice(datum.label, 0, {_DAY})"
    )
    x = alt.X("begins:O", sort=names, scale=alt.Scale(domain=names), title=title, axis=axis)
    return found.assign(begins=monday.dt.strftime(_WEEK)), x


def gaps(found: pd.DataFrame) -> Any:
    """Off-peak location-weeks: the more visitors are missing, the darker.

    Args:
        found: see `plans.gaps`.
    """
    shown, x = _weeks(found.assign(missing=1 - found["share"]))
    return (
        alt.Chart(shown)
        .mark_rect(cornerRadius=2, stroke="transparent", strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y("location:N", title=None, axis=alt.Axis(labelOverlap=False, labelLimit=260)),
            color=alt.Color(
                "missing:Q",
                title="missing to a mean week",
                scale=alt.Scale(domainMin=0),
                legend=alt.Legend(format=".0%", orient="bottom", gradientLength=220),
            ),
            tooltip=[
                alt.Tooltip("location:N"),
                alt.Tooltip("begins:O", title="week from"),
                alt.Tooltip("expected:Q", title="visitors expected", format=_COUNT),
                alt.Tooltip("usual:Q", title="mean week", format=_COUNT),
                alt.Tooltip("gap:Q", title="missing", format=_COUNT),
            ],
        )
    )


def spending(rows: pd.DataFrame, by: str) -> Any:
    """USD by week, in parts.

    Args:
        rows: see `plans.rows`.
        by: location or market.
    """
    found = rows.groupby(["week", by], as_index=False)["spend"].sum()
    shown, x = _weeks(found[found["spend"] > 0])
    return (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("spend:Q", title="spend a week, USD", axis=alt.Axis(format=_COUNT)),
            color=alt.Color(
                f"{by}:N", title=None, legend=alt.Legend(orient="top", columns=3, labelLimit=260)
            ),
            tooltip=[
                alt.Tooltip("begins:O", title="week from"),
                alt.Tooltip(f"{by}:N"),
                alt.Tooltip("spend:Q", title="USD", format=",.2f"),
            ],
        )
    )


def compared(found: pd.DataFrame) -> Any:
    """Extra visitors of a plan and of what it is held against, with their intervals.

    Args:
        found: see `plans.compared`.
    """
    base = alt.Chart(found).encode(
        y=alt.Y("name:N", sort=list(found["name"]), title=None, axis=alt.Axis(labelOverlap=False)),
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("extra:Q", title="extra visitors", format=_COUNT),
            alt.Tooltip("extra_low:Q", title="from", format=_COUNT),
            alt.Tooltip("extra_high:Q", title="to", format=_COUNT),
        ],
    )
    bars = base.mark_bar(opacity=0.85).encode(
        x=alt.X("extra:Q", title="extra visitors", axis=alt.Axis(format=_COUNT))
    )
    ends = base.mark_rule(color=_GREY, strokeWidth=3).encode(x="extra_low:Q", x2="extra_high:Q")
    return bars + ends


def outcome(found: Outcome) -> Any:
    """Who came by week, beside who was expected without the plan and with it."""
    weeks, x = _weeks(found.by("week"))
    names = ["came", "expected without the plan", "expected with the plan"]
    columns = ["begins", "visitors"]
    parts = [
        weeks[["begins", "actual"]].set_axis(columns, axis=1).assign(what=names[0]),
        weeks[["begins", "without"]].set_axis(columns, axis=1).assign(what=names[1]),
        weeks[["begins", "with"]].set_axis(columns, axis=1).assign(what=names[2]),
    ]
    shown = pd.concat(parts, ignore_index=True).dropna()
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=names),
        legend=alt.Legend(orient="top", symbolOpacity=1, labelLimit=240),
    )
    low = alt.Y("without_low:Q", title="visitors a week", axis=alt.Axis(format=_COUNT))
    band = (
        alt.Chart(weeks.assign(what=names[1]))
        .mark_area(opacity=0.2)
        .encode(x=x, y=low, y2="without_high:Q", color=colour)
    )
    lines = (
        alt.Chart(shown)
        .mark_line(point=alt.OverlayMarkDef(size=36))
        .encode(
            x=x,
            y=alt.Y("visitors:Q", title="visitors a week"),
            color=colour,
            tooltip=[
                alt.Tooltip("begins:O", title="week from"),
                alt.Tooltip("what:N", title=" "),
                alt.Tooltip("visitors:Q", format=_COUNT),
            ],
        )
    )
    return band + lines
