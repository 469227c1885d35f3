"""Fares: what was paid on a route, what the next 90 days will cost, and what moves the price."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from app import look, notices
from app.travel import fare_charts, prices, routes
from app.travel.prices import Flight
from tambo.errors import ServingError
from tambo.requesttime.travel import FLIGHT_CLASSES

TITLE, ORDER = "Fares", 2


def show() -> None:
    """Draw the page."""
    known = routes.routes()
    if known.empty:
        notices.nothing("This release holds no flight, so there is no fare to show.")
        return
    flight = _choose(known)
    _route(known, flight)
    st.header("Fares paid")
    _paid(flight)
    st.header(f"The next {prices.DAYS} days")
    try:
        _calendar(flight)
        st.header("What moves the price")
        _moves(flight)
    except ServingError as error:
        notices.problem(error)


def _choose(known: pd.DataFrame) -> Flight:
    """Route, class and agency; the day is tomorrow, the first of the calendar."""
    first, second, third, fourth = st.columns(4)
    origins = sorted(known["origin"].unique())
    start = origins.index(known["origin"].iloc[0])
    origin = first.selectbox("From", origins, index=start, key="fares_from")
    ends = known[known["origin"] == origin]["destination"]
    destinations = sorted(ends)
    start = destinations.index(ends.iloc[0])
    destination = second.selectbox("To", destinations, index=start, key="fares_to")
    flight_type = third.selectbox(
        "Class", FLIGHT_CLASSES, format_func=look.words, key="fares_class"
    )
    agency = fourth.selectbox("Agency", routes.agencies(flight_type), key="fares_agency")
    return Flight(origin, destination, flight_type, agency, routes.today() + timedelta(days=1))


def _route(known: pd.DataFrame, flight: Flight) -> None:
    mine = known[
        (known["origin"] == flight.origin) & (known["destination"] == flight.destination)
    ].iloc[0]
    first, second, third, fourth = st.columns(4)
    first.metric("Legs flown or booked", look.count(mine["legs"]), border=True)
    second.metric("Distance", f"{mine['distance_km']:,.0f} km", border=True)
    third.metric("Time in the air", f"{mine['duration_hours']:.1f} h", border=True)
    fourth.metric("Mean fare, all classes", look.money(mine["mean_fare"], 0), border=True)


def _paid(flight: Flight) -> None:
    only = st.toggle(f"Only {look.plain(flight.agency)}", key="fares_only")
    found = routes.history(flight.origin, flight.destination, flight.agency if only else "")
    if found.empty:
        notices.nothing(f"{flight.agency} has sold no leg of this route.")
    else:
        look.chart(
            fare_charts.history(found),
            f"Fares paid from {flight.origin} to {flight.destination} by month and class",
        )
        st.caption("Median of each month of travel; the band holds the middle 80 % of the fares.")
    sold = routes.fares(flight.origin, flight.destination)
    look.table(
        sold.assign(flight_type=sold["flight_type"].map(look.words)),
        {
            "flight_type": "Class",
            "agency": "Agency",
            "legs": look.count_column("Legs"),
            "median_fare": look.money_column("Median"),
            "low_fare": look.money_column("10 % pay less than"),
            "high_fare": look.money_column("10 % pay more than"),
            "last_fare": look.money_column("Last known"),
        },
    )


def _calendar(flight: Flight) -> None:
    found, answer = prices.calendar(flight)
    level = answer["interval"]["level"]
    cheapest, *_, dearest = found.sort_values("price").to_dict("records")
    first, second, third = st.columns(3)
    days = ((first, "Cheapest day", cheapest), (second, "Dearest day", dearest))
    for place, title, row in days:
        place.metric(f"{title}: {row['day']:%a %d %b}", look.money(row["price"]), border=True)
    third.metric("Difference", look.money(dearest["price"] - cheapest["price"]), border=True)
    left, right = st.columns([3, 2])
    with left:
        look.chart(
            fare_charts.band(found, level),
            f"Price of the next {prices.DAYS} days with its {look.percent(level)} interval",
            height=380,
        )
    with right:
        look.chart(
            fare_charts.weeks(found),
            f"Price of the next {prices.DAYS} days, a row a week",
            height=380,
        )
    model = answer["model"]
    st.caption(
        f"Answered by {model['name']} version {model['version']} ({model['estimator']}), asked on "
        f"{routes.today():%d %b %Y}. The band is the {look.percent(level)} interval: so often the "
        "fare is expected to lie in it."
    )
    notices.warnings(answer["warnings"])
    with st.expander("The same as a table"):
        look.table(
            found,
            {
                "day": st.column_config.DateColumn("Day of travel", format="ddd, D MMM YYYY"),
                "price": look.money_column("Price"),
                "low": look.money_column(f"{look.percent(level)} interval from"),
                "high": look.money_column("to"),
            },
        )


def _moves(flight: Flight) -> None:
    today = routes.today()
    last = today + timedelta(days=prices.DAYS)
    chosen: date = st.date_input(
        "Day of travel",
        value=today + timedelta(days=30),
        min_value=today,
        max_value=last,
        format="YYYY-MM-DD",
        key="fares_day",
        width=240,
    )
    base = Flight(flight.origin, flight.destination, flight.flight_type, flight.agency, chosen)
    found = prices.variations(base, routes.agencies(base.flight_type), today)
    own = prices.prices([base])[0]
    kept = f"{look.words(base.flight_type)}, {look.plain(base.agency)}, {chosen:%a %d %b %Y}"
    st.markdown(
        f"One thing is changed at a time, all else stays: {kept}, asked today: "
        f"**{look.money(own['price'])}**. This is what the model answers, not why an agency sets "
        "a fare."
    )
    left, right = st.columns(2)
    titles = {"class": "Class", "agency": "Agency", "weekday": "Day of that week"}
    for place, (kind, title) in zip((left, right, left), titles.items(), strict=True):
        rows = found[found["kind"] == kind]
        with place:
            look.chart(
                fare_charts.differences(rows, title),
                f"Change of the price by {title.lower()}",
                height=200,
            )
    with right:
        leads = found[found["kind"] == "lead"]
        if leads.empty:
            notices.nothing("The flight is today: there is no other day to book it on.")
        else:
            look.chart(fare_charts.lead(leads), "Price by days booked ahead", height=200)
