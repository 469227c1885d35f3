"""How the served fare behaves: the bundled champion, asked over HTTP as a client would."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import permutations

import numpy as np
import pytest
import training_home

from bentos.bundle import bundle
from bentos.serve import call, serving
from bentos.travel import MODELS
from bentos.travel.example import PATH
from bentos.travel.flight_price.schemas import FlightPrice, FlightPrices
from tambo.lake import reader
from tambo.settings import Settings
from training.experiment import train

pytestmark = pytest.mark.slow

CLASSES = ("economic", "premium", "firstClass")

Ask = Callable[..., list[FlightPrice]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """The small world with trained champions of all that the service answers."""
    made = training_home.small(tmp_path_factory)
    for model in MODELS:
        train(made, model, trials=1)
    return made


@pytest.fixture(scope="module")
def routes(settings) -> list[tuple[str, str]]:
    """Routes of which all classes have been sold by Rota Certa."""
    with reader(settings) as lake:
        return lake.execute(
            "SELECT origin, destination FROM lake.marts.fare_prices WHERE agency = 'Rota Certa' "
            "GROUP BY ALL HAVING count(DISTINCT flight_type) = 3 ORDER BY ALL"
        ).fetchall()


@pytest.fixture(scope="module")
def ask(settings) -> Iterator[Ask]:
    """Ask the champion's service for prices, with features from the online store."""
    bundle(settings, "travel")

    def prices(routes: list[tuple[str, str]], **changes: object) -> list[FlightPrice]:
        request = {
            "flightType": "economic",
            "agency": "Rota Certa",
            "date": "2026-03-18",
            "asked_at": "2026-01-05T12:00:00-03:00",
        }
        items = [{**request, "from": origin, "to": to, **changes} for origin, to in routes]
        answer = call(service.url + PATH, {"items": items})
        return FlightPrices.model_validate(answer).items

    with serving(settings, "travel") as service:
        yield prices


def values(answers: list[FlightPrice]) -> np.ndarray:
    return np.array([one.price for one in answers])


def test_minimum_every_route_gets_a_positive_fare_inside_its_interval(ask, routes):
    cities = sorted({city for route in routes for city in route})
    answers = ask(list(permutations(cities, 2)))
    assert len(answers) > len(routes)
    for one in answers:
        assert 0 < one.interval.low < one.price < one.interval.high
        assert one.price < 20_000


def test_invariance_the_traveller_does_not_move_the_fare(ask, routes):
    anonymous = values(ask(routes))
    for code in (0, 17, 99, 10**9):
        assert (values(ask(routes, userCode=code)) == anonymous).all()


def test_direction_a_higher_class_costs_more(ask, routes):
    low, middle, high = (values(ask(routes, flightType=cabin)) for cabin in CLASSES)
    assert len(routes) >= 5
    assert (high > low).mean() >= 0.95
    assert (middle > low).mean() >= 0.8
    assert high.mean() > middle.mean() > low.mean()


def test_direction_booking_at_the_last_day_costs_more(ask, routes):
    early = values(ask(routes, asked_at="2026-01-05T12:00:00-03:00"))
    late = values(ask(routes, asked_at="2026-03-17T12:00:00-03:00"))
    assert late.mean() > 1.1 * early.mean()


def test_a_route_nobody_has_flown_is_answered_with_a_wider_interval(ask, routes):
    known = ask(routes[:1])[0]
    unknown = ask([(routes[0][0], "Vila Nova (XX)")], distance=1_000.0, time=1.8)[0]
    assert unknown.price > 0
    share = [(one.interval.high - one.interval.low) / one.price for one in (known, unknown)]
    assert share[1] > share[0]
    assert unknown.warnings


def test_direction_a_longer_new_route_costs_more(ask, routes):
    start = routes[0][0]
    near, far = (
        ask([(start, "Vila Nova (XX)")], distance=km, time=0.5 + km / 780.0)[0].price
        for km in (400.0, 2_500.0)
    )
    assert far > 1.3 * near


def test_truth_the_class_factors_of_the_world_are_found(ask, settings):
    """On routes without history, where nothing but the learned formula tells the classes apart."""
    truth = json.loads((settings.home.parent / "raw" / "_truth.json").read_text())["fare"]
    new = [(f"Vila {number}", f"Porto {number}") for number in range(3)]
    prices = {
        cabin: values(ask(new, flightType=cabin, distance=1_200.0, time=2.0)) for cabin in CLASSES
    }
    for cabin, factor in truth["class_factor"].items():
        assert (prices[cabin] / prices["economic"]).mean() == pytest.approx(factor, rel=0.12)
