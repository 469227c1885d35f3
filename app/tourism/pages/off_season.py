"""Off season: where visitors will be missing, and a plan that spends the budget there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import look, notices
from app.tourism import counts, kept_plans, plan_editor, plan_review, plan_view, plans
from tambo.errors import ServingError, TamboError

TITLE, ORDER = "Off season", 2

MADE = "plan_made"
"""In the visit's state: the request of the plan that is shown, and the plan."""


def show() -> None:
    """Draw the page."""
    if counts.locations().empty:
        notices.nothing("This release holds no count of a whole day, so nothing can be planned.")
        return
    today = counts.today()
    begun = plan_editor.begin(today)
    st.header("What to plan")
    wish = plan_editor.edit(begun, today)
    try:
        request, plan = _plan(None if wish is None else wish.request(), begun.request())
    except ServingError as error:
        notices.problem(error)
    else:
        st.header("Gaps")
        plan_view.gaps(plan)
        st.header("The plan")
        _asked(request)
        plan_view.result(request, plan)
        _keep(request, plan)
    st.header("Kept plans")
    plan_review.show(today)


def _plan(
    asked: Mapping[str, Any] | None, begun: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The plan that was asked for now, or the last one of this visit, or the one to begin with."""
    if asked is not None or MADE not in st.session_state:
        body = begun if asked is None else asked
        with st.spinner("Planning …"):
            st.session_state[MADE] = (body, plans.make(body))
    made: tuple[Mapping[str, Any], Mapping[str, Any]] = st.session_state[MADE]
    return made


def _asked(request: Mapping[str, Any]) -> None:
    where = ", ".join(request["locations"]) or "all locations"
    whom = ", ".join(request["markets"]) or "all markets"
    budget = look.money(request["budget"], 0, plan_editor.CURRENCY)
    again = ""
    if "today" in request:
        spent = sum(one["usd"] for one in request["already"])
        already = look.money(spent, 0, plan_editor.CURRENCY)
        again = f", planned again from {request['today']} on with {already} spent before"
    st.markdown(
        f"{budget}, from the week of {request['first']} to that of {request['last']}{again}: "
        f"{look.plain(where)}; {look.plain(whom)}."
    )


def _keep(request: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    with st.form("plan_keep", clear_on_submit=True):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        name = left.text_input("Keep it as", max_chars=80, key="plan_name")
        asked = right.form_submit_button("Keep this plan", width="stretch")
    if not asked:
        return
    if not name.strip():
        notices.nothing("Give it a name first.")
        return
    try:
        one = kept_plans.keep(name.strip(), request, plan)
    except TamboError as error:
        notices.problem(error)
        return
    st.session_state[plan_review.CHOSEN] = one.path.name
    st.success(f"Kept as {look.plain(one.name)}. It stands below.")
