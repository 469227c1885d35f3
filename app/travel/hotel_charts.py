"""Charts of somebody's stays: a map without a tile server, and a timeline."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import altair as alt
import pandas as pd

from app.travel.places import OUTLINE, Point

_STAYED, _HOME, _RECOMMENDED = "stayed there", "home", "recommended"
_SHAPES = {_STAYED: "circle", _RECOMMENDED: "diamond", _HOME: "square"}


def on_map(
    stays: pd.DataFrame,
    where: dict[str, Point],
    home: str | None,
    recommended: Collection[str],
) -> Any:
    """Places of stays as circles, the way there from home, home and what is recommended now.

    Args:
        stays: place, nights.
        where: latitude and longitude of the places that are known.
        home: where the trips begin.
        recommended: places of the hotels that are recommended.
    """
    counts = stays.groupby("place").agg(stays=("nights", "size"), nights=("nights", "sum"))
    rows = [
        {"place": name, "what": _STAYED, "stays": int(one["stays"]), "nights": int(one["nights"])}
        for name, one in counts.iterrows()
    ]
    rows += [{"place": name, "what": _RECOMMENDED} for name in dict.fromkeys(recommended)]
    if home is not None:
        rows.append({"place": home, "what": _HOME})
    points = [
        {**one, "latitude": where[place][0], "longitude": where[place][1]}
        for one in rows
        if (place := str(one["place"])) in where
    ]
    layers = [_country(), *_ways(points, where.get(home or "")), *_points(points)]
    return alt.layer(*layers).project("mercator")


def _country() -> Any:
    outline = json.loads(OUTLINE.read_text(encoding="utf-8"))
    return alt.Chart(alt.InlineData(values=[outline])).mark_geoshape(
        fill="#8a94a0", fillOpacity=0.13, stroke="#8a94a0", strokeOpacity=0.7
    )


def _ways(points: list[dict[str, Any]], home: Point | None) -> list[Any]:
    ways = [
        {**one, "latitude2": home[0], "longitude2": home[1]}
        for one in points
        if home is not None and one["what"] == _STAYED
    ]
    if not ways:
        return []
    drawn = alt.Chart(pd.DataFrame(ways)).mark_rule(color="#8a94a0", strokeWidth=1)
    return [
        drawn.encode(
            latitude="latitude:Q",
            longitude="longitude:Q",
            latitude2="latitude2:Q",
            longitude2="longitude2:Q",
        )
    ]


def _points(points: list[dict[str, Any]]) -> list[Any]:
    if not points:
        return []
    frame = pd.DataFrame(points, columns=[*_POINT])
    base = alt.Chart(frame).encode(latitude="latitude:Q", longitude="longitude:Q")
    shown = [kind for kind in _SHAPES if kind in set(frame["what"])]
    legend = alt.Legend(orient="top", values=shown)
    colour = alt.Color("what:N", title=None, scale=alt.Scale(domain=list(_SHAPES)), legend=legend)
    what = alt.FieldOneOfPredicate
    tooltip = [alt.Tooltip("place:N"), alt.Tooltip("what:N", title=" ")]
    counted = [
        *tooltip,
        alt.Tooltip("stays:Q", title="stays"),
        alt.Tooltip("nights:Q", title="nights"),
    ]
    stayed = base.transform_filter(what(field="what", oneOf=[_STAYED]))
    others = base.transform_filter(what(field="what", oneOf=[_HOME, _RECOMMENDED]))
    size = alt.Size("stays:Q", title="stays", scale=alt.Scale(range=[60, 500]), legend=None)
    shape = alt.Shape(
        "what:N",
        title=None,
        scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())),
        legend=legend,
    )
    return [
        stayed.mark_point(filled=True, opacity=0.75).encode(
            color=colour, shape=shape, size=size, tooltip=counted
        ),
        others.mark_point(filled=True, size=110, opacity=0.95).encode(
            color=colour, shape=shape, tooltip=tooltip
        ),
        *_names(frame),
    ]


def _names(points: pd.DataFrame) -> list[Any]:
    """Names beside their points: of the coast on the side of the sea, of the others inland."""
    once = points.drop_duplicates("place")
    east = once["longitude"] > _COAST
    sea = alt.Chart(once[east]).mark_text(align="left", dx=12, fontSize=10, color=_NAMES)
    land = alt.Chart(once[~east]).mark_text(align="right", dx=-12, fontSize=10, color=_NAMES)
    return [
        side.encode(latitude="latitude:Q", longitude="longitude:Q", text="place:N")
        for side in (sea, land)
    ]


_NAMES = "#7a8490"
_COAST = -45.0
"""Degrees of longitude: most places east of it lie by the sea."""

_POINT = ("place", "what", "stays", "nights", "latitude", "longitude")


def timeline(stays: pd.DataFrame) -> Any:
    """Each stay at its day and place; the longer, the larger, the dearer, the darker."""
    return (
        alt.Chart(stays)
        .mark_point(filled=True, opacity=0.9, stroke="#8a94a0", strokeWidth=0.7)
        .encode(
            x=alt.X("stay_date:T", title="day of arrival"),
            y=alt.Y("place:N", title=None, axis=alt.Axis(labelOverlap=False, labelLimit=200)),
            size=alt.Size(
                "nights:Q",
                title="nights",
                scale=alt.Scale(range=[30, 350]),
                legend=alt.Legend(orient="right", tickCount=3, format=".0f"),
            ),
            color=alt.Color(
                "nightly_price:Q",
                title="a night, BRL",
                scale=alt.Scale(zero=False),
                legend=alt.Legend(orient="right", format=",.0f"),
            ),
            tooltip=[
                alt.Tooltip("stay_date:T", title="arrival", format="%d %b %Y"),
                alt.Tooltip("hotel_name:N", title="hotel"),
                alt.Tooltip("place:N", title="place"),
                alt.Tooltip("nights:Q", title="nights"),
                alt.Tooltip("nightly_price:Q", title="a night, BRL", format=",.2f"),
            ],
        )
    )
