"""Schedule: which vessel enters a hangar on which day, and what that costs against today's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import streamlit as st

from app import look, notices, released
from app.fleet import (
    alerts_view,
    answers,
    bookings,
    schedule,
    schedule_dates,
    schedule_editor,
    schedule_view,
    vessels,
)
from app.fleet.answers import Answer
from app.fleet.schedule import Wish
from tambo.errors import ServingError
from tambo.serving.problem import ProblemError

TITLE, ORDER = "Schedule", 2

MADE = "schedule_made"
"""In the visit's state: the plan that is shown."""

_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


@dataclass(frozen=True)
class Made:
    """A plan of this visit.

    Attributes:
        release: that the app showed then.
        wish: what was asked for.
        body: of the question.
        answer: the service's.
        unknown: vessels that the service knows nothing of.
    """

    release: int
    wish: Wish
    body: Mapping[str, Any]
    answer: Answer
    unknown: Sequence[str]


def show() -> None:
    """Draw the page."""
    names = list(vessels.register()["aircraft_id"])
    if not names:
        notices.nothing("This release holds no vessel.")
        return
    if len(names) > schedule.MOST:
        notices.nothing(f"The first {schedule.MOST} of {len(names)} vessels are planned.")
    st.header("What to plan")
    wish = schedule_editor.edit(vessels.slots(), bookings.now().date())
    try:
        made = _made(wish, names)
    except ServingError as error:
        _without(names, error)
        return
    _plan(made)
    st.header("Urgent first")
    _alerts(names, made.answer)
    schedule_dates.show(made.body, made.answer, made.wish.closed)
    schedule_view.vessel(made.answer)
    schedule_view.simulated(made.answer)
    schedule_view.rests_on(made.answer)


def _made(wish: Wish | None, names: Sequence[str]) -> Made:
    """The plan that was asked for now, or the last one of this visit, or the one to begin with."""
    kept: Made | None = st.session_state.get(MADE)
    number = released.release().number
    if wish is None and kept is not None and kept.release == number:
        return kept
    asked = wish or Wish()
    with st.spinner("Planning …"):
        body, answer, unknown = schedule.make(asked.request(bookings.now()), names)
    made = Made(number, asked, body, answer, unknown)
    st.session_state[MADE] = made
    schedule_dates.forget()
    return made


def _plan(made: Made) -> None:
    st.header("The plan")
    _asked(made)
    schedule_view.figures(made.answer)
    schedule_view.limits(made.answer["limits"], schedule.PROPOSED)
    schedule_view.limits(made.answer["current_limits"], schedule.PRACTICE)
    if made.unknown:
        notices.nothing(f"The service knows nothing of {', '.join(made.unknown)} yet.")
    schedule_view.gantt(made.answer, made.wish.closed)
    st.header("Who comes first, and why")
    schedule_view.plan(made.answer)


def _asked(made: Made) -> None:
    wish = made.wish
    parts = [f"{wish.horizon} days, decided by {look.words(made.answer['schedule'])}"]
    parts += [f"{base} with {slots} slots" for base, slots in wish.slots.items()]
    if wish.closed:
        parts.append(f"nobody enters on {', '.join(_day(one) for one in sorted(wish.closed))}")
    st.markdown(f"{look.plain('; '.join(parts))}.")


def _day(one: date) -> str:
    return f"{one:%d %b %Y}"


def _alerts(names: Sequence[str], answer: Answer | None) -> None:
    """What is urgent, and when the plan lets it enter; the rest of the page stays without it."""
    enters = None
    if answer is not None:
        enters = {one["aircraft_id"]: schedule.day(one["enters"]) for one in answer["vessels"]}
    try:
        alerts, withheld = answers.alerts_of(names)
    except ServingError as error:
        notices.problem(error)
        return
    alerts_view.show(alerts, withheld, enters)


def _without(names: Sequence[str], error: ServingError) -> None:
    """What can be said without a plan: what is urgent, unless nobody answers."""
    notices.problem(error)
    if not isinstance(error, ProblemError):
        return
    if error.problem.status in _REFUSED:
        notices.nothing("The schedule is shown to roles that may ask for it.")
        return
    st.header("Urgent first")
    _alerts(names, None)
