"""Charts of fares. Amounts are in BRL."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from app import look
from tambo.requesttime.travel import FLIGHT_CLASSES

_FARE = ".2f"
_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def history(found: pd.DataFrame) -> Any:
    """Median fare by month of travel and class, with the middle 80 % as a band."""
    rows = found.assign(flight_type=found["flight_type"].map(look.words))
    base = alt.Chart(rows).encode(
        x=alt.X("month:T", title="month of travel"),
        color=alt.Color(
            "flight_type:N",
            title="class",
            sort=[look.words(name) for name in FLIGHT_CLASSES],
            legend=alt.Legend(orient="top", symbolOpacity=1),
        ),
    )
    band = base.mark_area(opacity=0.18).encode(y="low_fare:Q", y2="high_fare:Q")
    line = base.mark_line(point=alt.OverlayMarkDef(size=18)).encode(
        y=look.money_axis("fare", shorthand="median_fare:Q"),
        tooltip=[
            alt.Tooltip("month:T", title="month", format="%b %Y"),
            alt.Tooltip("flight_type:N", title="class"),
            alt.Tooltip("legs:Q", title="legs", format=","),
            alt.Tooltip("median_fare:Q", title="median, BRL", format=f",{_FARE}"),
            alt.Tooltip("low_fare:Q", title="10 % pay less than, BRL", format=f",{_FARE}"),
            alt.Tooltip("high_fare:Q", title="10 % pay more than, BRL", format=f",{_FARE}"),
        ],
    )
    return band + line


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("day:T", title="day", format="%a %d %b %Y"),
        alt.Tooltip("price:Q", title="price, BRL", format=f",{_FARE}"),
        alt.Tooltip("low:Q", title="from, BRL", format=f",{_FARE}"),
        alt.Tooltip("high:Q", title="to, BRL", format=f",{_FARE}"),
    ]


def band(found: pd.DataFrame, level: float) -> Any:
    """Price by day with its interval."""
    rows = found.assign(day=pd.to_datetime(found["day"]))
    base = alt.Chart(rows).encode(x=alt.X("day:T", title="day of travel"), tooltip=_tooltip())
    area = base.mark_area(opacity=0.22).encode(y="low:Q", y2="high:Q")
    line = base.mark_line().encode(
        y=look.money_axis(
            f"price and {look.percent(level)} interval",
            shorthand="price:Q",
            scale=alt.Scale(zero=False),
        )
    )
    hover = base.mark_point(size=60, opacity=0).encode(y="price:Q")
    return area + line + hover


def weeks(found: pd.DataFrame) -> Any:
    """Price by day as a calendar: a row a week, a column a weekday, the dearer the darker."""
    days = pd.to_datetime(found["day"])
    monday = days - pd.to_timedelta(days.dt.weekday, unit="D")
    rows = found.assign(
        day=days,
        weekday=[_WEEKDAYS[number] for number in days.dt.weekday],
        week=monday.dt.strftime("%d %b"),
        number=days.dt.day,
    )
    order = list(dict.fromkeys(rows["week"]))
    return (
        alt.Chart(rows)
        .mark_rect(cornerRadius=2, stroke="transparent", strokeWidth=2)
        .encode(
            x=alt.X(
                "weekday:O",
                sort=_WEEKDAYS,
                title=None,
                axis=alt.Axis(orient="top", labelAngle=0, labelOverlap=False, labelFlush=False),
            ),
            y=alt.Y(
                "week:O",
                sort=order,
                title="week from",
                axis=alt.Axis(labelOverlap=False, labelBaseline="middle"),
            ),
            color=alt.Color(
                "price:Q",
                title="price, BRL",
                scale=alt.Scale(zero=False),
                legend=alt.Legend(format=",.0f", orient="bottom"),
            ),
            tooltip=_tooltip(),
        )
    )


def differences(rows: pd.DataFrame, title: str) -> Any:
    """What each value of one thing adds to the price or takes off it."""
    shown = rows.assign(value=rows["value"].map(look.words) if title == "Class" else rows["value"])
    base = alt.Chart(shown).encode(
        y=alt.Y(
            "value:N",
            sort=list(shown["value"]),
            title=title.lower(),
            axis=alt.Axis(labelOverlap=False),
        ),
        x=alt.X("difference:Q", title="difference, BRL", axis=alt.Axis(format="+,.0f")),
        tooltip=[
            alt.Tooltip("value:N", title=title.lower()),
            alt.Tooltip("price:Q", title="price, BRL", format=f",{_FARE}"),
            alt.Tooltip("difference:Q", title="difference, BRL", format=f"+,{_FARE}"),
        ],
    )
    return base.mark_bar()


def lead(rows: pd.DataFrame) -> Any:
    """Price by days between the request and the flight."""
    shown = rows.assign(days=rows["value"].astype(int))
    return (
        alt.Chart(shown)
        .mark_line(point=True)
        .encode(
            x=alt.X("days:Q", title="days booked ahead"),
            y=look.money_axis("price", shorthand="price:Q", scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("days:Q", title="days ahead"),
                alt.Tooltip("price:Q", title="price, BRL", format=f",{_FARE}"),
            ],
        )
    )
