"""Buttons under a recommended hotel: what somebody says of it is kept for the models to learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import streamlit as st

from app import notices, released
from app.travel.wishes import PATH, Wish
from tambo.errors import TamboError
from tambo.monitoring.feedback import Feedback, record

Kind: TypeAlias = Literal["useful", "not_for_me", "booked"]

KINDS: dict[Kind, str] = {"useful": "Useful", "not_for_me": "Not for me", "booked": "Booked"}
"""What can be said, with the words on the button."""

_SAID = "opinions"


def buttons(wish: Wish, found: Mapping[str, Any], one: Mapping[str, Any]) -> None:
    """Offer what can be said of one hotel of an answer, and show what was said.

    Args:
        wish: what was asked for.
        found: the service's answer.
        one: the hotel in it.
    """
    name = f"{wish.user_code}|{one['hotel']}|{one['place']}"
    said: dict[str, tuple[Kind, str]] = st.session_state.setdefault(_SAID, {})
    mine, note = said.get(name, (None, ""))
    for place, (kind, words) in zip(st.columns(len(KINDS)), KINDS.items(), strict=True):
        clicked = place.button(
            words,
            key=f"opinion_{kind}_{name}",
            disabled=kind == mine,
            type="primary" if kind == mine else "secondary",
            width="stretch",
        )
        if clicked:
            _keep(feedback(kind, wish, found, one), name)
    if mine is not None:
        st.caption(f"You said: {KINDS[mine].lower()}. {note}")


def _keep(given: Feedback, name: str) -> None:
    try:
        arrived = record(released.settings(), given)
    except TamboError as error:
        notices.problem(error)
        return
    waits = "It is kept, and goes into the lake when nobody writes there."
    where = "It is in the lake." if arrived else waits
    st.session_state[_SAID][name] = (given.kind, where)
    st.rerun()


def feedback(kind: Kind, wish: Wish, found: Mapping[str, Any], one: Mapping[str, Any]) -> Feedback:
    """What is kept: the opinion, the hotel, what was asked for, and which model had answered."""
    nights = None
    if wish.check_in is not None and wish.check_out is not None:
        nights = (wish.check_out - wish.check_in).days
    return Feedback(
        kind=kind,
        domain="travel",
        endpoint=PATH,
        model=found["model"]["name"],
        model_version=found["model"]["version"],
        release=found["release"],
        subject=None if wish.user_code is None else str(wish.user_code),
        item=one["hotel"],
        place=one["place"],
        rank=one["rank"],
        destination=wish.place,
        budget=wish.budget,
        nights=nights,
        travel_date=wish.check_in,
    )
