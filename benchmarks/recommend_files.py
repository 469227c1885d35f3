"""Raw files of a world with any number of hotels, and where each traveller stays next.

Every traveller has a home, four places that they go to, and a price that they like. In a place they
return to a hotel that they know as often as not; else they choose among its hotels by popularity
(Zipf) and price. One stay of a traveller in a hotel that nobody chose makes each hotel known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

FIRST = date(2023, 1, 1)
DAYS = 3 * 365
RETURNS = 0.5
LIKED_PLACES = 4
HOTELS_A_PLACE, MOST_PLACES = 200, 200
HOTELS_A_TRAVELLER, FEWEST_TRAVELLERS, MOST_TRAVELLERS = 10, 300, 10_000
OWN_STAYS = 20
FARE, HOURS, KM = 480.0, 1.5, 760.0


@dataclass(frozen=True)
class Next:
    """The stay that each traveller books next, which is in no file.

    Attributes:
        traveller: user codes.
        hotel: names.
        place: their places.
    """

    traveller: list[int]
    hotel: list[str]
    place: list[str]


@dataclass(frozen=True)
class _Market:
    place: NDArray[np.int64]
    price: NDArray[np.float64]
    popularity: NDArray[np.float64]

    def choose(self, random: np.random.Generator, place: int, liked: float) -> int:
        here = np.flatnonzero(self.place == place)
        weight = self.popularity[here] * np.exp(-2.0 * np.abs(np.log(self.price[here] / liked)))
        return int(random.choice(here, p=weight / weight.sum()))


def write(folder: Path, hotels: int, seed: int) -> Next:
    """Write users.csv, flights.csv and hotels.csv, and return what comes next."""
    random = np.random.default_rng(seed)
    places = int(np.clip(hotels // HOTELS_A_PLACE, 3, MOST_PLACES))
    market = _Market(
        place=np.arange(hotels) % places,
        price=np.exp(random.normal(5.3, 0.6, hotels)),
        popularity=np.asarray(1.0 / (1.0 + random.permutation(hotels) // places), np.float64),
    )
    people = int(np.clip(hotels // HOTELS_A_TRAVELLER, FEWEST_TRAVELLERS, MOST_TRAVELLERS))
    unknown = np.array_split(random.permutation(hotels), people)
    stays: list[tuple[int, int, int, int]] = []
    following = []
    homes = random.integers(places, size=people)
    for person in range(people):
        chosen = _life(random, market, places, int(homes[person]))
        first = unknown[person][market.place[unknown[person]] != homes[person]]
        days = np.sort(random.integers(0, DAYS, len(first) + len(chosen) - 1))
        stays += [
            (person, int(homes[person]), int(hotel), int(day))
            for hotel, day in zip([*first, *chosen[:-1]], days, strict=True)
        ]
        following.append(chosen[-1])
    _write(folder, market, people, np.array(sorted(stays, key=lambda one: one[3])), random)
    names = [_hotel(hotel) for hotel in following]
    where = [_place(int(market.place[hotel])) for hotel in following]
    return Next(list(range(people)), names, where)


def _life(random: np.random.Generator, market: _Market, places: int, home: int) -> list[int]:
    """Hotels of a traveller, in order; the last one comes next."""
    others = np.setdiff1d(np.arange(places), [home])
    liked = random.choice(others, size=min(LIKED_PLACES, len(others)), replace=False)
    price = float(np.exp(random.normal(5.3, 0.6)))
    chosen: list[int] = []
    for _ in range(OWN_STAYS + 1):
        place = int(random.choice(liked))
        known = [hotel for hotel in chosen if market.place[hotel] == place]
        if known and random.random() < RETURNS:
            chosen.append(int(random.choice(known)))
        else:
            chosen.append(market.choose(random, place, price))
    return chosen


def _hotel(number: int) -> str:
    return f"Hotel {number:06d}"


def _place(number: int) -> str:
    return f"Town {number:03d} (XX)"


def _write_users(folder: Path, people: int, random: np.random.Generator) -> None:
    csv.write_csv(
        pa.table(
            {
                "code": np.arange(people),
                "company": ["Acme"] * people,
                "name": ["Ana Reis"] * people,
                "gender": ["none"] * people,
                "age": random.integers(20, 70, people),
            }
        ),
        folder / "users.csv",
    )


def _write(
    folder: Path,
    market: _Market,
    people: int,
    stays: NDArray[np.int64],
    random: np.random.Generator,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    person, home, hotel, day = stays.T
    nights = random.integers(1, 8, len(stays))
    trip = np.arange(len(stays))
    out = [(FIRST + timedelta(days=int(one))).strftime("%m/%d/%Y") for one in day]
    back = [
        (FIRST + timedelta(days=int(one + more))).strftime("%m/%d/%Y")
        for one, more in zip(day, nights, strict=True)
    ]
    price = np.round(market.price[hotel], 2)
    there, here = (
        [_place(int(one)) for one in market.place[hotel]],
        [_place(int(one)) for one in home],
    )
    _write_users(folder, people, random)
    csv.write_csv(
        pa.table(
            {
                "travelCode": trip,
                "userCode": person,
                "name": [_hotel(int(one)) for one in hotel],
                "place": there,
                "days": nights,
                "price": price,
                "total": np.round(price * nights, 2),
                "date": out,
            }
        ),
        folder / "hotels.csv",
    )
    legs = len(trip)
    csv.write_csv(
        pa.table(
            {
                "travelCode": np.concatenate([trip, trip]),
                "userCode": np.concatenate([person, person]),
                "from": here + there,
                "to": there + here,
                "flightType": ["economic"] * (2 * legs),
                "price": np.full(2 * legs, FARE),
                "time": np.full(2 * legs, HOURS),
                "distance": np.full(2 * legs, KM),
                "agency": ["Rainbow"] * (2 * legs),
                "date": out + back,
            }
        ),
        folder / "flights.csv",
    )
