"""Trips booked in one month by a range of travellers.

Intensity of trips of one purpose from a traveller to a place on a travel day:
trips a year · share of the purpose · chance of the place · demand(purpose, place, day).
It is made by thinning: candidates come at the highest demand, each is kept with the chance
demand / highest demand. A candidate has a booking day first, uniform in the month; the travel day
follows by the days of lead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from tambo.sources.sample.draws import Floats, Ids, Ints, ids
from tambo.sources.travel.world.fares import NOISE
from tambo.sources.travel.world.hotels import PRICE_NOISE
from tambo.sources.travel.world.travellers import Travellers
from tambo.sources.travel.world.truth import Truth

# By purpose (leisure, business): median and log spread, lowest and highest.
LEAD_MEDIAN, LEAD_SPREAD, LEAD_RANGE = (40.0, 9.0), (0.7, 0.8), (1, 200)
NIGHTS_MEDIAN, NIGHTS_SPREAD, NIGHTS_MOST = (5.0, 2.2), (0.5, 0.45), (16, 6)
# Bookings are made between 06:00 and 22:00 local: never in an hour that a clock change repeats.
BOOKING_FROM, BOOKING_HOURS = 6 * 3600, 16
HOTEL_AFTER_SECONDS = (120, 3000)
NO_HOTEL = -1


@dataclass(frozen=True)
class Trips:
    """Trips as arrays with one row each; days are numbers of the world's calendar.

    Args:
        id: what the random numbers of the trip hang on.
        traveller: user code.
        home, place: indices of PLACES; out is home → place, back is place → home.
        purpose: LEISURE or BUSINESS, see seasons.py.
        booked: day of booking; `second` and `hotel_second`: seconds after local midnight.
        day: day of the flight out; `nights` later is the flight back.
        flight_class, agency: indices of CLASSES and AGENCIES, for both flights.
        fare_out, fare_back: BRL, two decimals.
        hotel: index of the hotel, or NO_HOTEL.
        night_price: BRL, two decimals; 0 without a hotel.
        stay_nights: nights paid for.
    """

    id: Ids
    traveller: Ints
    home: Ints
    place: Ints
    purpose: Ints
    booked: Ints
    second: Ints
    hotel_second: Ints
    day: Ints
    nights: Ints
    flight_class: Ints
    agency: Ints
    fare_out: Floats
    fare_back: Floats
    hotel: Ints
    night_price: Floats
    stay_nights: Ints

    def __len__(self) -> int:
        return len(self.traveller)

    def take(self, rows: Ints) -> Trips:
        """The trips at these positions."""
        return Trips(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True)
class _Plan:
    """When and where trips go, before anything is bought."""

    id: Ids
    who: Ints
    purpose: Ints
    booked: Ints
    second: Ints
    day: Ints
    place: Ints


def _plans(truth: Truth, group: Travellers, month: int) -> _Plan:
    draws, demand = truth.draws, truth.seasons.demand
    start, stop = truth.calendar.month_days(month)
    first = truth.calendar.month(month)
    highest = float(demand.max())
    key = ids(group.code, first.year * 12 + first.month - 1)
    mean = group.trips * (stop - start) / 365.25 * highest
    count = draws.poisson("trips of a month", key, mean)
    who = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    trip = ids(key[who], nth)

    purpose = (draws.uniform("purpose", trip) < group.business[who]).astype(np.int64)
    booked = draws.whole("booking day", trip, start, stop - 1)
    spread = np.array(LEAD_SPREAD)[purpose] * draws.normal("lead", trip)
    lead = np.array(LEAD_MEDIAN)[purpose] * np.exp(spread + group.planner[who])
    day = booked + np.clip(lead, *LEAD_RANGE).astype(np.int64)
    place = draws.pick("destination", trip, group.places[purpose, who])
    kept = draws.uniform("kept", trip) * highest < demand[purpose, place, day]

    hours = draws.uniform("hour", trip) + draws.uniform("hour again", trip)
    second = BOOKING_FROM + (hours / 2 * BOOKING_HOURS * 3600).astype(np.int64)
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((rows, second[rows], booked[rows]))]
    return _Plan(
        id=trip[rows],
        who=who[rows],
        purpose=purpose[rows],
        booked=booked[rows],
        second=second[rows],
        day=day[rows],
        place=place[rows],
    )


def _choose_hotels(truth: Truth, group: Travellers, plan: _Plan) -> tuple[Ints, Floats]:
    draws, hotels = truth.draws, truth.hotels
    hotel = np.full(len(plan.who), NO_HOTEL)
    price = np.zeros(len(plan.who))
    stays = np.flatnonzero(draws.uniform("stay", plan.id) < group.stay[plan.who])
    who, day = plan.who[stays], plan.day[stays]
    offers = hotels.slots[plan.place[stays]]
    utility = hotels.utility(
        offers,
        day[:, None],
        group.quality_weight[who, None],
        group.price_weight[who, None],
        group.style[who, None, :],
    )
    utility += draws.gumbel("hotel", ids(plan.id[stays, None], np.arange(offers.shape[1])))
    best = np.argmax(np.where(offers < 0, -np.inf, utility), axis=1)
    hotel[stays] = offers[np.arange(len(stays)), best]
    noise = np.exp(PRICE_NOISE * draws.normal("night price", plan.id[stays]))
    price[stays] = np.round(hotels.expected_price(hotel[stays], day) * noise, 2)
    return hotel, price


def book(truth: Truth, group: Travellers, month: int) -> Trips:
    """All trips that these travellers book in a month, in order of booking."""
    draws, plan = truth.draws, _plans(truth, group, month)
    who, trip = plan.who, plan.id
    home = group.home[who]
    spread = np.array(NIGHTS_SPREAD)[plan.purpose] * draws.normal("nights", trip)
    nights = np.round(np.array(NIGHTS_MEDIAN)[plan.purpose] * np.exp(spread)).astype(np.int64)
    nights = np.clip(nights, 1, np.array(NIGHTS_MOST)[plan.purpose])
    flight_class = draws.pick("class", trip, group.classes[who])
    agency = draws.pick("agency", trip, group.agencies[who, flight_class])
    offer = (flight_class, agency)
    out = truth.fares.expected(home, plan.place, *offer, plan.day, plan.booked)
    back = truth.fares.expected(plan.place, home, *offer, plan.day + nights, plan.booked)
    hotel, night_price = _choose_hotels(truth, group, plan)
    return Trips(
        id=trip,
        traveller=group.code[who],
        home=home,
        place=plan.place,
        purpose=plan.purpose,
        booked=plan.booked,
        second=plan.second,
        hotel_second=plan.second + draws.whole("hotel second", trip, *HOTEL_AFTER_SECONDS),
        day=plan.day,
        nights=nights,
        flight_class=flight_class,
        agency=agency,
        fare_out=np.round(out * np.exp(NOISE * draws.normal("fare out", trip)), 2),
        fare_back=np.round(back * np.exp(NOISE * draws.normal("fare back", trip)), 2),
        hotel=hotel,
        night_price=night_price,
        stay_nights=nights,
    )
