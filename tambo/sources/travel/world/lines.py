"""Trips and travellers as CSV lines, in the columns and formats of the raw files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tambo.sources.sample.columns import csv_lines, joined, named, nothing, texts
from tambo.sources.sample.draws import Ints
from tambo.sources.travel.world.places import AGENCIES, CLASSES, COMPANIES, NAMES
from tambo.sources.travel.world.trips import NO_HOTEL, Trips
from tambo.sources.travel.world.truth import Truth
from tambo.sources.travel.world.users import FIRST, GENDERS, LAST, Users

USER_COLUMNS = ("code", "company", "name", "gender", "age")
FLIGHT_COLUMNS = (
    "travelCode", "userCode", "from", "to", "flightType", "price", "time", "distance", "agency",
    "date", "booked_at", "withdrawn",
)  # fmt: skip
HOTEL_COLUMNS = (
    "travelCode", "userCode", "name", "place", "days", "price", "total", "date", "booked_at",
    "withdrawn",
)  # fmt: skip
COLUMNS = {"users": USER_COLUMNS, "flights": FLIGHT_COLUMNS, "hotels": HOTEL_COLUMNS}

_PLACES, _CLASSES, _AGENCIES = texts(NAMES), texts(CLASSES), texts(AGENCIES)
_COMPANIES, _GENDERS = texts(list(COMPANIES)), texts(GENDERS)
_FIRST, _LAST = texts(FIRST), texts(LAST)


def user_lines(people: Users) -> list[bytes]:
    """One line a person."""
    return csv_lines(
        [
            people.code,
            named(_COMPANIES, people.company),
            joined(named(_FIRST, people.first), named(_LAST, people.last)),
            named(_GENDERS, people.gender),
            people.age,
        ]
    )


def _legs(out: Any, back: Any) -> Any:
    """Values of the two legs in turn: out, back, out, back."""
    return np.stack([out, back], axis=1).reshape(-1)


@dataclass(frozen=True)
class Printer:
    """Writes trips of one world as lines."""

    truth: Truth

    @cached_property
    def _dates(self) -> Any:
        return texts(self.truth.calendar.text("%m/%d/%Y"))

    @cached_property
    def _iso_dates(self) -> Any:
        return texts(self.truth.calendar.text("%Y-%m-%d"))

    @cached_property
    def _seconds(self) -> Any:
        return texts([f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(24 * 3600)])

    def _instants(self, day: Ints, second: Ints) -> Any:
        return joined(named(self._iso_dates, day), named(self._seconds, second))

    def flights(self, trips: Trips, codes: Ints) -> list[bytes]:
        """Two lines a trip: out and back."""
        origin, to = _legs(trips.home, trips.place), _legs(trips.place, trips.home)
        booked_at = self._instants(trips.booked, trips.second)
        twice = np.repeat(np.arange(len(trips)), 2)
        return csv_lines(
            [
                codes[twice],
                trips.traveller[twice],
                named(_PLACES, origin),
                named(_PLACES, to),
                named(_CLASSES, trips.flight_class[twice]),
                _legs(trips.fare_out, trips.fare_back),
                self.truth.fares.hours[origin, to],
                self.truth.fares.distance[origin, to],
                named(_AGENCIES, trips.agency[twice]),
                named(self._dates, _legs(trips.day, trips.day + trips.nights)),
                named(booked_at, twice),
                nothing(len(twice)),
            ]
        )

    def hotels(self, trips: Trips, codes: Ints) -> list[bytes]:
        """One line for each trip that has a hotel."""
        rows = np.flatnonzero(trips.hotel != NO_HOTEL)
        stays, hotel = trips.take(rows), trips.hotel[rows]
        # Whole cents times nights: exact, then the nearest double of two decimals.
        cents = np.rint(stays.night_price * 100).astype(np.int64)
        return csv_lines(
            [
                codes[rows],
                stays.traveller,
                named(texts(self.truth.hotels.names), hotel),
                named(_PLACES, self.truth.hotels.place[hotel]),
                stays.stay_nights,
                cents / 100,
                cents * stays.stay_nights / 100,
                named(self._dates, stays.day),
                self._instants(stays.booked, stays.hotel_second),
                nothing(len(rows)),
            ]
        )

    def withdrawn(self, table: str, trips: Trips, codes: Ints) -> list[bytes]:
        """Tombstones of trips: the key and `withdrawn`, everything else empty."""
        if table == "flights":
            key = {
                "travelCode": np.repeat(codes, 2),
                "from": named(_PLACES, _legs(trips.home, trips.place)),
                "to": named(_PLACES, _legs(trips.place, trips.home)),
            }
        else:
            key = {"travelCode": codes[trips.hotel != NO_HOTEL]}
        count = len(key["travelCode"])
        key["withdrawn"] = texts(["true"] * count)
        empty = nothing(count)
        return csv_lines([key.get(name, empty) for name in COLUMNS[table]])
