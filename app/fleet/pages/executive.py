"""Executive: downtime, reliability and cost of the fleet, by month and kind of vessel."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import notices, released, tables
from app.fleet import months, months_view, reliability, vessels
from app.fleet.reliability import Told

TITLE, ORDER = "Executive", 4

PERIODS = (12, 24, 36)
"""Months that can be summed up."""
ALL = "All vessels"


def show() -> None:
    """Draw the page."""
    as_of = released.release().as_of.of("fleet")
    everything = months.months(as_of)
    if everything.empty:
        notices.nothing("This release tells of no flight, no maintenance and no downtime.")
        return
    told = reliability.told(everything)
    currency = vessels.currency()
    rows, length = _wish(everything)
    recent, before = periods(rows, length)
    then = None if before is None else reliability.total(before, told)
    months_view.boxes(reliability.total(recent, told), then, told, currency)
    _said(rows, recent, before)
    _untold(told, everything)
    first = recent["month"].min()
    shown = rows[rows["month"] >= first]
    months_view.charts(shown, told, currency)
    st.header("By kind of vessel")
    by_kind = reliability.by(recent, ["kind"], told)
    months_view.table(by_kind, {"kind": "Kind"}, currency)
    st.header("By month")
    by_month = reliability.by(shown, ["month", "whole"], told).iloc[::-1]
    named = by_month.assign(month=[_month(one) for one in by_month.to_dict("records")])
    months_view.table(named, {"month": "Month"}, currency)
    _download(reliability.by(rows, ["month", "kind", "whole"], told))


def _wish(everything: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Rows of the kind that is chosen, and how many months are summed up."""
    left, right, _ = st.columns([1, 1, 2])
    length = left.selectbox("Months summed up", PERIODS, key="executive_months")
    kinds = [ALL, *sorted(set(everything["kind"]))]
    kind = right.selectbox("Vessels", kinds, key="executive_kind")
    return everything if kind == ALL else everything[everything["kind"] == kind], length


def periods(rows: pd.DataFrame, length: int) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The last whole months, and as many before them; None: there are not as many.

    Where no month is whole, all there is is taken.
    """
    whole = sorted(set(rows.loc[rows["whole"], "month"]))
    if not whole:
        return rows, None
    recent = rows[rows["month"].isin(whole[-length:])]
    earlier = whole[-2 * length : -length]
    before = rows[rows["month"].isin(earlier)] if len(earlier) == length else None
    return recent, before


def _said(rows: pd.DataFrame, recent: pd.DataFrame, before: pd.DataFrame | None) -> None:
    """Which months are summed up, and what is missing in them."""
    number, first, last = recent["month"].nunique(), recent["month"].min(), recent["month"].max()
    if recent["whole"].all():
        said = f"{number} whole months, {first:%b %Y} to {last:%b %Y}"
        said += "; changes are against as many months before." if before is not None else "."
        part = sorted(set(rows.loc[~rows["whole"], "month"]))
        if part:
            said += f" Left out, as not whole: {', '.join(f'{one:%b %Y}' for one in part)}."
    else:
        said = "No month is told of as a whole: the figures are of all there is."
    st.caption(said)
    missing = int((recent["done"] - recent["priced"]).sum())
    if missing:
        notices.nothing(f"The cost of {missing} maintenances that ended then is not told yet.")


def _untold(told: Told, rows: pd.DataFrame) -> None:
    lacks = {
        "flights": told.flights,
        "maintenance": told.maintenance,
        "costs of maintenance": told.costs,
        "downtime": told.downtime,
    }
    missing = [name for name, there in lacks.items() if not there]
    if missing:
        notices.nothing(
            f"This release tells nothing of {', '.join(missing)}, so figures that need it are "
            "not known."
        )
    if months.UNTOLD in set(rows["kind"]):
        notices.nothing("Of some vessels the register tells no kind.")


def _month(one: Mapping[Hashable, Any]) -> str:
    name = f"{one['month']:%b %Y}"
    return name if one["whole"] else f"{name}, not whole"


def _download(rows: pd.DataFrame) -> None:
    numbers = rows.select_dtypes("number").columns
    as_text = rows.assign(month=rows["month"].dt.strftime("%Y-%m"))
    st.download_button(
        "Download every month and kind as CSV",
        tables.csv(as_text.assign(**{one: rows[one].round(4) for one in numbers})),
        file_name=f"fleet-by-month-release-{released.release().number}.csv",
        mime=tables.CSV,
        on_click="ignore",
        key="executive_csv",
    )
