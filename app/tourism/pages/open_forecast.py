"""Open forecast: how many visitors to expect, for businesses and attractions nearby. Read-only."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from app import look, notices, tables
from app.overview import model_files
from app.tourism import counts, forecasts, open_charts, open_forecast
from tambo.errors import ServingError, TrainingError
from tambo.registry import CHAMPION
from tambo.requesttime.tourism import HORIZON

TITLE, ORDER = "Open forecast", 4


def show() -> None:
    """Draw the page."""
    known = counts.locations()
    if known.empty:
        notices.nothing("Nobody has been counted yet, so nothing can be expected.")
        return
    today = counts.today()
    st.markdown(
        f"How many visitors each place can expect on each of the next {HORIZON} days, from "
        f"**{today:%d %B %Y}** on. Free to use; it is renewed whenever new counts come in."
    )
    try:
        answers, refused = forecasts.of_all(list(known["location"]))
    except ServingError as error:
        notices.problem(error)
        return
    lately = counts.mean_weekdays(*open_forecast.compared_days(today))
    rows = open_forecast.table(answers, lately)
    if rows.empty:
        notices.nothing("No place has been counted lately, so nothing can be expected.")
        return
    _all(rows, today)
    _place(rows)
    _words(sorted(refused))


def _all(rows: pd.DataFrame, today: date) -> None:
    st.header("All places")
    weeks = rows.assign(week=(pd.to_datetime(rows["day"]) - pd.Timestamp(today)).dt.days // 7)
    by_week = weeks.groupby(["location", "week"], sort=False)["expected"].sum().unstack()
    first = [today + pd.Timedelta(days=7 * int(week)) for week in by_week.columns]
    titles = [f"{day:%d %b} to {day + pd.Timedelta(days=6):%d %b}" for day in first]
    by_week.columns = pd.Index(titles)
    look.table(
        by_week.reset_index(),
        {"location": "Place", **{name: look.count_column(name) for name in titles}},
    )
    st.download_button(
        "Download every place and day as CSV",
        tables.csv(rows.assign(against_lately=rows["against_lately"].round(3))),
        file_name=f"visitors-expected-{today.isoformat()}.csv",
        mime=tables.CSV,
        on_click="ignore",
        key="open_csv",
    )


def _place(rows: pd.DataFrame) -> None:
    st.header("One place, day by day")
    place = st.selectbox(
        "Place", list(dict.fromkeys(rows["location"])), key="open_place", width=420
    )
    mine = rows[rows["location"] == place]
    look.chart(
        open_charts.days(mine), f"Visitors expected in {place} on each of the next days", 340
    )
    shown = mine.assign(against_lately=100 * mine["against_lately"])
    look.table(
        shown[["day", "expected", "from", "to", "says", "against_lately"]],
        {
            "day": st.column_config.DateColumn("Day", format="ddd, D MMM YYYY"),
            "expected": look.count_column("Visitors expected"),
            "from": look.count_column("From"),
            "to": look.count_column("To"),
            "says": "In words",
            "against_lately": st.column_config.NumberColumn(
                f"Against such weekdays of the last {open_forecast.WEEKS} weeks", format="%+.0f %%"
            ),
        },
    )


def _words(without: list[str]) -> None:
    st.header("How to read it")
    weekday = f"the same weekday in the last {open_forecast.WEEKS} weeks"
    st.markdown(
        "- **Visitors expected**: as many days turn out above as below.\n"
        f"- **From, to**: the range that is meant to hold four days in five. {_held()}\n"
        f"- **Busier, quieter**: at least {look.percent(open_forecast.BUSIER - 1)} more, or fewer, "
        f"than on {weekday}.\n"
        "- Public holidays, school holidays and events count as far as they were announced; "
        "weather as far as it was forecast."
    )
    if without:
        names = look.plain(", ".join(without))
        st.markdown(f"Not expected, because nobody was counted there lately: {names}.")


def _held() -> str:
    """How often the range held when it was tried on past weeks."""
    surprise = "Weather, a strike or a surprise can take a day out of it."
    try:
        versions = model_files.versions().get("visitor_flow", [])
    except TrainingError:
        return surprise
    for one in versions:
        if CHAMPION in one.aliases and "coverage" in one.metrics:
            tried = f"Tried on past weeks, it held {one.metrics['coverage'] * 100:.0f} of 100 days."
            return f"{tried} {surprise}"
    return surprise
