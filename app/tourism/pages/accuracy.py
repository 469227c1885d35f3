"""Accuracy: how well visitors were foretold on past weeks, by location and by how far ahead."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import look, notices, released
from app.overview import model_files
from app.overview.figures import AMOUNTS, figure, is_share, title
from app.tourism import accuracy_charts
from app.tourism.accuracy import ASKED_FOR, BY_BLOCK, FIGURES, Accuracy
from tambo.registry import CHAMPION, ModelVersion

TITLE, ORDER = "Accuracy", 3

MODELS = {"visitor_flow": "Days", "visitor_flow_hourly": "Hours"}
MOST = 30
"""Locations in a chart; tables hold all."""

_UNIT = "visitors"
_SAYS = {
    "mase": "MASE: the error as a share of that between counts a week apart. Below 1 is better.",
    "coverage": "Coverage: how often what came lay between P10 and P90; "
    f"{look.percent(ASKED_FOR)} is right.",
    "bias": "Bias: visitors foretold too many (+) or too few (-), on average.",
}


def show() -> None:
    """Draw the page."""
    known = model_files.versions()
    name = st.segmented_control(
        "What is foretold",
        list(MODELS),
        default=next(iter(MODELS)),
        required=True,
        format_func=MODELS.__getitem__,
        key="accuracy_model",
    )
    version = _champion(known.get(name, []))
    if version is None:
        notices.nothing(f"No version of {name} serves yet.")
        st.code(released.settings().command(f"tambo train {name}"), language="bash")
        return
    reports = model_files.reports(version)
    if not reports:
        notices.nothing(f"The files of version {version.version}'s run are gone.")
        return
    found = Accuracy.of(version.estimator, reports)
    _serving(version, found)
    st.header("Side by side")
    _estimators(found)
    st.header("By location")
    _locations(found)
    st.header("Does the interval hold?")
    _interval(found)
    st.header("Over time")
    _over_time(found)


def _champion(versions: list[ModelVersion]) -> ModelVersion | None:
    return next((one for one in versions if CHAMPION in one.aliases), None)


def _serving(version: ModelVersion, found: Accuracy) -> None:
    own = found.metrics[found.serves]
    for place, name in zip(st.columns(4), ("mase", "wape", "bias", "coverage"), strict=True):
        note = f"{look.percent(ASKED_FOR)} asked for" if name == "coverage" else None
        place.metric(
            title(name),
            figure(name, own[name], _UNIT),
            delta=note,
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
    st.caption(
        f"{version.name} version {version.version} ({look.words(version.estimator)}) serves. It "
        f"was fitted once, then foretold {own['targets']:,.0f} counts that it had never seen, from "
        "origins that lie one horizon apart."
    )


def _estimators(found: Accuracy) -> None:
    name = _choice("accuracy_side")
    look.chart(
        accuracy_charts.ahead(found.ahead(name, found.estimators), name, found.block),
        f"{title(name)} of each estimator, by {found.block} ahead",
        260,
    )
    rows = found.side_by_side()
    look.table(
        rows.assign(estimator=rows["estimator"].map(look.words)), _columns(estimator="Estimator")
    )
    st.caption(
        "All on the same counts, ARIMA on those of some locations only. ETS and ARIMA are fitted "
        "anew at each origin from a whole history; they cannot serve, and are here to compare."
    )


def _choice(key: str) -> str:
    chosen = st.segmented_control(
        "Figure", BY_BLOCK, default=BY_BLOCK[0], required=True, format_func=title, key=key
    )
    st.caption(_SAYS[chosen])
    return str(chosen)


def _locations(found: Accuracy) -> None:
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        name = _choice("accuracy_figure")
    estimator = right.selectbox(
        "Estimator", found.estimators, format_func=look.words, key="accuracy_estimator"
    )
    table = found.locations(estimator)
    worst = list(table["location"][:MOST])
    cells = found.locations_ahead(name, estimator)
    shown = cells[cells["location"].isin(worst)].set_index("location").loc[worst].reset_index()
    look.chart(
        accuracy_charts.by_location(shown.dropna(), name, found.block),
        f"{title(name)} of {look.words(estimator)} by location and {found.block} ahead",
        130 + 34 * len(worst),
    )
    if len(table) > MOST:
        st.caption(f"The {MOST} of {len(table)} locations with the greatest error.")
    look.table(table, _columns(location="Location") | {"targets": look.count_column("Counts")})


def _interval(found: Accuracy) -> None:
    table = found.locations(found.serves).sort_values("coverage")
    shown = table[:MOST]
    left, right = st.columns([3, 2], gap="large")
    with left:
        look.chart(
            accuracy_charts.coverage(shown),
            "Share of what came that lay in the interval, by location",
            70 + 30 * len(shown),
        )
    with right:
        inside = found.metrics[found.serves]["coverage"]
        st.markdown(
            f"Of 100 counts that came, **{inside * 100:.0f}** lay between P10 and P90; "
            f"{ASKED_FOR * 100:.0f} were asked for (dashed). {_verdict(inside)}"
        )
        look.chart(
            accuracy_charts.ahead(found.ahead("coverage", [found.serves]), "coverage", found.block),
            f"Share that lay in the interval, by {found.block} ahead",
            220,
        )


def _verdict(inside: float) -> str:
    if inside < ASKED_FOR - 0.05:
        return "The interval is too narrow: expect to be surprised more often than it says."
    if inside > ASKED_FOR + 0.05:
        return "The interval is wider than it needs to be."
    return "That is close."


def _over_time(found: Accuracy) -> None:
    rows = found.over_time("mase", found.estimators)
    if rows.empty:
        notices.nothing("This version was trained before errors were kept by origin.")
        return
    look.chart(accuracy_charts.over_time(rows, "mase"), "MASE of each estimator, by origin", 280)
    st.caption("MASE of the whole horizon from each origin, all locations together.")


def _columns(**first: str) -> dict[str, Any]:
    """Columns of a table of figures, each with its unit."""
    return {**first, **{name: _column(name) for name in FIGURES}}


def _column(name: str) -> Any:
    if is_share(name):
        return st.column_config.NumberColumn(title(name), format="percent")
    if name in AMOUNTS:
        return st.column_config.NumberColumn(f"{title(name)}, {_UNIT}", format="%.1f")
    return st.column_config.NumberColumn(title(name), format="%.3f")
