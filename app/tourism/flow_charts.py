"""Charts of visitors: the calendar, forecasts beside what was counted, and what moved them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from app import look
from app.tourism.calendar_grid import COUNTED, GAP, MENDED, NOBODY, SHUT, month_columns

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_GREY = "#8a94a0"
"""Between both backgrounds: reads on light and on dark."""

_DAY, _HOUR = "%a %d %b %Y", "%a %d %b, %H:%M"
_COUNT = ",.0f"
_LINES = ["counted", "expected", "without the what-if"]


def calendar(rows: pd.DataFrame, year: int, most: float) -> Any:
    """Visitors of each day of a year; days that are not known are outlined.

    Args:
        rows: one a day of the year; see `calendar_grid.grid`.
        year: of the rows.
        most: visitors of the darkest colour, the same for all years.
    """
    shown = rows.assign(
        day=pd.to_datetime(rows["day"]), weekday=[WEEKDAYS[one] for one in rows["weekday"]]
    )
    x, y = _sheet(year)
    base = alt.Chart(shown).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("day:T", title="day", format=_DAY),
            alt.Tooltip("visitors:Q", title="visitors", format=_COUNT),
            alt.Tooltip("state:N", title="known"),
        ],
    )
    colour = alt.Color(
        "visitors:Q",
        title="visitors a day",
        scale=alt.Scale(domain=[0, most], clamp=True),
        legend=alt.Legend(format=_COUNT, orient="bottom", gradientLength=220),
    )
    counted = (
        base.transform_filter(_one_of(COUNTED, MENDED))
        .mark_rect(cornerRadius=2)
        .encode(color=colour)
    )
    unknown = base.transform_filter(_one_of(GAP, SHUT, NOBODY)).mark_rect(
        cornerRadius=2, fill=None, stroke=_GREY, strokeOpacity=0.45, strokeWidth=0.7
    )
    return counted + unknown


def _sheet(year: int) -> tuple[alt.X, alt.Y]:
    """The weeks of a year, named where months begin, and the weekdays."""
    months = month_columns(year)
    names = json.dumps({str(column): name for column, name in months.items()})
    weeks = alt.Axis(
        orient="top",
        values=list(months),
        labelExpr=f"{names}[datum.label]",
        labelAngle=0,
        labelAlign="left",
        labelOverlap=False,
        ticks=False,
        domain=False,
    )
    days = alt.Axis(
        labelOverlap=False,
        ticks=False,
        domain=False,
        values=WEEKDAYS[::2],
        titleFontWeight="bold",
    )
    return (
        alt.X("week:O", title=None, scale=alt.Scale(domain=list(range(54))), axis=weeks),
        alt.Y(
            "weekday:O",
            sort=WEEKDAYS,
            title=str(year),
            scale=alt.Scale(domain=WEEKDAYS),
            axis=days,
        ),
    )


def _one_of(*states: str) -> Any:
    return alt.FieldOneOfPredicate(field="state", oneOf=list(states))


def flow(counted: pd.DataFrame, expected: pd.DataFrame, plain: pd.DataFrame | None) -> Any:
    """What was counted lately, and what is expected, with its interval.

    Args:
        counted: at (local time), visitors.
        expected: steps of a forecast; see `forecasts.steps`.
        plain: the same without a what-if; None: there is none.
    """
    hourly = bool(expected["hour"].notna().any())
    form, title = (_HOUR, "hour") if hourly else (_DAY, "day")
    x = alt.X("at:T", title=title, axis=alt.Axis(tickCount=12, labelOverlap=True))
    y = alt.Y(
        "visitors:Q",
        title=f"visitors {'an hour' if hourly else 'a day'}",
        axis=alt.Axis(format=_COUNT),
        scale=alt.Scale(zero=True),
    )
    when = alt.Tooltip("at:T", title=title, format=form)
    parts = [counted, _middle(expected), *([] if plain is None else [_middle(plain)])]
    lines = [_line(one, what) for one, what in zip(parts, _LINES, strict=False)]
    colour = _colours(_LINES if plain is not None else _LINES[:2])
    band = (
        alt.Chart(expected.assign(at=expected["starts_at"], what=_LINES[1]))
        .mark_area(opacity=0.22)
        .encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q", color=colour)
    )
    told = [
        when,
        alt.Tooltip("what:N", title=" "),
        alt.Tooltip("visitors:Q", format=_COUNT),
        alt.Tooltip("low:Q", title="1 in 10 is below", format=_COUNT),
        alt.Tooltip("high:Q", title="1 in 10 is above", format=_COUNT),
    ]
    points = False if hourly else alt.OverlayMarkDef(size=16)
    drawn = alt.Chart(pd.concat(lines, ignore_index=True))
    line = drawn.mark_line(point=points, invalid="break-paths-show-domains")
    return band + line.encode(x=x, y=y, color=colour, tooltip=told)


def _colours(named: list[str]) -> alt.Color:
    legend = alt.Legend(orient="top", symbolOpacity=1, symbolType="stroke", values=named)
    return alt.Color("what:N", title=None, scale=alt.Scale(domain=_LINES), legend=legend)


def _line(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    columns = ["at", "visitors", "low", "high", "what"]
    return rows.assign(what=what).reindex(columns=columns)


def _middle(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.rename(columns={"starts_at": "at", "middle": "visitors"})


def drivers(step: Mapping[str, Any]) -> Any:
    """What each driver adds to the visitors of a step, or takes away."""
    rows = pd.DataFrame(
        [(look.words(one["driver"]), one["visitors"], one["says"]) for one in step["drivers"]],
        columns=["driver", "visitors", "says"],
    )
    rows["way"] = ["more" if one >= 0 else "fewer" for one in rows["visitors"]]
    return (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y(
                "driver:N",
                sort=list(rows["driver"]),
                title=None,
                axis=alt.Axis(labelOverlap=False),
            ),
            x=alt.X(
                "visitors:Q",
                title="visitors, against an ordinary one",
                axis=alt.Axis(format="+,.0f"),
            ),
            color=alt.Color(
                "way:N",
                title=None,
                scale=alt.Scale(domain=["more", "fewer"]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("driver:N", title="driver"),
                alt.Tooltip("visitors:Q", title="visitors", format="+,.1f"),
                alt.Tooltip("says:N", title=" "),
            ],
        )
    )
