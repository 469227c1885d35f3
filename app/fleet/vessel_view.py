"""One vessel: its figures now, its readings of the last weeks, and its log."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import look, notices
from app.fleet import board, columns, vessel_charts, vessels
from app.fleet import seen as live_readings
from app.fleet.answers import Answer
from app.fleet.seen import Readings

SENSORS = {"score": "health score, of 100", "variance": "temperature variance, °C²"}


def show(name: str, answer: Answer | None, live: Readings) -> None:
    """Draw it.

    Args:
        name: of the vessel.
        answer: what the service says of it; None: nothing.
        live: what was served of its sensors since the page was opened.
    """
    if answer is not None:
        notices.warnings(answer["warnings"])
        _figures(answer)
    _readings(name, live)
    _log(name)
    if answer is not None:
        with st.expander("The features that this rests on"):
            look.features(answer["features"])


def _figures(answer: Answer) -> None:
    found = board.values(answer)
    week = found.get("aircraft_health__engine_health_score_trend_28d")
    trend = None if week is None else f"{7 * week:+.1f} points a week"
    hours = found.get("aircraft_operations__hours_since_maintenance")
    days = found.get("maintenance_request__days_since_last_maintenance")
    boxes = {
        "Health now": (number(found.get("aircraft_health__engine_health_score"), 1), trend),
        "Since maintenance": (
            spent(hours, days),
            limits(
                found.get("aircraft_profile__hours_between_overhauls"),
                found.get("aircraft_profile__days_between_overhauls"),
            ),
        ),
        "Next maintenance": next_date(answer),
        "Failure within 30 days": (
            look.percent(board.chance(answer, 30)),
            f"7 days: {look.percent(board.chance(answer, 7))}, "
            f"90 days: {look.percent(board.chance(answer, 90))}",
        ),
    }
    for place, (title, (value, note)) in zip(look.beside(len(boxes)), boxes.items(), strict=True):
        moves = title == "Health now"
        place.metric(
            title,
            value,
            delta=note,
            delta_color="normal" if moves else "off",
            delta_arrow="auto" if moves else "off",
            border=True,
            height="stretch",
        )


def number(value: float | None, digits: int = 0) -> str:
    """A figure, or that there is none.

    >>> number(93.64, 1), number(1234.5), number(None)
    ('93.6', '1,234', 'not known')
    """
    return "not known" if value is None else f"{value:,.{digits}f}"


def spent(hours: float | None, days: float | None) -> str:
    """What a vessel has behind it, in words.

    >>> spent(38.0, 10.2), spent(None, 10.2), spent(None, None)
    ('38 h, 10 days', '10 days', 'not known')
    """
    return _both(hours, days) or "not known"


def limits(hours: float | None, days: float | None) -> str:
    """What the law allows between two overhauls, in words.

    >>> limits(400.0, 365.0), limits(None, 365.0), limits(None, None)
    ('the law allows 400 h, 365 days', 'the law allows 365 days', 'no legal limit is known')
    """
    known = _both(hours, days)
    return f"the law allows {known}" if known else "no legal limit is known"


def _both(hours: float | None, days: float | None) -> str:
    pairs = ((hours, "h"), (days, "days"))
    return ", ".join(f"{one:,.0f} {unit}" for one, unit in pairs if one is not None)


def next_date(answer: Answer) -> tuple[str, str]:
    """The day of the next maintenance, and the interval around it."""
    interval = answer["interval"]
    early, late = interval["earliest"], interval["latest"]
    between = f"{_written(early)} to {_written(late)}" if late else f"from {_written(early)} on"
    day = answer["date"]
    return _written(day) if day else f"not within {answer['horizon']} days", between


def _written(day: str) -> str:
    return f"{pd.Timestamp(day):%d %b %Y}"


def _readings(name: str, live: Readings) -> None:
    past = vessels.readings(name)
    last = None if past.empty else past["read_at"].max().to_pydatetime()
    since = live_readings.after(live, last)
    if past.empty and since.empty:
        notices.nothing(f"No reading of {name} is known of the last {vessels.BACK_DAYS} days.")
        return
    for place, (column, title) in zip(st.columns(len(SENSORS)), SENSORS.items(), strict=True):
        if past[column].notna().any() or since[column].notna().any():
            with place:
                drawn = vessel_charts.readings(past, since, column, title)
                look.chart(drawn, f"{title} of {name} in the last weeks")
    st.caption(
        f"{vessels.BACK_DAYS} days of readings at the release, by the hour, outliers left out; "
        f"then {len(since)} that came since, seen while this page is open, as they were read."
    )


def _log(name: str) -> None:
    found = vessels.entries(name)
    st.subheader("Service log")
    if found.empty:
        notices.nothing(f"The log of {name} holds no entry of the last {vessels.LOG_DAYS} days.")
        return
    look.table(found, columns.LOG)
    st.caption(
        f"Entries of {vessels.LOG_DAYS} days before the release. Their texts and authors may name "
        "persons, and are not shown."
    )
