"""How the columns of the fleet's tables are named and written, with their units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

_DATE = "D MMM YYYY"


def _number(title: str, form: str, about: str | None = None) -> Any:
    return st.column_config.NumberColumn(title, format=form, help=about)


def _date(title: str, about: str | None = None) -> Any:
    return st.column_config.DateColumn(title, format=_DATE, help=about)


def _instant(title: str) -> Any:
    return st.column_config.DatetimeColumn(title, format="D MMM YYYY, HH:mm")


BOARD: Mapping[str, Any] = {
    "vessel": st.column_config.TextColumn("Vessel", pinned=True),
    "kind": "Kind",
    "base": "Base",
    "state": st.column_config.TextColumn("Attention", help="when somebody must see to it"),
    "health": st.column_config.ProgressColumn(
        "Health, of 100", format="%.1f", min_value=0, max_value=100, width=120
    ),
    "hours": _number("Hours", "%.0f", "since the last maintenance"),
    "next": _date("Next maintenance", "as likely to have begun by then as not"),
    "lately": st.column_config.LineChartColumn(
        "Last 4 weeks",
        help="mean health score of each day; the last point is that of now",
        width=110,
    ),
    "week": _number("Points a week", "%+.1f", "trend of the health score, of the last 4 weeks"),
    "age": _number("Read, hours ago", "%.1f"),
    "chance": _number(
        "Failure in 30 days", "%.1f %%", "its chance where no other maintenance comes first"
    ),
    "hours_limit": _number("Legal hours", "%.0f", "that it may go between two overhauls"),
    "hours_share": _number("Of legal hours", "%.0f %%"),
    "days": _number("Days since maintenance", "%.0f"),
    "days_limit": _number("Legal days", "%.0f", "that it may go between two overhauls"),
    "planned": _date("Planned", "begin of the maintenance that is planned next"),
    "earliest": _date("Earliest"),
    "latest": _date("Latest", "empty: beyond the days that are foretold"),
    "until": _date("Can wait until", "the day, UTC"),
    "model": "Model",
}
"""Of `board.table`."""

LOG: Mapping[str, Any] = {
    "logged_at": _instant("Written, UTC"),
    "severity": "How grave",
}
"""Of `vessels.entries`."""


def urgent(currency: str) -> dict[str, Any]:
    """Of `board.urgent`."""
    return {
        "rank": st.column_config.NumberColumn("Rank", width=50),
        "vessel": "Vessel",
        "when": "See to it",
        "why": st.column_config.TextColumn("Why", width=380),
        "until": _date("Can wait until"),
        "enters": _date("Enters by the plan"),
        "chance": _number("Failure in 30 days", "%.1f %%"),
        "cost": _number(f"Cost, {currency}", "localized"),
    }


def at_risk(currency: str) -> dict[str, Any]:
    """Of `operations.at_risk`."""
    return {
        "rank": st.column_config.NumberColumn("Rank", width=50),
        "booking": st.column_config.TextColumn("Booking", pinned=True),
        "at_risk": _number(f"At risk, {currency}", "localized"),
        "state": "What",
        "why": st.column_config.TextColumn("Why", width=330),
        "instead": st.column_config.TextColumn("Instead", width=330),
        **_trip(currency),
    }


def planned(currency: str) -> dict[str, Any]:
    """Of `operations.planned`."""
    return {
        "booking": st.column_config.TextColumn("Booking", pinned=True),
        "state": "What",
        **_trip(currency),
        "chance": _number(
            "Failure before it is over",
            "%.1f %%",
            "of its vessel; empty: nobody flies it, or a maintenance comes before",
        ),
        "why_not": st.column_config.TextColumn("Why nobody flies it", width=330),
    }


def used(currency: str) -> dict[str, Any]:
    """Of `operations.used`."""
    return {
        "vessel": st.column_config.TextColumn("Vessel", pinned=True),
        "kind": "Kind",
        "base": "Base",
        "trips": "Trips",
        "hours": _number("Hours", "%.1f"),
        "away": _number("Away", "%.0f %%", "share of the days ahead that it is on trips"),
        "in_hangar": _number("In the hangar", "%.0f %%", "share of the days ahead"),
        "revenue": _number(f"Revenue, {currency}", "localized"),
        "legal_hours_left": _number(
            "Legal hours left", "%.0f", "at the end of the days ahead; empty: no legal limit"
        ),
    }


def scheduled(currency: str) -> dict[str, Any]:
    """Of `schedule.planned`."""
    return {
        "priority": st.column_config.NumberColumn("Priority", width=60),
        "vessel": st.column_config.TextColumn("Vessel", pinned=True),
        "base": "Base",
        "enters": st.column_config.DateColumn("Enters", format=_DATE, width=95),
        "back": st.column_config.DateColumn("Back", format=_DATE, help="expected", width=95),
        "practice": _date("Today's practice", "begin of the stay as far as it can be kept"),
        "why": st.column_config.TextColumn("Why", width=420),
        "cost": _number(f"Cost, {currency}", "localized"),
        "chance": _number("Failure before it", "%.1f %%"),
    }


def dates(first: date, last: date) -> dict[str, Any]:
    """Of `schedule.editable`; first and last: days on which a vessel may enter."""
    return {
        "vessel": st.column_config.TextColumn("Vessel", pinned=True),
        "base": "Base",
        "enters": st.column_config.DateColumn(
            "Enters (yours)",
            format=_DATE,
            min_value=first,
            max_value=last,
            help="click to change it; empty: not within these days",
        ),
        "proposed": _date("The plan"),
        "practice": _date("Today's practice"),
    }


def compared(currency: str) -> dict[str, Any]:
    """Of `schedule.compared`."""
    return {
        "plan": st.column_config.TextColumn("By", pinned=True),
        "earned": _number(f"Earned, {currency}", "localized"),
        **_parts(currency),
        "downtime_days": _number("Downtime, days", "%.1f"),
        "maintenances": "Maintenances",
        "worth": _worth(currency),
        "cost": _cost(currency),
    }


def alternatives(currency: str) -> dict[str, Any]:
    """Of `schedule.alternatives`."""
    return {
        "what": st.column_config.TextColumn("Instead", pinned=True),
        "enters": _date("Enters"),
        "cost": _cost(currency),
        **_parts(currency),
        "worth": _worth(currency),
        "why_not": st.column_config.TextColumn("Why it is not possible", width=280),
        "limit": st.column_config.TextColumn("Legal limit", width=280),
    }


def simulated(currency: str) -> dict[str, Any]:
    """Of `schedule.simulated`."""
    return {
        "name": st.column_config.TextColumn("Schedule", pinned=True),
        "serves": st.column_config.CheckboxColumn("The best", help="decides where none is named"),
        "earned": _number(f"Earned, {currency}", "localized"),
        "low": _number("Low", "localized"),
        "high": _number("High", "localized"),
        "maintenances": _number("Maintenances", "%.1f"),
        "failures": _number("Failures", "%.1f"),
    }


def _parts(currency: str) -> dict[str, Any]:
    return {
        "maintenance": _number(f"Maintenance, {currency}", "localized"),
        "failures": _number(
            f"Failures, {currency}", "localized", "that they cost more than maintenances"
        ),
        "absence": _number(
            f"Revenue lost, {currency}",
            "localized",
            "trips lost and compensated for want of a vessel, and waiting for a slot",
        ),
    }


def _worth(currency: str) -> Any:
    return _number(f"Worth at the end, {currency}", "localized", "by how worn the vessels are then")


def _cost(currency: str) -> Any:
    return _number(f"Cost, {currency}", "localized", "the other costs less worth")


def _trip(currency: str) -> dict[str, Any]:
    return {
        "vessel": "Vessel",
        "departs": _instant("Departs, UTC"),
        "returns": _instant("Back, UTC"),
        "base": "From",
        "destination": "To",
        "kind": "Kind",
        "hours": _number("Hours", "%.1f"),
        "revenue": _number(f"Revenue, {currency}", "localized"),
    }
