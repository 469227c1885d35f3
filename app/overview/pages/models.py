"""Models: which versions there are, which one serves, how good it is, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import look, notices
from app.overview import model_charts, model_files
from app.overview.figures import AMOUNTS, figure, is_share, of_a_part, title
from tambo.registry import CHALLENGER, CHAMPION, ModelVersion

TITLE, ORDER = "Models", 3

ELSEWHERE = ("importance", "estimators")
"""How plots begin whose figures stand in another tab."""


def show() -> None:
    """Draw the page."""
    known = model_files.versions()
    name = st.selectbox("Model", list(known), format_func=look.words, key="models_model")
    mine = known[name]
    shown = next((one for one in mine if CHAMPION in one.aliases), mine[0])
    unit = model_files.unit(shown)
    _serving(shown, unit)
    st.header("Versions")
    _versions(mine, unit)
    number = st.selectbox(
        "Look at version",
        [one.version for one in mine],
        index=mine.index(shown),
        format_func=lambda version: _label(mine, version),
        key=f"models_version_{name}",
    )
    _details(next(one for one in mine if one.version == number), unit)
    st.header("Model card")
    _card(name)


def _serving(shown: ModelVersion, unit: str) -> None:
    if CHAMPION not in shown.aliases:
        notices.nothing("No version of this model serves yet; the newest one is shown.")
    role = ", ".join(shown.aliases) or "no alias"
    st.markdown(
        f"**Version {shown.version}** ({shown.estimator}, {role}) was trained at release "
        f"{shown.release}. Figures of its test rows:"
    )
    if shown.tags.get("baseline") == "true":
        st.warning("No trained model beat the baseline, so the best baseline answers.")
    for place, (name, value) in zip(
        st.columns(max(1, len(shown.metrics))), shown.metrics.items(), strict=False
    ):
        place.metric(title(name), figure(name, value, unit), border=True)


def _versions(mine: list[ModelVersion], unit: str) -> None:
    rows = [
        {
            "version": one.version,
            "role": ", ".join(one.aliases),
            "estimator": one.estimator,
            "release": one.release,
            "gate": _gate(one),
            **{title(name): figure(name, value, unit) for name, value in one.metrics.items()},
            "why": one.tags.get("role_reason", ""),
        }
        for one in mine
    ]
    look.table(
        pd.DataFrame(rows),
        {
            "version": "Version",
            "role": "Role",
            "estimator": "Estimator",
            "release": "Release",
            "gate": "Gate",
            "why": "Why this role",
        },
    )
    if not any(CHALLENGER in one.aliases for one in mine):
        st.caption("There is no challenger now.")
    if len(mine) > 1:
        _over_versions(mine, unit)
    else:
        st.caption("With a second version, a chart of the figures over the versions stands here.")


def _over_versions(mine: list[ModelVersion], unit: str) -> None:
    names = list(mine[0].metrics)
    for place, name in zip(st.columns(len(names)), names, strict=True):
        axis, form = title(name), ",.3f"
        if is_share(name):
            form = ".1%"
        elif name in AMOUNTS:
            axis, form = f"{axis}, {unit}", ",.1f"
        with place:
            drawn = model_charts.over_versions(mine, name, axis, form)
            look.chart(drawn, f"{axis} of the test rows over the versions", height=200)


def _gate(version: ModelVersion) -> str:
    return "baseline took its place" if version.tags.get("baseline") == "true" else "passed"


def _label(mine: list[ModelVersion], number: int) -> str:
    one = next(one for one in mine if one.version == number)
    return f"{number} ({', '.join((one.estimator, *one.aliases))})"


def _details(version: ModelVersion, unit: str) -> None:
    found = model_files.reports(version)
    if not found:
        notices.nothing(f"The files of version {version.version}'s run are gone.")
        return
    checks, inputs, calibration, estimators = st.tabs(
        ["Gate", "What it rests on", "Calibration and errors", "Against the baselines"]
    )
    with checks:
        _checks(found["gate"])
    with inputs:
        _importances(found["importance"])
        if "attribution" in found:
            _drivers(found["attribution"], unit)
    with calibration:
        _calibration(version)
    with estimators:
        _estimators(found["metrics"], unit)


def _checks(gate: Mapping[str, Any]) -> None:
    rows = [
        {
            "check": look.words(one["name"]),
            "passed": "passed" if one["passed"] else "failed",
            "value": f"{one['value']:,.4g}",
            "limit": f"{one['limit']:,.4g}",
            "says": one["says"],
        }
        for one in gate["checks"]
    ]
    look.table(
        pd.DataFrame(rows),
        {
            "check": "Check of the candidate",
            "passed": "Result",
            "value": "Value",
            "limit": "Limit",
            "says": st.column_config.TextColumn("Of what", width="large"),
        },
    )


def _importances(found: Mapping[str, Mapping[str, float]]) -> None:
    if shuffled := found.get("shuffled"):
        look.chart(
            model_charts.importances(shuffled, "error added when the input is shuffled"),
            "Error that is added when an input is shuffled, by input",
            height=380,
        )
        st.caption(
            "Inputs that say the same share their importance. Less than nothing: the input only "
            "adds noise on these rows."
        )
    if gain := found.get("gain"):
        look.chart(
            model_charts.importances(gain, "share of the trees' whole gain"),
            "Share of the trees' gain by input",
            height=380,
        )


def _drivers(found: Mapping[str, Any], unit: str) -> None:
    """What moves the answers, over all and of one of them."""
    look.chart(
        model_charts.importances(found["mean_absolute"], f"mean absolute Shapley value, {unit}"),
        "How far a driver moves an answer, by driver",
        height=260,
    )
    st.caption(
        f"Of {found['rows']:,} of the {found['of_rows']:,} test rows, by the file that serves. What"
        " the drivers add to an ordinary day sums to the answer."
    )
    example = found["example"]
    asked = " ".join(str(example[name]) for name in ("location", "date"))
    st.markdown(
        f"**{asked}**, forecast on {example['origin']}: {example['p50']:,.0f} {unit}, where"
        f" {example['ordinary']:,.0f} are ordinary. " + "; ".join(example["says"]) + "."
    )


def _calibration(version: ModelVersion) -> None:
    """Plots that show whether answers are what they claim to be."""
    drawn = [one for one in model_files.plots(version) if not one.stem.startswith(ELSEWHERE)]
    if not drawn:
        notices.nothing("This version's run has no plot of its answers.")
        return
    places = st.columns(2)
    for number, path in enumerate(drawn):
        places[number % 2].image(str(path), caption=look.words(path.stem).capitalize())


def _estimators(metrics: Mapping[str, Mapping[str, float]], unit: str) -> None:
    rows = [
        {"estimator": look.words(name)}
        | {
            title(key): figure(key, value, unit)
            for key, value in found.items()
            if not of_a_part(key)
        }
        for name, found in metrics.items()
    ]
    look.table(pd.DataFrame(rows), {"estimator": "Estimator"})
    st.caption("All of them on the same test rows.")


def _card(name: str) -> None:
    text = model_files.card(name)
    if text is None:
        notices.nothing(f"There is no card of {name}: docs/model-cards/{name}.md.")
        return
    with st.expander("Read it"):
        st.markdown(text)
