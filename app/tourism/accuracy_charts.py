"""Charts of how well visitors were foretold."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from app import look
from app.overview.figures import is_share, title
from app.tourism.accuracy import ASKED_FOR

_RULE = "#8a94a0"


def ahead(found: pd.DataFrame, figure: str, block: str) -> Any:
    """A figure of each estimator, by how far ahead it foretold."""
    words = f"{block} ahead"
    x = alt.X("block:O", title=words, axis=alt.Axis(labelAngle=0))
    return _lines(found, figure, x, alt.Tooltip("block:O", title=words))


def over_time(found: pd.DataFrame, figure: str) -> Any:
    """A figure of each estimator, by the day on which it foretold."""
    shown = found.assign(origin=found["origin"].dt.strftime("%d %b %Y"))
    order = list(dict.fromkeys(shown["origin"]))
    words = "foretold on"
    x = alt.X("origin:O", sort=order, title=words, axis=alt.Axis(labelAngle=0))
    return _lines(shown, figure, x, alt.Tooltip("origin:O", title=words))


def _lines(found: pd.DataFrame, figure: str, x: alt.X, when: alt.Tooltip) -> Any:
    shown = found.assign(estimator=found["estimator"].map(look.words)).dropna()
    form = _form(figure)
    names = list(dict.fromkeys(shown["estimator"]))
    lines = (
        alt.Chart(shown)
        .mark_line(point=alt.OverlayMarkDef(size=36))
        .encode(
            x=x,
            y=alt.Y("value:Q", title=title(figure), axis=alt.Axis(format=form)),
            color=alt.Color(
                "estimator:N",
                title=None,
                scale=alt.Scale(domain=names),
                legend=alt.Legend(orient="top", symbolOpacity=1),
            ),
            tooltip=[
                alt.Tooltip("estimator:N"),
                when,
                alt.Tooltip("value:Q", title=title(figure), format=form),
            ],
        )
    )
    return lines + _rule("y") if figure == "coverage" else lines


def by_location(found: pd.DataFrame, figure: str, block: str) -> Any:
    """A figure of each location, by how far ahead was foretold."""
    form = _form(figure)
    base = alt.Chart(found).encode(
        x=alt.X("block:O", title=f"{block} ahead", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y(
            "location:N",
            sort=list(dict.fromkeys(found["location"])),
            title=None,
            axis=alt.Axis(labelOverlap=False, labelLimit=260),
        ),
        tooltip=[
            alt.Tooltip("location:N"),
            alt.Tooltip("block:O", title=f"{block} ahead"),
            alt.Tooltip("value:Q", title=title(figure), format=form),
        ],
    )
    least, most = float(found["value"].min()), float(found["value"].max())
    return base.mark_rect(cornerRadius=2, stroke="transparent", strokeWidth=2).encode(
        color=alt.Color(
            "value:Q",
            title=title(figure),
            scale=alt.Scale(domain=[min(0.0, least), most]),
            legend=alt.Legend(format=form, orient="bottom", gradientLength=220),
        )
    )


def coverage(found: pd.DataFrame) -> Any:
    """How much of what came lay in the interval, by location, against what was asked for."""
    bars = (
        alt.Chart(found)
        .mark_bar()
        .encode(
            y=alt.Y(
                "location:N",
                sort=alt.SortField("coverage"),
                title=None,
                axis=alt.Axis(labelOverlap=False, labelLimit=260),
            ),
            x=alt.X(
                "coverage:Q",
                title="share of what came that lay between P10 and P90",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%"),
            ),
            tooltip=[
                alt.Tooltip("location:N"),
                alt.Tooltip("coverage:Q", title="held", format=".1%"),
                alt.Tooltip("targets:Q", title="of so many", format=","),
            ],
        )
    )
    return bars + _rule("x")


def _rule(axis: str) -> Any:
    at = pd.DataFrame({"asked": [ASKED_FOR]})
    channel = alt.X("asked:Q") if axis == "x" else alt.Y("asked:Q")
    drawn = alt.Chart(at).mark_rule(color=_RULE, strokeDash=[5, 4], strokeWidth=2)
    return drawn.encode(**{axis: channel}, tooltip=[alt.Tooltip("asked:Q", format=".0%")])


def _form(figure: str) -> str:
    if is_share(figure):
        return ".0%"
    return "+,.0f" if figure == "bias" else ",.2f"
