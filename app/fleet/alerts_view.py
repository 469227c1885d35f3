"""Vessels that need attention, on a page: why, and until when each can wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from app import look, notices
from app.fleet import board, columns
from app.fleet.answers import Answer


def show(
    alerts: Sequence[Answer],
    withheld: str | None,
    enters: Mapping[str, date | None] | None = None,
) -> None:
    """Draw them.

    Args:
        alerts: the most urgent first.
        withheld: why they are not told to whoever asks; None: they are.
        enters: when a plan lets each vessel enter; None: no plan is shown.
    """
    if withheld is not None:
        notices.nothing(f"Your role is not told what is urgent: {withheld}.")
        return
    if not alerts:
        notices.nothing("No vessel needs attention.")
        return
    rows, costs = board.urgent(alerts), [one["cost"] for one in alerts]
    currency = next((one["currency"] for one in costs if one is not None), None)
    if currency is None:
        rows = rows.drop(columns="cost")
    if enters is not None:
        rows.insert(5, "enters", rows["vessel"].map(dict(enters)))
    look.table(rows, columns.urgent(currency or ""))
    cost = "" if currency is None else " Cost: what the next maintenance is expected to cost."
    plan = "" if enters is None else " Enters by the plan: empty, not within its days."
    st.caption(
        "The vessel that can wait least comes first; each reason says until when it can wait (day, "
        f"UTC).{cost}{plan}"
    )
