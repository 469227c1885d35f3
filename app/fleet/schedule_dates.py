"""The date editor: somebody's own dates, and what the service expects of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from app import look, notices
from app.fleet import columns, schedule, schedule_view, vessels
from app.fleet.answers import Answer
from tambo.errors import ServingError

HELD = "schedule_held"
"""In the visit's state: the dates that were asked about last, and the answer."""
_EDITS = "schedule_edits"
"""Likewise, how often the table was filled anew."""


def forget() -> None:
    """Begin again with the dates of another plan."""
    st.session_state.pop(HELD, None)
    _anew()


def _anew() -> None:
    st.session_state[_EDITS] = st.session_state.get(_EDITS, 0) + 1


def show(body: Mapping[str, Any], answer: Answer, closed: Sequence[date]) -> None:
    """Draw the editor, and what the dates in it are expected to cost.

    Args:
        body: that the plan was asked for with.
        answer: the plan.
        closed: days on which nobody enters.
    """
    st.header("Your own dates")
    kept: tuple[list[dict[str, str]], Answer] | None = st.session_state.get(HELD)
    own = None if kept is None else _dates(kept[0])
    rows = _editor(schedule.editable(answer, own), answer)
    if rows is not None:
        kept = _asked(body, schedule.entries(rows)) or kept
    plans = {schedule.PROPOSED: answer["plan"], schedule.PRACTICE: answer["current_plan"]}
    if kept is not None:
        plans[schedule.OWN] = kept[1]["current_plan"]
    whole = dict.fromkeys(schedule.AMOUNTS, 0)
    look.table(schedule.compared(plans).round(whole), columns.compared(vessels.currency()))
    st.caption(
        "All figures are the service's, expected over these days. Cost: maintenance, failures and "
        "revenue lost, less what the vessels are worth at the end; plans are compared by it, and "
        "only differences of it and of worth say anything."
    )
    if kept is not None:
        _held(kept[1], answer, closed)


def _dates(entries: Sequence[Mapping[str, str]]) -> dict[str, date]:
    return {one["aircraft_id"]: date.fromisoformat(one["enters"]) for one in entries}


def _editor(rows: pd.DataFrame, answer: Answer) -> pd.DataFrame | None:
    """The table when the button was pressed; None: it was not."""
    today = date.fromisoformat(answer["asked_at"][:10])
    number = st.session_state.get(_EDITS, 0)
    with st.form(f"schedule_dates_{number}", border=False):
        found: pd.DataFrame = st.data_editor(
            rows,
            column_config=columns.dates(today, today + timedelta(days=answer["horizon"] - 1)),
            disabled=["vessel", "base", "proposed", "practice"],
            hide_index=True,
            placeholder="",
            key=f"schedule_table_{number}",
        )
        asked = st.form_submit_button("What would that cost?")
    return found if asked else None


def _asked(
    body: Mapping[str, Any], entries: list[dict[str, str]]
) -> tuple[list[dict[str, str]], Answer] | None:
    """Ask the service about somebody's dates, and keep the answer; None: it has none."""
    try:
        with st.spinner("Asking …"):
            held = schedule.hold(body, entries)
    except ServingError as error:
        notices.problem(error)
        return None
    st.session_state[HELD] = entries, held
    _anew()
    return entries, held


def _held(held: Answer, answer: Answer, closed: Sequence[date]) -> None:
    """What the service says of somebody's dates; it calls them the current plan."""
    notices.warnings([one for one in held["warnings"] if one not in answer["warnings"]])
    schedule_view.limits(held["current_limits"], schedule.OWN)
    schedule_view.gantt(held, closed, schedule.OWN)
