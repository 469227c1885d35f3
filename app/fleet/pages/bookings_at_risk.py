"""Bookings at risk: which booked trips may not be flown, why, and what can be done instead."""

from __future__ import annotations

import httpx
import pandas as pd
import streamlit as st

from app import look, notices
from app.fleet import bookings, columns, operations, operations_view, vessels
from app.fleet.answers import AT_ONCE
from tambo.errors import ServingError
from tambo.serving.problem import ProblemError

TITLE, ORDER = "Bookings at risk", 3

DAYS = (14, 30, 60, 90, 180)
CHANCES = (0.05, 0.1, 0.2, 0.3)
"""Of a failure, from which on a booking is at risk."""

_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


def show() -> None:
    """Draw the page."""
    register = vessels.register()
    if register.empty:
        notices.nothing("This release holds no vessel.")
        return
    now = bookings.now()
    booked = bookings.ahead(now)
    if booked.empty:
        notices.nothing(f"No trip is booked from {now:%d %B %Y, %H:%M} UTC on.")
        return
    days, chance = _wish()
    trips = _plannable(booked)
    soon = bookings.before(trips, now, days)
    if soon.empty:
        notices.nothing(f"No trip is booked for the next {days} days; {len(trips)} for later.")
        return
    try:
        with st.spinner("Planning …"):
            answer, unknown = operations.plan(
                trips, list(register["aircraft_id"]), now, days, chance
            )
    except ServingError as error:
        _without(soon, error)
        return
    operations_view.show(register, trips, answer, now)
    _unknown(unknown)


def _wish() -> tuple[int, float]:
    left, right, _ = st.columns([1, 1, 2])
    days = left.selectbox("Days ahead", DAYS, index=1, key="risk_days")
    chance = right.selectbox(
        "At risk from a chance of failure of",
        CHANCES,
        index=1,
        format_func=look.percent,
        key="risk_chance",
    )
    return days, chance


def _plannable(trips: pd.DataFrame) -> pd.DataFrame:
    """Those that the service plans at once; says that there are more."""
    if len(trips) > AT_ONCE:
        notices.nothing(f"{len(trips)} trips are booked: the first {AT_ONCE} are planned.")
    return trips.head(AT_ONCE).reset_index(drop=True)


def _without(trips: pd.DataFrame, error: ServingError) -> None:
    """What can be said without a plan: the bookings, unless the asker is refused."""
    notices.problem(error)
    if isinstance(error, ProblemError) and error.problem.status in _REFUSED:
        notices.nothing("Bookings and their plan are shown to roles that may ask for the plan.")
        return
    st.header("Booked, not planned")
    currency = vessels.currency()
    shown = trips.rename(
        columns={"booking_id": "booking", "vessel_type": "kind", "departs_at": "departs"}
    )
    listed = ["booking", "departs", "base", "destination", "kind", "hours", "revenue"]
    look.table(operations_view.whole(shown[listed]), columns.planned(currency))


def _unknown(names: list[str]) -> None:
    if names:
        notices.nothing(
            f"The service knows nothing of {', '.join(names)} yet, so they fly nothing here."
        )
