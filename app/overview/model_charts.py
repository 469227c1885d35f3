"""Charts of registered models: figures over versions, importances, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app import look
from tambo.registry import ModelVersion

_MOST = 15
_ROOM = 0.05


def over_versions(versions: Sequence[ModelVersion], name: str, axis: str, form: str) -> Any:
    """One figure of the test rows by version.

    Args:
        versions: of one model.
        name: of the figure.
        axis: what it is, with its unit.
        form: how its values are written, in Vega's format.
    """
    measured = [one for one in versions if name in one.metrics]
    values = [one.metrics[name] for one in measured]
    rows = [
        {"version": one.version, "value": value, "by": one.estimator}
        for one, value in zip(measured, values, strict=True)
    ]
    # A change of a tenth of a percent must not look like a leap.
    room = _ROOM * max(map(abs, values), default=1.0)
    scale = alt.Scale(domain=[min(values) - room, max(values) + room], nice=False)
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X("version:O", title="version", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("value:Q", title=axis, scale=scale, axis=alt.Axis(format=form, tickCount=4)),
            tooltip=[
                alt.Tooltip("version:O", title="version"),
                alt.Tooltip("by:N", title="estimator"),
                alt.Tooltip("value:Q", title=axis, format=form),
            ],
        )
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
