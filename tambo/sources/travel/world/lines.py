"""Trips and travellers as CSV lines, in the columns and formats of the raw files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv

from tambo.sources.travel.world.draws import Ints
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

_PLACES, _CLASSES, _AGENCIES = pa.array(NAMES), pa.array(CLASSES), pa.array(AGENCIES)
_COMPANIES, _GENDERS = pa.array(list(COMPANIES)), pa.array(GENDERS)
_FIRST, _LAST = pa.array(FIRST), pa.array(LAST)


def csv_lines(columns: list[Any]) -> list[bytes]:
    """Lines without line ends, of columns of equal length; nulls are empty."""
    table = pa.table(columns, names=[str(n) for n in range(len(columns))])
    text = BytesIO()
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    csv.write_csv(table, text, options)
    return text.getvalue().split(b"\n")[:-1]


def user_lines(people: Users) -> list[bytes]:
    """One line a person."""
    first, last = _FIRST.take(people.first), _LAST.take(people.last)
    return csv_lines(
        [
            people.code,
            _COMPANIES.take(people.company),
            compute.binary_join_element_wise(first, last, " "),
            _GENDERS.take(people.gender),
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
        return self.truth.calendar.text("%m/%d/%Y")

    @cached_property
    def _iso_dates(self) -> Any:
        return self.truth.calendar.text("%Y-%m-%d")

    @cached_property
    def _seconds(self) -> Any:
        return pa.array([f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(24 * 3600)])

    def _instants(self, day: Ints, second: Ints) -> Any:
        dates, seconds = self._iso_dates.take(day), self._seconds.take(second)
        return compute.binary_join_element_wise(dates, seconds, " ")

    def flights(self, trips: Trips, codes: Ints) -> list[bytes]:
        """Two lines a trip: out and back."""
        origin, to = _legs(trips.home, trips.place), _legs(trips.place, trips.home)
        booked_at = self._instants(trips.booked, trips.second)
        twice = np.repeat(np.arange(len(trips)), 2)
        return csv_lines(
            [
                codes[twice],
                trips.traveller[twice],
                _PLACES.take(origin),
                _PLACES.take(to),
                _CLASSES.take(trips.flight_class[twice]),
                _legs(trips.fare_out, trips.fare_back),
                self.truth.fares.hours[origin, to],
                self.truth.fares.distance[origin, to],
                _AGENCIES.take(trips.agency[twice]),
                self._dates.take(_legs(trips.day, trips.day + trips.nights)),
                booked_at.take(twice),
                pa.nulls(len(twice), pa.string()),
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
                pa.array(self.truth.hotels.names).take(hotel),
                _PLACES.take(self.truth.hotels.place[hotel]),
                stays.stay_nights,
                cents / 100,
                cents * stays.stay_nights / 100,
                self._dates.take(stays.day),
                self._instants(stays.booked, stays.hotel_second),
                pa.nulls(len(rows), pa.string()),
            ]
        )

    def withdrawn(self, table: str, trips: Trips, codes: Ints) -> list[bytes]:
        """Tombstones of trips: the key and `withdrawn`, everything else empty."""
        if table == "flights":
            key = {
                "travelCode": np.repeat(codes, 2),
                "from": _PLACES.take(_legs(trips.home, trips.place)),
                "to": _PLACES.take(_legs(trips.place, trips.home)),
            }
        else:
            key = {"travelCode": codes[trips.hotel != NO_HOTEL]}
        count = len(key["travelCode"])
        key["withdrawn"] = pa.array(["true"] * count, pa.string())
        empty = pa.nulls(count, pa.string())
        return csv_lines([key.get(name, empty) for name in COLUMNS[table]])
