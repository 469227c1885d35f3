"""The editor of a maintenance schedule: days ahead, hangar slots, closed days, who decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from app import look
from app.fleet.schedule import HORIZON, LONGEST, SHORTEST, Wish
from tambo.planning.fleet.schedules import KINDS

BEST = "the best one"
MOST_SLOTS = 1_000


def edit(slots: Mapping[str, int | None], today: date) -> Wish | None:
    """Draw the editor.

    Args:
        slots: that are stored, by base; None: not told.
        today: the first day that can be planned.

    Returns:
        What was asked for when the button was pressed; None: it was not.
    """
    with st.form("schedule_editor"):
        left, right = st.columns(2, gap="large")
        with left:
            horizon = st.slider(
                "Days ahead", SHORTEST, LONGEST, HORIZON, key="schedule_horizon", width="stretch"
            )
            closed = st.multiselect(
                "Nobody enters on",
                [today + timedelta(days=ahead) for ahead in range(LONGEST)],
                format_func=lambda one: f"{one:%a %d %b %Y}",
                placeholder="no day is closed",
                key="schedule_closed",
            )
            name = st.selectbox(
                "Who decides", [BEST, *KINDS], format_func=look.words, key="schedule_name"
            )
        with right:
            told = _slots(slots)
        asked = st.form_submit_button("Make the plan", type="primary")
    if not asked:
        return None
    return Wish(horizon, changed(slots, told), tuple(closed), None if name == BEST else name)


def _slots(slots: Mapping[str, int | None]) -> pd.DataFrame:
    st.markdown("Hangar slots by base; 0: nobody can enter")
    found: pd.DataFrame = st.data_editor(
        pd.DataFrame({"base": list(slots), "slots": list(slots.values())}).astype(
            {"base": str, "slots": "Int64"}
        ),
        column_config={
            "base": "Base",
            "slots": st.column_config.NumberColumn("Slots", min_value=0, max_value=MOST_SLOTS),
        },
        disabled=["base"],
        hide_index=True,
        placeholder="not told",
        height=195,
        key="schedule_slots",
    )
    return found


def changed(stored: Mapping[str, int | None], table: pd.DataFrame) -> dict[str, int]:
    """Slots that somebody wrote down and that are others than those that are stored.

    >>> changed({"Lima": 2, "Pisco": None}, pd.DataFrame({"base": ["Lima"], "slots": [0]}))
    {'Lima': 0}
    """
    return {
        one["base"]: int(one["slots"])
        for one in table.to_dict("records")
        if pd.notna(one["slots"]) and one["slots"] != stored[one["base"]]
    }
