"""Hotels: a traveller's past stays, what is recommended to them and why, and what if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from app import look, notices
from app.travel import hotel_charts, opinions, places, routes, travellers
from app.travel.travellers import Traveller
from app.travel.wishes import Wish, recommend
from tambo.errors import ServingError

TITLE, ORDER = "Hotels", 1

_ANY, _HOME = "any place", "their home"
_MOST_NIGHTS = 365


def show() -> None:
    """Draw the page."""
    who = _choose()
    st.header("Recommended")
    left, right = st.columns([2, 3], gap="large")
    with left:
        wish = _wish(who)
    found: Mapping[str, Any] = {}
    with right:
        try:
            found, free = recommend(wish)
            _recommended(wish, found, free)
        except ServingError as error:
            notices.problem(error)
    if who is not None:
        recommended = [one["place"] for one in found.get("recommendations", [])]
        stays = travellers.history(who.code)
        trips, home = travellers.trips(who.code)
        with left:
            st.subheader("On the map")
            _map(stays, home, recommended)
        st.header("Past stays")
        _history(stays, trips, home)


def _choose() -> Traveller | None:
    """The traveller to look at; None: somebody of whom nothing is known."""
    left, right = st.columns([2, 3], gap="large", vertical_alignment="bottom")
    unknown = left.toggle("Somebody new, of whom nothing is known", key="hotels_new")
    text = left.text_input(
        "Search by number or company",
        key="hotels_search",
        disabled=unknown,
        help="The first digits of a traveller's number, or a part of the company's name.",
    )
    if unknown:
        with right:
            notices.nothing("A new traveller has no past: hotels are ranked by what all others do.")
        return None
    known = travellers.search(text)
    if not known:
        with right:
            notices.nothing(f"No traveller's number starts with “{text}”, and no company has it.")
        return None
    return right.selectbox(
        "Traveller",
        known,
        format_func=Traveller.label,
        key="hotels_traveller",
        help=f"At most {travellers.MOST} are listed; search to find others. Names are not shown.",
    )


def _wish(who: Traveller | None) -> Wish:
    to = st.selectbox("Destination", [_ANY, *travellers.hotel_places()], key="hotels_to")
    leave = st.selectbox("Leaving from", [_HOME, *travellers.origins()], key="hotels_from")
    budget = st.number_input(
        "Most for a night, BRL",
        min_value=1.0,
        max_value=1_000_000.0,
        value=None,
        step=10.0,
        placeholder="no limit",
        key="hotels_budget",
    )
    check_in, check_out = _dates()
    k = st.slider("How many hotels", 1, 20, 5, key="hotels_k")
    diversity = st.slider(
        "Diversity",
        0.0,
        1.0,
        0.0,
        0.1,
        key="hotels_diversity",
        help="0: the likeliest hotels; 1: each place once before any place comes again.",
    )
    return Wish(
        user_code=None if who is None else who.code,
        origin=None if leave == _HOME else leave,
        place=None if to == _ANY else to,
        check_in=check_in,
        check_out=check_out,
        budget=budget,
        k=k,
        diversity=diversity,
    )


def _dates() -> tuple[date | None, date | None]:
    """Arrival and departure, if the visitor gives dates."""
    if not st.toggle("With dates", key="hotels_dated"):
        return None, None
    today = routes.today()
    first, second = st.columns(2)
    check_in = first.date_input(
        "Check-in",
        today + timedelta(days=14),
        min_value=today,
        format="YYYY-MM-DD",
        key="hotels_in",
    )
    check_out = second.date_input(
        "Check-out",
        check_in + timedelta(days=3),
        min_value=check_in + timedelta(days=1),
        max_value=check_in + timedelta(days=_MOST_NIGHTS),
        format="YYYY-MM-DD",
        key=f"hotels_out_{check_in}",
    )
    return check_in, check_out


def _recommended(wish: Wish, found: Mapping[str, Any], free: Mapping[str, Any]) -> None:
    notices.warnings(found["warnings"])
    _limits(wish, found["recommendations"], free["recommendations"])
    if not found["recommendations"]:
        notices.nothing("No hotel fits: raise the budget, or leave the destination open.")
    for one in found["recommendations"]:
        _card(wish, found, one)
    model = found["model"]
    home = look.plain(found["home"] or "not known")
    known = "nothing is known of them" if found["coldStart"] else f"home {home}"
    st.caption(
        f"{look.count(found['considered'])} hotels are known, {look.count(found['scored'])} were "
        f"ranked by {model['name']} version {model['version']} ({model['estimator']}); {known}. "
        "The chance is that of each hotel among those ranked."
    )


def _limits(wish: Wish, limited: Sequence[Any], free: Sequence[Any]) -> None:
    """Say what budget and destination changed."""
    if wish == wish.without_limits():
        return
    before = [(one["hotel"], one["place"]) for one in free]
    others = sum((one["hotel"], one["place"]) not in before for one in limited)
    st.markdown(
        f"**{others} of the {len(limited)}** hotels here would not be in the list without budget "
        "and destination."
    )


def _card(wish: Wish, found: Mapping[str, Any], one: Mapping[str, Any]) -> None:
    with st.container(border=True, key=f"hotel_{one['rank']}"):
        left, right = st.columns([3, 2])
        left.markdown(
            f"**{one['rank']}. {look.plain(one['hotel'])}**  \n{look.plain(one['place'])}"
        )
        right.markdown(_price(one))
        st.progress(min(1.0, one["score"]), text=f"Chance {look.percent(one['score'], 1)}")
        st.markdown("\n".join(f"- {look.plain(reason)}" for reason in one["reasons"]))
        opinions.buttons(wish, found, one)
        with st.expander("What it rests on"):
            look.features(one["features"])


def _history(stays: pd.DataFrame, trips: int, home: str | None) -> None:
    first, second, third, fourth = st.columns([2, 2, 3, 4])
    first.metric("Trips", look.count(trips), border=True)
    second.metric("Stays", look.count(len(stays)), border=True)
    price = None if stays.empty else float(stays["nightly_price"].mean())
    third.metric("Mean price of a night", look.money(price, 0), border=True)
    fourth.metric("Home, as the trips tell", home or "not known", border=True)
    if stays.empty:
        notices.nothing("This traveller has not stayed in a hotel yet.")
        return
    look.chart(hotel_charts.timeline(stays), "Stays by day of arrival and place", height=380)
    with st.expander("The stays as a table"):
        look.table(
            stays,
            {
                "hotel_name": "Hotel",
                "place": "Place",
                "stay_date": st.column_config.DateColumn("Arrival", format="YYYY-MM-DD"),
                "nights": "Nights",
                "nightly_price": look.money_column("A night"),
            },
        )


def _price(one: Mapping[str, Any]) -> str:
    if one["nightlyPrice"] is None:
        return "Price not known"
    price = f"**{look.money(one['nightlyPrice'])}** a night"
    return (
        price if one["totalPrice"] is None else f"{price}  \n{look.money(one['totalPrice'])} in all"
    )


def _map(stays: pd.DataFrame, home: str | None, recommended: Sequence[str]) -> None:
    names = {*stays["place"], *recommended, *([] if home is None else [home])}
    where = places.find(names)
    look.chart(
        hotel_charts.on_map(stays, where, home, recommended),
        f"Map of Brazil with the places of {len(stays)} stays",
        height=420,
    )
    if lost := sorted(names - where.keys()):
        names_lost = look.plain(", ".join(lost))
        st.caption(f"Not on the map, as nobody said where they lie: {names_lost}.")
