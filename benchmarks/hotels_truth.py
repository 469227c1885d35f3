"""Chances of hotels as the sample world knows them, and as a history tells of them.

The posterior is Bayes' rule with the world's own population as the prior: travellers of the same
home, drawn with another seed, are weighed by the chance that they would have made the known trips
and stays (importance sampling; Owen, Monte Carlo theory, methods and examples, 2013, chapter 9).
Nobody who knows only the history can rank better on average.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tambo.sources.sample.draws import Draws
from tambo.sources.travel.world.places import NAMES
from tambo.sources.travel.world.seasons import BUSINESS, LEISURE
from tambo.sources.travel.world.travellers import Travellers, travellers
from tambo.sources.travel.world.trips import (
    LEAD_MEDIAN,
    LEAD_RANGE,
    LEAD_SPREAD,
    NIGHTS_MEDIAN,
    NIGHTS_MOST,
    NIGHTS_SPREAD,
)
from tambo.sources.travel.world.truth import Truth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POOL, PRIOR = 150_000, 10_000
"""Travellers that are drawn as the population, and how many of one home are used at most."""


@dataclass(frozen=True)
class Trip:
    """A trip as somebody books it; days are numbers of the world's calendar.

    Attributes:
        booked: day of booking.
        day: day of travel.
        nights: how many; None where not told.
        place: index of the destination, or -1 where it is what is asked.
    """

    booked: int
    day: int
    nights: int | None = None
    place: int = -1


class Preferences:
    """Chances of places and hotels for travellers whose tastes are known."""

    def __init__(self, truth: Truth, group: Travellers) -> None:
        """Work out what does not depend on the trip."""
        hotels = truth.hotels
        self.truth, self.group = truth, group
        self._share = np.stack([1.0 - group.business, group.business])
        self._places = np.diff(group.places, axis=2, prepend=0.0)
        self._utility = (
            group.quality_weight[:, None] * hotels.quality
            - group.price_weight[:, None] * np.log(hotels.base / 100)
            + group.style @ hotels.styles.T
        )
        usual = truth.seasons.demand.mean(axis=2)
        self.log_rate = np.log(np.einsum("pn,pnk,pk->n", self._share, self._places, usual))

    def places(self, trip: Trip, rows: slice = slice(None)) -> Floats:
        """Weight of each destination: float64 [n, places], with the chance of the trip's dates."""
        found = np.zeros(self._places[0, rows].shape)
        for purpose in (LEISURE, BUSINESS):
            weight = self._share[purpose, rows] * self._lead(purpose, trip.day - trip.booked, rows)
            if trip.nights is not None:
                weight = weight * _nights(purpose, trip.nights)
            demand = self.truth.seasons.demand[purpose, :, trip.day]
            found += weight[:, None] * self._places[purpose, rows] * demand
        return found

    def log_chance(self, trip: Trip) -> Floats:
        """Log chance of a trip that was made, up to a constant: float64 [n]."""
        return np.asarray(np.log(self.places(trip)[:, trip.place] + 1e-300) - self.log_rate)

    def hotels(self, day: int, rows: slice = slice(None)) -> Floats:
        """Chance of each hotel among those of its place, for a night: float64 [n, hotels]."""
        hotels = self.truth.hotels
        season = hotels.season_power * np.log(hotels.season[hotels.place, day])
        weight = np.exp(self._utility[rows] - self.group.price_weight[rows, None] * season)
        whole = np.add.reduceat(weight, self._first, axis=1)
        return np.asarray(weight / whole[:, hotels.place])

    @cached_property
    def _first(self) -> Ints:
        """First hotel of each place; hotels are in order of their place."""
        return np.searchsorted(self.truth.hotels.place, np.arange(len(NAMES)))

    def _lead(self, purpose: int, lead: int, rows: slice) -> Floats:
        low, high = LEAD_RANGE
        lead = min(max(lead, low), high)
        middle = np.log(LEAD_MEDIAN[purpose]) + self.group.planner[rows]
        below = ndtr((np.log(lead) - middle) / LEAD_SPREAD[purpose]) if lead > low else 0.0
        upto = ndtr((np.log(lead + 1) - middle) / LEAD_SPREAD[purpose]) if lead < high else 1.0
        return np.asarray(upto - below)


def _nights(purpose: int, nights: int) -> float:
    most, spread = NIGHTS_MOST[purpose], NIGHTS_SPREAD[purpose]
    if nights > most:
        return 0.0
    middle = np.log(NIGHTS_MEDIAN[purpose])
    below = ndtr((np.log(nights - 0.5) - middle) / spread) if nights > 1 else 0.0
    upto = ndtr((np.log(nights + 0.5) - middle) / spread) if nights < most else 1.0
    return float(upto - below)


def populations(truth: Truth, seed: int) -> Mapping[int, Preferences]:
    """Travellers of each home as the world draws them, but not those of this world."""
    group = travellers(Draws(seed), np.arange(POOL))
    found = {}
    for home in np.unique(group.home).tolist():
        rows = np.flatnonzero(group.home == home)[:PRIOR]
        found[home] = Preferences(truth, _take(group, rows))
    return found


def _take(group: Travellers, rows: Ints) -> Travellers:
    parts = {name: value[rows] for name, value in vars(group).items() if name != "places"}
    return Travellers(**parts, places=group.places[:, rows])


@dataclass(frozen=True)
class History:
    """Trips and stays of one traveller, with the times at which each was known.

    Attributes:
        trips: trips made, whose place is known.
        trip_known: when each was known, and until when: datetime64 [trips, 2].
        stays: day and index of the hotel of each stay.
        stay_known: the same of the stays.
    """

    trips: tuple[Trip, ...]
    trip_known: NDArray[np.datetime64]
    stays: tuple[tuple[int, int], ...]
    stay_known: NDArray[np.datetime64]


class Posterior:
    """What the history of one traveller says of their tastes."""

    def __init__(self, population: Preferences, history: History) -> None:
        """Work out what each trip and stay says of each traveller of the population."""
        self._population, self._history = population, history
        self._trips = np.array([population.log_chance(one) for one in history.trips])
        chances = [population.hotels(day)[:, hotel] for day, hotel in history.stays]
        self._stays = np.log(np.array(chances))

    def chances(self, trip: Trip, asked_at: np.datetime64) -> tuple[Floats, float]:
        """Chance of each hotel: float64 [hotels]; and the effective sample size of the places.

        Trips tell of places and stays of hotels: the world draws these tastes apart.
        """
        place = _weights(self._trips, self._history.trip_known, asked_at)
        hotel = _weights(self._stays, self._history.stay_known, asked_at)
        population = self._population
        size = len(population.group.code)
        place = np.full(size, 1.0 / size) if place is None else place
        hotel = np.full(size, 1.0 / size) if hotel is None else hotel
        rates = np.exp(population.log_rate)
        places = (place / rates) @ population.places(trip)
        within = hotel @ population.hotels(trip.day)
        found = places[population.truth.hotels.place] * within
        return found, float(1.0 / (place**2).sum())


def _weights(logs: Floats, known: NDArray[np.datetime64], asked_at: np.datetime64) -> Floats | None:
    mine = (known[:, 0] <= asked_at) & ~(known[:, 1] <= asked_at)
    if not mine.any():
        return None
    total = logs[mine].sum(axis=0)
    weight = np.exp(total - total.max())
    return np.asarray(weight / weight.sum())
