"""A campaign plan on the page: gaps, spending, what comes of it, and what it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import look, notices, tables
from app.tourism import plan_charts, plan_files, plans
from app.tourism.plan_editor import CURRENCY


def gaps(plan: Mapping[str, Any]) -> None:
    """Where and when visitors will be missing."""
    found = plans.gaps(plan)
    if found.empty:
        notices.nothing("No week of the plan is off-peak anywhere: raise the share, or the weeks.")
        return
    first, second, third = st.columns(3)
    first.metric("Off-peak location-weeks", look.count(len(found)), border=True)
    second.metric("Visitors missing in them", look.count(found["gap"].sum()), border=True)
    deepest = found.sort_values("share").iloc[0]
    third.metric(
        f"Emptiest: week from {pd.Timestamp(deepest['week']):%d %b}",
        f"{look.percent(deepest['share'])} of a mean week",
        border=True,
    )
    places = found["location"].nunique()
    look.chart(plan_charts.gaps(found), "Off-peak weeks by location", height=170 + 30 * places)
    st.caption(
        "Of all locations: weeks with fewer visitors than that share of the location's own mean "
        f"week, without the plan. {plan['forecast_weeks']} location-weeks are forecast, the season "
        "tells the others."
    )


def result(request: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """What is spent where, and what comes of it."""
    notices.warnings(plan["warnings"])
    shown = st.info if plan["basis"] == "response" else st.warning
    shown(look.plain(plan["says"]))
    _figures(plan)
    _spending(plan)
    st.subheader("Held against")
    _compared(plan)
    with st.expander("What past campaigns say"):
        _evidence(plan)
    _downloads(request, plan)
    model = plan["model"]
    st.caption(
        f"Made by {model['name']} version {model['version']} ({look.words(model['estimator'])}) at "
        f"release {plan['release']}. Intervals are of 80 %. Extra visitors may be missing "
        "elsewhere or later; counts of one place cannot tell."
    )


def extra_visitors(one: Mapping[str, Any] | None) -> str:
    """Extra visitors with their interval, in words.

    >>> extra_visitors({"expected": 1234.4, "low": 900, "high": 1700})
    '1,234 (900 to 1,700)'
    >>> extra_visitors(None)
    'not known'
    """
    if one is None:
        return "not known"
    return f"{look.count(one['expected'])} ({look.count(one['low'])} to {look.count(one['high'])})"


def _figures(plan: Mapping[str, Any]) -> None:
    total = plan["total"]
    first, second, third, fourth = st.columns([3, 5, 3, 3])
    first.metric("Spent", look.money(total["spend"], 0, CURRENCY), border=True)
    second.metric("Extra visitors", extra_visitors(total["extra"]), border=True)
    cost, back = total["cost_per_visitor"], total["return_per_usd"]
    third.metric("Cost of one", look.money(cost, 2, CURRENCY), border=True)
    known = "no figure" if back is None else f"{back:,.2f} : 1"
    says = "Value of the extra visitors for each dollar; it takes a value of one more visitor."
    fourth.metric("Return", known, border=True, help=says)


def _spending(plan: Mapping[str, Any]) -> None:
    rows = plans.rows(plan)
    if not rows["spend"].sum():
        notices.nothing("Nothing is spent: no location-week may take anything.")
        return
    by_location, by_market, by_week = st.tabs(["By location", "By market", "Week by week"])
    with by_location:
        look.chart(plan_charts.spending(rows, "location"), "Spending by week and location")
        _totals(plan["by_location"], "Location")
    with by_market:
        look.chart(plan_charts.spending(rows, "market"), "Spending by week and market")
        _totals(plan["by_market"], "Market")
    with by_week:
        look.table(rows.assign(week=pd.to_datetime(rows["week"])).round(), ROWS)
        st.caption("Rows without spending: earlier spending still works in them.")


ROWS = {
    "week": st.column_config.DateColumn("Week from", format="YYYY-MM-DD"),
    "location": "Location",
    "market": "Market",
    "segment": "Segment",
    "spend": look.count_column(f"Spend, {CURRENCY}"),
    "visitors": look.count_column("Visitors without it"),
    "visitors_low": look.count_column("P10"),
    "visitors_high": look.count_column("P90"),
    "extra": look.count_column("Extra visitors"),
    "extra_low": look.count_column("from"),
    "extra_high": look.count_column("to"),
}


def _totals(found: list[Mapping[str, Any]], title: str) -> None:
    rows = plans.totals(found)
    whole = ["spend", "extra", "extra_low", "extra_high"]
    look.table(
        rows.assign(**{name: rows[name].round() for name in whole}),
        {
            "name": title,
            "spend": look.count_column(f"Spend, {CURRENCY}"),
            "extra": look.count_column("Extra visitors"),
            "extra_low": look.count_column("from"),
            "extra_high": look.count_column("to"),
            "cost": look.money_column("Cost of one", CURRENCY),
            "return": st.column_config.NumberColumn("Return", format="%.2f"),
        },
    )


def _compared(plan: Mapping[str, Any]) -> None:
    others = [plan["total"], plan["equal_spread"]["total"]]
    if plan["last_year"] is not None:
        others.append(plan["last_year"]["total"])
    if plan["total"]["extra"] is not None:
        look.chart(
            plan_charts.compared(plans.compared(plan)),
            "Extra visitors of the plan and of the alternatives",
            60 + 45 * len(others),
        )
    _totals(others, "Plan")
    said = "The same budget, judged by the same model: that is no proof from outside."
    if plan["last_year"] is None:
        said += " Nothing was spent a year ago where this plan may spend."
    if plan["bound"] is not None:
        said += f" No plan within the limits is expected to exceed {look.count(plan['bound'])}."
    st.caption(said)


def _evidence(plan: Mapping[str, Any]) -> None:
    if not plan["evidence"]:
        notices.nothing("No market of the plan had a campaign.")
        return
    for one in plan["evidence"]:
        st.markdown(f"- {look.plain(one['says'])}")


def _downloads(request: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    name = f"campaign-plan-{request['first']}-{request['last']}"
    first, second, _ = st.columns([1, 1, 2])
    first.download_button(
        "Download the plan as CSV",
        plan_files.csv(plan),
        file_name=f"{name}.csv",
        mime=tables.CSV,
        on_click="ignore",
        key="plan_csv",
        width="stretch",
    )
    second.download_button(
        "Download the plan as XLSX",
        plan_files.xlsx(request, plan),
        file_name=f"{name}.xlsx",
        mime=tables.XLSX,
        on_click="ignore",
        key="plan_xlsx",
        width="stretch",
    )
