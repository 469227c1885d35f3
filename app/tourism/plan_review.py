"""Kept plans on the page: what became of them, and the rest of a running one planned again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import streamlit as st

from app import look, notices
from app.tourism import counts, kept_plans, plan_charts, plan_outcome, plan_view, plans
from app.tourism.kept_plans import KeptPlan
from app.tourism.plan_editor import CURRENCY
from app.tourism.plan_outcome import Outcome, Range
from tambo.errors import PlanError, ServingError
from tambo.planning.tourism.outlook import monday
from tambo.requesttime.calendar import date_in

_LAGS = timedelta(weeks=4)
"""So long spending works; extra visitors come in weeks after the last one, too."""


CHOSEN = "kept_plan"
"""In the visit's state: the file of the plan that is looked at."""


def show(today: date) -> None:
    """Choose a kept plan, and look at it."""
    found, broken = kept_plans.kept()
    if broken:
        names = ", ".join(path.name for path in broken)
        st.warning(look.plain(f"No plans, and left out: {names} in {broken[0].parent}."))
    if not found:
        notices.nothing("No plan is kept yet. Make one above, and keep it.")
        return
    labels = {one.path.name: one for one in found}
    name = st.selectbox(
        "Kept plan", list(labels), format_func=lambda path: labels[path].label, key=CHOSEN
    )
    one = labels[name]
    _said(one)
    st.subheader("What happened so far")
    _outcome(one, today)
    st.subheader("Plan the rest again")
    _again(one, today)


def _said(one: KeptPlan) -> None:
    total, model = one.plan["total"], one.plan["model"]
    spent = look.money(total["spend"], 0, CURRENCY)
    extra = plan_view.extra_visitors(total["extra"])
    st.markdown(
        f"**{look.plain(one.name)}**: {spent} for extra visitors: {extra}. Made by "
        f"{model['name']} version {model['version']} at release {one.plan['release']}; kept as "
        f"`{one.path.name}`."
    )
    with st.expander("The plan as it was kept"):
        look.table(plans.rows(one.plan).round(), plan_view.ROWS)


def _outcome(one: KeptPlan, today: date) -> None:
    known = counts.locations().to_dict("records")
    until = {each["location"]: each["last_day"].date() for each in known}
    made = date_in(datetime.fromisoformat(one.plan["as_of"]), counts.zone())
    counted = counts.market_weeks(monday(one.first), one.last + _LAGS)
    found = plan_outcome.outcome(one.plan, counted, until, made, today)
    if not found.over:
        notices.nothing(f"None of its {found.to_come} location-weeks is over on {today}.")
        return
    left_out = f"; {found.left_out} cannot be compared" if found.left_out else ""
    st.markdown(f"{found.over} location-weeks are over{left_out}, {found.to_come} are to come.")
    st.info(found.says())
    if found.cells.empty:
        return
    _ranges(found)
    look.chart(
        plan_charts.outcome(found), "Visitors who came by week, beside who was expected", 320
    )
    look.table(
        found.by("location").round(),
        {
            "location": "Location",
            "actual": look.count_column("Came"),
            "without": look.count_column("Expected without"),
            "without_low": look.count_column("from"),
            "without_high": look.count_column("to"),
            "with": look.count_column("Expected with"),
            "with_low": look.count_column("from "),
            "with_high": look.count_column("to "),
        },
    )
    st.caption(
        "Expected as the plan was made, for its markets; counted as known now, for the same ones. "
        "Whether the money was spent as planned is not known here. Ends of ranges are added up as "
        "if all weeks were wrong in the same way, so the ranges are wide."
    )


def _ranges(found: Outcome) -> None:
    first, second, third = st.columns(3)
    first.metric("Came", look.count(found.actual), border=True)
    second.metric("Expected without the plan", _range(found.without), border=True)
    third.metric("Expected with the plan", _range(found.with_plan), border=True)


def _range(one: Range | None) -> str:
    return plan_view.extra_visitors(None if one is None else vars(one))


def _again(one: KeptPlan, today: date) -> None:
    start = max(today, one.first)
    if start > one.last:
        notices.nothing(f"It ended on {one.last}: nothing of it is left to plan.")
        return
    with st.form(f"again_{one.path.name}"):
        left, right = st.columns(2, gap="large")
        day = left.date_input(
            "From the week of",
            value=start,
            min_value=one.first,
            max_value=one.last,
            format="YYYY-MM-DD",
            key=f"again_day_{one.path.name}",
        )
        told = right.number_input(
            f"Spent of it before that week, {CURRENCY}",
            min_value=0.0,
            value=None,
            step=100.0,
            placeholder="as planned",
            key=f"again_spent_{one.path.name}",
        )
        asked = st.form_submit_button("Plan the rest again")
    if not asked:
        return
    try:
        body = plans.again(one.request, one.plan, day, told)
        plan = plans.make(body)
    except (PlanError, ServingError) as error:
        notices.problem(error)
        return
    st.session_state["plan_made"] = (body, plan)
    st.rerun()
