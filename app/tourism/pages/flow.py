"""Flow: who came to a location, who is expected, and what moves that."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from app import look, notices
from app.tourism import counts, flow_charts, forecasts, what_ifs
from app.tourism.calendar_grid import GAP, MENDED, grid
from app.tourism.forecasts import Question, Unit
from tambo.errors import ServingError
from tambo.requesttime.tourism import HORIZON, HOURLY_DAYS

TITLE, ORDER = "Flow", 1

UNITS: dict[Unit, str] = {"day": f"{HORIZON} days", "hour": f"{24 * HOURLY_DAYS} hours"}
BACK: dict[Unit, int] = {"day": 8 * 7, "hour": 7}
"""Days of counts that stand before a forecast."""

_WEEKS = 4


def show() -> None:
    """Draw the page."""
    known = counts.locations()
    if known.empty:
        notices.nothing("This release holds no count of a whole day.")
        return
    names = list(known["location"])
    location = st.selectbox("Location", names, key="flow_location", width=420)
    mine = known[known["location"] == location].iloc[0]
    _figures(mine)
    st.header("Visitors by day")
    _calendar(location, mine)
    st.header("Forecast")
    try:
        _forecast(location)
    except ServingError as error:
        notices.problem(error)


def _figures(mine: pd.Series[Any]) -> None:
    last = mine["last_day"].date()
    recent = counts.days(mine["location"], last - timedelta(days=7 * _WEEKS - 1), last)
    before = counts.days(
        mine["location"], last - timedelta(days=7 * (_WEEKS + 52) - 1), last - timedelta(days=364)
    )
    first, second, third, fourth = st.columns(4)
    first.metric("Newest day counted", f"{last:%d %b %Y}", border=True, height="stretch")
    second.metric("Days counted", look.count(mine["days"]), border=True, height="stretch")
    mean, then = recent["visitors"].mean(), before["visitors"].mean()
    change = None
    if then > 0:
        change = f"{100 * (mean / then - 1):+.0f} % to the year before"
    third.metric(
        f"Mean day, last {_WEEKS} weeks",
        look.count(mean),
        delta=change,
        border=True,
        height="stretch",
    )
    fourth.metric("Mean day of all", look.count(mine["mean_day"]), border=True, height="stretch")


def _calendar(location: str, mine: pd.Series[Any]) -> None:
    first, last = mine["first_day"].date(), mine["last_day"].date()
    rows = grid(counts.days(location, first, last), (first, last), counts.closures(location))
    years = sorted(set(rows["year"]), reverse=True)
    chosen = st.segmented_control(
        "Year", years, default=years[0], required=True, key=f"flow_year_{location}"
    )
    year = int(chosen)
    most = float(rows["visitors"].quantile(0.99))
    shown = rows[rows["year"] == year]
    look.chart(
        flow_charts.calendar(shown, year, most),
        f"Visitors of {location} on each day of {year}",
        height=250,
    )
    states = shown["state"].value_counts()
    st.caption(
        f"Cleaned counts of {year}: on {states.get(MENDED, 0)} days hours were filled in or set "
        f"aside. Outlined: {states.get(GAP, 0)} days with hours that are missing, days on which "
        "nobody counted, and closures. The colours are those of all years."
    )


def _forecast(location: str) -> None:
    unit: Unit = st.segmented_control(
        "Next",
        list(UNITS),
        default="day",
        required=True,
        format_func=UNITS.__getitem__,
        key="flow_unit",
    )
    today = counts.today()
    what_if = what_ifs.choose(today, unit)
    question = Question(location, unit, what_if)
    answer = forecasts.forecast(question)
    plain = None if what_if is None else forecasts.forecast(Question(location, unit))
    notices.warnings(answer["warnings"])
    expected = forecasts.steps(answer)
    _totals(expected, None if plain is None else forecasts.steps(plain))
    look.chart(
        flow_charts.flow(
            _counted(location, unit, today),
            expected,
            None if plain is None else forecasts.steps(plain),
        ),
        f"Visitors of {location} counted lately, and expected in the next {UNITS[unit]}",
        height=380,
    )
    _said(answer, expected)
    with st.expander("The forecast as a table"):
        _table(expected)
    st.header("What drives it")
    _drivers(question)


def _counted(location: str, unit: Unit, today: date) -> pd.DataFrame:
    """Visitors of the days or hours before a forecast: at (local time), visitors."""
    first, last = today - timedelta(days=BACK[unit]), today - timedelta(days=1)
    if unit == "day":
        found = counts.days(location, first, last)
        # A day on which nobody counted breaks the line.
        spine = pd.DataFrame({"at": pd.date_range(first, last)})
        known = found.assign(at=pd.to_datetime(found["day"]))[["at", "visitors"]]
        return spine.merge(known, how="left", on="at")
    found = counts.hours(location, first, last)
    hour = pd.to_timedelta(found["hour"], unit="h")
    return found.assign(at=pd.to_datetime(found["day"]) + hour)[["at", "visitors"]]


def _totals(expected: pd.DataFrame, plain: pd.DataFrame | None) -> None:
    total = float(expected["middle"].sum())
    change = None
    if plain is not None:
        change = f"{total - float(plain['middle'].sum()):+,.0f} by the what-if"
    shown = {"Fullest": expected.sort_values("middle").iloc[-1]}
    opened = expected[~expected["closed"]]
    # At night nobody comes: the emptiest hour says nothing.
    if expected["hour"].isna().all() and len(opened):
        shown["Emptiest that is open"] = opened.sort_values("middle").iloc[0]
    first, *others = st.columns(3)
    first.metric("Expected in all", look.count(total), delta=change, border=True, height="stretch")
    for place, (title, one) in zip(others, shown.items(), strict=False):
        place.metric(
            f"{title}: {_when(one)}", look.count(one["middle"]), border=True, height="stretch"
        )


def _when(step: pd.Series[Any]) -> str:
    form = "%a %d %b" if step["hour"] is None or pd.isna(step["hour"]) else "%a %d %b %H:%M"
    return str(step["starts_at"].strftime(form))


def _said(answer: dict[str, Any], expected: pd.DataFrame) -> None:
    model = answer["model"]
    shut = int(expected["closed"].sum())
    closed = f" It is announced to be shut in {shut} of them." if shut else ""
    st.caption(
        f"Answered by {model['name']} version {model['version']} ({model['estimator']}) from "
        f"counts until {pd.Timestamp(answer['origin']):%Y-%m-%d %H:%M} UTC. The band is P10 to "
        f"P90: it was made to hold 80 % of what comes; Accuracy shows what it held.{closed}"
    )


def _table(expected: pd.DataFrame) -> None:
    hourly = bool(expected["hour"].notna().any())
    form = "ddd, D MMM YYYY HH:mm" if hourly else "ddd, D MMM YYYY"
    look.table(
        expected[["starts_at", "low", "middle", "high", "closed"]],
        {
            "starts_at": st.column_config.DatetimeColumn("From, local time", format=form),
            "low": look.count_column("P10"),
            "middle": look.count_column("Expected (P50)"),
            "high": look.count_column("P90"),
            "closed": st.column_config.CheckboxColumn("Shut"),
        },
    )


def _drivers(question: Question) -> None:
    explained = forecasts.explained(question)["explained"]
    labels = {_label(one): one for one in explained}
    fullest = max(explained, key=lambda one: one["p50"])
    label = st.select_slider(
        "Of which day" if question.unit == "day" else "Of which hour",
        list(labels),
        value=_label(fullest),
        key=f"flow_step_{question.unit}_{question.location}",
    )
    one = labels[label]
    left, right = st.columns([3, 2], gap="large")
    with left:
        look.chart(
            flow_charts.drivers(one),
            f"What moves the visitors of {question.location}, {label}",
            320,
        )
    with right:
        moved = [part["says"] for part in one["drivers"] if part["visitors"]]
        says = "\n".join(f"- {look.plain(part)}" for part in moved) or "- nothing"
        st.markdown(
            f"**{label}: {look.count(round(one['p50'], 1))} visitors expected**\n\nAn ordinary "
            f"{question.unit} here: {look.count(one['ordinary'])}. To it come:\n\n{says}"
        )
    st.caption(
        "Exact Shapley values: they sum to the difference from an ordinary "
        f"{question.unit}. They say what moved the model, not what causes visits."
    )


def _label(step: dict[str, Any]) -> str:
    day = date.fromisoformat(step["date"])
    return f"{day:%a %d %b}" if step["hour"] is None else f"{day:%a %d %b} {step['hour']:02d}:00"
