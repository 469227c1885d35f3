"""Fleet: what each aircraft and yacht needs, what is urgent, and what its sensors read now."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from app import look, notices
from app.fleet import alerts_view, answers, board, columns, seen, vessel_view, vessels
from app.fleet.answers import Fleet
from tambo.errors import ServingError, TamboError

TITLE, ORDER = "Fleet", 1

EVERY_SECONDS = 5
"""How often the board reads the served values again."""


def show() -> None:
    """Draw the page."""
    if vessels.register().empty:
        notices.nothing("This release holds no vessel.")
        return
    _board()


@st.fragment(run_every=EVERY_SECONDS)
def _board() -> None:
    """All that moves; the clock runs it alone, so it says itself what goes wrong."""
    try:
        register = vessels.register()
        fleet = _served(list(register["aircraft_id"]))
        if fleet is not None:
            _overview(register, fleet)
        _vessel(register, fleet)
    except TamboError as error:
        notices.problem(error)


def _served(names: list[str]) -> Fleet | None:
    """What the service says now; None, and why, if it says nothing."""
    try:
        fleet = answers.of_fleet(names)
    except ServingError as error:
        notices.problem(error)
        return None
    seen.note(st.session_state.setdefault("fleet_seen", {}), fleet.due)
    return fleet


def _overview(register: pd.DataFrame, fleet: Fleet) -> None:
    rows = board.table(register, vessels.score_days(), fleet)
    states = rows["state"].value_counts()
    boxes = {"Vessels": len(rows)}
    if fleet.withheld is None:
        boxes |= {"Need attention today": states.get(board.NOW, 0)}
        boxes |= {"Within a week": states.get(board.SOON, 0)}
    boxes |= {"In maintenance": states.get(board.HANGAR, 0)}
    for place, (title, number) in zip(look.beside(len(boxes)), boxes.items(), strict=True):
        place.metric(title, look.count(number), border=True, height="stretch")
    st.header("Urgent first")
    alerts_view.show(fleet.alerts, fleet.withheld)
    st.header("Every vessel")
    look.table(rows, columns.BOARD, look.high(rows))
    _said(rows, fleet)


def _said(rows: pd.DataFrame, fleet: Fleet) -> None:
    st.caption(
        f"Read from the service at {datetime.now(UTC):%H:%M:%S} UTC, and again every "
        f"{EVERY_SECONDS} seconds. Health: the maker's score of the engines, 100 is new. Next "
        f"maintenance: the day by which it is as likely to have begun as not{_between(fleet)}. "
        "Empty: not within the days that are foretold, or not known."
    )
    unread = rows.loc[rows["health"].isna() & (rows["state"] != board.UNKNOWN), "vessel"]
    if len(unread):
        notices.nothing(f"No reading of the engines is known: {', '.join(unread)}.")
    if fleet.refused:
        names = ", ".join(fleet.refused)
        notices.nothing(f"The service knows nothing of {names} yet: they came after its features.")


def _between(fleet: Fleet) -> str:
    for answer in fleet.due.values():
        level = look.percent(answer["interval"]["level"])
        return f"; {level} of them begin between earliest and latest"
    return ""


def _vessel(register: pd.DataFrame, fleet: Fleet | None) -> None:
    st.header("One vessel")
    names = list(register["aircraft_id"])
    if st.session_state.get("fleet_vessel") not in names:
        urgent = [] if fleet is None else [one["aircraft_id"] for one in fleet.alerts]
        st.session_state["fleet_vessel"] = next(iter(urgent), names[0])
    name = st.selectbox("Vessel", names, key="fleet_vessel", width=420)
    answer = None if fleet is None else fleet.due.get(name)
    live = st.session_state.get("fleet_seen", {}).get(name, {})
    vessel_view.show(name, answer, live)
