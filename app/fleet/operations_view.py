"""An operations plan on the page: what is at risk, what can be done instead, who flies what."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from app import look, notices, tables
from app.fleet import columns, operations, trip_charts, vessels
from app.fleet.answers import Answer

CARDS = 5
"""Bookings at risk that are told in full; all are in the table."""


def show(register: pd.DataFrame, trips: pd.DataFrame, answer: Answer, now: datetime) -> None:
    """Draw it.

    Args:
        register: see `vessels.register`.
        trips: see `bookings.ahead`.
        answer: the service's.
        now: instant of asking; names the files.
    """
    rows = operations.planned(trips, answer)
    risks = operations.at_risk(rows, answer)
    used = operations.used(register, answer)
    currency = vessels.currency()
    boxes = {
        "Booked trips": look.count(len(rows)),
        "Nobody flies": look.count((rows["state"] == operations.NOBODY).sum()),
        "Vessel may fail": look.count((rows["state"] == operations.MAY_FAIL).sum()),
        "Revenue planned": look.money(answer["revenue"], 0, currency),
        "Revenue at risk": look.money(answer["revenue_at_risk"], 0, currency),
    }
    for place, (title, value) in zip(look.beside(len(boxes)), boxes.items(), strict=True):
        place.metric(title, value, border=True, height="stretch")
    notices.warnings(answer["warnings"])
    st.header("At risk, most revenue first")
    _risks(risks, answer, now, currency)
    st.header("Who flies what")
    look.chart(
        trip_charts.flown(rows, used),
        "Trips of each vessel in time, and those that nobody flies",
        trip_charts.height(used),
    )
    look.table(whole(used), columns.used(currency))
    with st.expander(f"All {len(rows)} booked trips"):
        look.table(whole(rows), columns.planned(currency))
    _download("Download every booked trip as CSV", rows, "booked-trips", now)
    _rests_on(answer)


def _risks(risks: pd.DataFrame, answer: Answer, now: datetime, currency: str) -> None:
    if risks.empty:
        notices.nothing("No booked trip is at risk.")
    else:
        for one in risks.head(CARDS).to_dict("records"):
            _card(one, currency)
        look.table(whole(risks), columns.at_risk(currency))
        st.caption(
            "At risk: the whole revenue where nobody flies the trip, else its share by the chance "
            "of a failure. Each alternative is possible beside the plan, but alone: two bookings "
            "may be offered the same vessel."
        )
        _download("Download the bookings at risk as CSV", risks, "bookings-at-risk", now)
    for one in answer["limits"]:
        st.warning(look.plain(f"{one['aircraft_id']}: {one['says']}."))


def _card(one: Mapping[Hashable, Any], currency: str) -> None:
    to = f" to {one['destination']}" if isinstance(one["destination"], str) else ""
    with st.container(border=True, key=f"risk_{one['rank']}"):
        left, right = st.columns([3, 1])
        left.markdown(
            f"**{one['rank']}. {look.plain(one['booking'])}**, {one['departs']:%d %b %Y, %H:%M} "
            f"UTC: {look.plain(one['kind'])} from {look.plain(one['base'])}{look.plain(to)}"
        )
        right.markdown(f"**{look.money(one['at_risk'], 0, currency)}** at risk")
        st.markdown(f"- Why: {look.plain(one['why'])}\n- Instead: {look.plain(one['instead'])}")


def whole(rows: pd.DataFrame) -> pd.DataFrame:
    """Amounts as whole numbers, for reading."""
    amounts = {name: 0 for name in ("revenue", "at_risk") if name in rows}
    return rows.round(amounts)


def _download(title: str, rows: pd.DataFrame, name: str, now: datetime) -> None:
    numbers = rows.select_dtypes("number").columns
    st.download_button(
        title,
        tables.csv(rows.assign(**{one: rows[one].round(2) for one in numbers})),
        file_name=f"{name}-{now:%Y-%m-%d}.csv",
        mime=tables.CSV,
        on_click="ignore",
        key=name,
    )


def _rests_on(answer: Answer) -> None:
    model = answer["model"]
    proven = "no plan is worth more" if answer["proven"] else "a better plan may exist"
    st.caption(
        f"Asked at {pd.Timestamp(answer['asked_at']):%d %b %Y, %H:%M} UTC, for "
        f"{answer['horizon']} days; {proven}. Vessels go into maintenance as their newest dates "
        f"say. Chances of a failure: {model['name']} version {model['version']} "
        f"({look.words(model['estimator'])}), release {answer['release']}."
    )
