"""Charts of registered models: figures over versions, importances, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app import look
from tambo.registry import ModelVersion

_MOST = 15


def over_versions(versions: Sequence[ModelVersion]) -> Any:
    """Each figure of the test rows by version, on an axis of its own."""
    rows = [
        {"version": one.version, "figure": look.words(name), "value": value, "by": one.estimator}
        for one in versions
        for name, value in one.metrics.items()
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("version:O", title="version", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
        tooltip=[
            alt.Tooltip("version:O", title="version"),
            alt.Tooltip("by:N", title="estimator"),
            alt.Tooltip("figure:N", title="figure"),
            alt.Tooltip("value:Q", title="value", format=",.4f"),
        ],
    )
    drawn = base.mark_line(point=True).properties(width=150, height=120)
    return drawn.facet(facet=alt.Facet("figure:N", title=None, sort=None), columns=3).resolve_scale(
        y="independent"
    )


def importances(values: Mapping[str, float], title: str) -> Any:
    """The inputs that matter most, the greatest first."""
    most = sorted(values.items(), key=lambda item: -item[1])[:_MOST]
    rows = pd.DataFrame([(look.words(name), value) for name, value in most], columns=["input", "v"])
    return (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y(
                "input:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False, labelLimit=260)
            ),
            x=alt.X("v:Q", title=title),
            tooltip=[
                alt.Tooltip("input:N", title="input"),
                alt.Tooltip("v:Q", title=title, format=",.4f"),
            ],
        )
    )
