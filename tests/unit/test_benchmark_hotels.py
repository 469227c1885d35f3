"""The world's own chances: they are what the world draws from, and history tells of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from benchmarks import hotels_truth
from benchmarks.hotels_truth import History, Posterior, Preferences, Trip
from benchmarks.hotels_world import by_trips, ratio
from tambo.sources.travel.world.travellers import travellers
from tambo.sources.travel.world.trips import NO_HOTEL, book
from tambo.sources.travel.world.truth import Truth
from training.ranking_metrics import rank

PEOPLE = 2_000


@pytest.fixture(scope="module")
def truth():
    return Truth.draw(years=1, seed=5)


@pytest.fixture(scope="module")
def group(truth):
    return travellers(truth.draws, np.arange(PEOPLE))


@pytest.fixture(scope="module")
def preferences(truth, group):
    return Preferences(truth, group)


@pytest.fixture(scope="module")
def trips(truth, group):
    return [book(truth, group, month) for month in range(3)]


def test_chances_of_places_are_those_of_the_trips_that_the_world_draws(preferences, trips):
    """Added up over many trips: expected and drawn destinations differ by chance alone."""
    expected, drawn = np.zeros(10), np.zeros(10)
    for month in trips:
        for n in range(len(month)):
            trip = Trip(int(month.booked[n]), int(month.day[n]), int(month.nights[n]))
            who = int(month.traveller[n])
            weight = preferences.places(trip, slice(who, who + 1))[0]
            expected += weight / weight.sum()
            drawn[month.place[n]] += 1
    assert drawn.sum() > 3_000
    assert np.abs(drawn - expected).max() < 4 * np.sqrt(expected.max())


def test_chances_of_hotels_are_those_of_the_stays_that_the_world_draws(preferences, trips):
    places = preferences.truth.hotels.place
    expected, drawn = np.zeros(len(places)), np.zeros(len(places))
    for month in trips:
        for n in np.flatnonzero(month.hotel != NO_HOTEL):
            who = int(month.traveller[n])
            chances = preferences.hotels(int(month.day[n]), slice(who, who + 1))[0]
            expected += np.where(places == month.place[n], chances, 0.0)
            drawn[month.hotel[n]] += 1
    assert drawn.sum() > 1_500
    assert (np.abs(drawn - expected) < 5 * np.sqrt(expected + 1)).all()


def test_a_long_history_finds_what_somebody_likes(truth, monkeypatch):
    monkeypatch.setattr(hotels_truth, "POOL", 8_000)
    monkeypatch.setattr(hotels_truth, "PRIOR", 2_000)
    population = hotels_truth.populations(truth, seed=99)[3]
    always = 50
    known = np.full((always, 2), np.datetime64("NaT", "us"))
    known[:, 0] = np.datetime64("2025-02-01")
    place = 1
    hotel = int(np.flatnonzero(truth.hotels.place == place)[2])
    history = History(
        tuple(Trip(10, 30, place=place) for _ in range(always)),
        known,
        tuple((30, hotel) for _ in range(always)),
        known,
    )
    posterior, asked = Posterior(population, history), Trip(100, 120, 3)
    before, sample = posterior.chances(asked, np.datetime64("2025-01-31"))
    after, smaller = posterior.chances(asked, np.datetime64("2025-02-01"))
    # What is not known yet says nothing.
    assert sample == pytest.approx(len(population.group.code))
    assert smaller < sample / 10
    assert after.argmax() == hotel
    assert after[hotel] / after.sum() > 3 * before[hotel] / before.sum()
    # Nobody sleeps at home.
    assert not before[truth.hotels.place == 3].any()


def test_days_of_lead_are_cut_into_whole_days(preferences):
    total = sum(preferences._lead(0, lead, slice(0, 1))[0] for lead in range(1, 201))
    assert total == pytest.approx(1.0)
    assert sum(hotels_truth._nights(1, nights) for nights in range(1, 7)) == pytest.approx(1.0)
    assert hotels_truth._nights(1, 7) == 0.0
    assert hotels_truth._nights(0, 1) == pytest.approx(ndtr((np.log(1.5) - np.log(5.0)) / 0.5))


def test_queries_are_grouped_by_trips_known():
    groups = by_trips(np.array([0, 4, 5, 90, 1]))
    assert {name: group.tolist() for name, group in groups.items()} == {
        "0": [True, False, False, False, False],
        "1 to 4": [False, True, False, False, True],
        "5 to 9": [False, False, True, False, False],
        "80 and more": [False, False, False, True, False],
    }


def test_the_ratio_of_a_ranking_to_itself_is_one():
    random = np.random.default_rng(0)
    label = np.tile([1.0, 0.0, 0.0], 200)
    first, items = np.arange(0, 600, 3), np.tile([0, 1, 2], 200)
    good, worse = (rank(first, items, label, one) for one in (label, random.random(600)))
    assert ratio(good, good) == (1.0, 1.0, 1.0)
    mean, low, high = ratio(worse, good)
    assert low < mean < high < 1.0
