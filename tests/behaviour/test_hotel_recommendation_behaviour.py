"""How the served ranker of hotels behaves: the registered champion behind its endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import champion_client
import numpy as np
import pytest
import training_home

from bentos.travel.hotel_recommendation.documentation import HOTEL_RECOMMENDATIONS
from bentos.travel.hotel_recommendation.schemas import (
    HotelRecommendation,
    HotelRecommendations,
)
from tambo.lake import reader
from tambo.settings import Settings
from training.experiment import train

pytestmark = pytest.mark.slow

ALL = 100
STRANGER = "nothing is stored of traveller"

Ask = Callable[[list[dict[str, object]]], list[HotelRecommendations]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """The small world with its champion: its few stays teach a ranker little, so a baseline wins."""
    made = training_home.small(tmp_path_factory)
    train(made, "hotel_recommendation", trials=1)
    return made


@pytest.fixture(scope="module")
def ask(settings, tmp_path_factory) -> Ask:
    """Ask the champion, with features from the online store."""
    return champion_client.asker(
        settings, HOTEL_RECOMMENDATIONS, tmp_path_factory.mktemp("champion") / "model"
    )


@pytest.fixture(scope="module")
def people(settings) -> list[int]:
    """Travellers with the most stays."""
    with reader(settings) as lake:
        found = lake.execute(
            "SELECT user_code FROM lake.marts.traveller_stays GROUP BY user_code"
            " ORDER BY max(stays_booked) DESC, user_code LIMIT 10"
        ).fetchall()
    return [code for (code,) in found]


@pytest.fixture(scope="module")
def full(ask, people) -> list[HotelRecommendations]:
    """All that can be recommended to these travellers."""
    return ask([{"userCode": code, "k": ALL} for code in people])


def hotels(answer: HotelRecommendations) -> list[tuple[str, str]]:
    return [(one.hotel, one.place) for one in answer.recommendations]


def features(one: HotelRecommendation) -> dict[str, object]:
    return {found.name: found.value for found in one.features}


def test_invariance_the_same_request_in_any_company_and_order(ask, people, full):
    items = [{"userCode": code, "k": ALL} for code in people]
    assert ask(items[::-1]) == full[::-1]
    assert ask(items[3:4]) == full[3:4]


def test_invariance_a_shorter_list_is_the_beginning_of_a_longer_one(ask, people, full):
    for diversity in (0.0, 0.4):
        longer = ask([{"userCode": one, "k": ALL, "diversity": diversity} for one in people])
        for k in (1, 5):
            short = ask([{"userCode": one, "k": k, "diversity": diversity} for one in people])
            for some, most in zip(short, longer, strict=True):
                assert some.recommendations == most.recommendations[:k]
                assert some.scored == most.scored


def test_minimum_chances_fall_along_the_list_and_sum_to_one(full):
    for answer in full:
        chances = [one.score for one in answer.recommendations]
        assert all(a >= b > 0.0 for a, b in pairwise(chances))
        assert len(chances) == answer.scored <= answer.considered
        assert sum(chances) == pytest.approx(1.0, abs=1e-4)
        assert sum(chances[:5]) <= 1.0
        assert not answer.coldStart
        assert not [one for one in answer.warnings if STRANGER in one]
        assert answer.home not in {place for _, place in hotels(answer)}
    # The first is likelier than a blind guess.
    assert np.mean([one.recommendations[0].score * one.scored for one in full]) > 2.0


def test_minimum_somebody_unknown_gets_what_is_popular(ask):
    (nobody,) = ask([{"userCode": 10**9, "k": ALL}])
    assert (nobody.coldStart, nobody.home) == (True, None)
    assert len([one for one in nobody.warnings if STRANGER in one]) == 1
    booked = [features(one)["hotel_stays__stays_90d"] or 0 for one in nobody.recommendations]
    assert len(booked) > 10
    assert np.mean(booked[:5]) > 1.5 * np.mean(booked)


def test_minimum_a_list_is_each_travellers_own(full):
    assert len({tuple(hotels(one)[:5]) for one in full}) > len(full) / 2


def test_direction_a_lower_budget_leaves_the_order_and_no_hotel_above_it(ask, people, full):
    prices = sorted(one.nightlyPrice for answer in full for one in answer.recommendations)
    for budget in (prices[len(prices) // 2], prices[0]):
        answers = ask([{"userCode": code, "k": ALL, "budget": budget} for code in people])
        for answer, free in zip(answers, full, strict=True):
            assert all(one.nightlyPrice <= budget for one in answer.recommendations)
            kept = [
                (one.hotel, one.place) for one in free.recommendations if one.nightlyPrice <= budget
            ]
            assert hotels(answer) == kept


def test_direction_a_destination_keeps_to_its_place(ask, people, full):
    for code, free in zip(people, full, strict=True):
        there = free.recommendations[0].place
        (answer,) = ask([{"userCode": code, "k": ALL, "to": there}])
        assert hotels(answer) == [one for one in hotels(free) if one[1] == there]


def test_direction_more_diversity_gives_as_many_places_or_more(ask, people, full):
    asked = (0.0, 0.25, 0.5, 0.75, 1.0)
    for code, free in zip(people, full, strict=True):
        answers = ask([{"userCode": code, "diversity": one} for one in asked])
        counts = [len({place for _, place in hotels(one)}) for one in answers]
        assert counts == sorted(counts)
        assert counts[-1] == min(5, len({place for _, place in hotels(free)}))


def test_direction_where_somebody_often_stayed_ranks_above_what_they_never_saw(full):
    """Of two hotels of one place, the one with more stays of theirs; in most lists."""
    better = []
    for answer in full:
        times = {(one.hotel, one.place): stays(features(one)) for one in answer.recommendations}
        order = hotels(answer)
        often = max(order, key=lambda one: times[one])
        never = [one for one in order if one[1] == often[1] and not times[one]]
        better += [order.index(often) < order.index(one) for one in never]
    assert len(better) >= 10
    assert np.mean(better) >= 0.8


def test_every_reason_is_true_of_the_features_beside_it(ask, full):
    said = set()
    (nobody,) = ask([{"k": ALL}])
    for answer in (*full, nobody):
        for one in answer.recommendations:
            assert 1 <= len(one.reasons) <= 3
            for reason in one.reasons:
                said.add(kind(reason, features(one), one.place))
    assert said >= {"often", "usual", "cheaper", "trips", "guests", "popular"}


TIMES = r"(once|twice|\d+ times)"
REASONS = {
    "last": r"you stayed here the last time",
    "often": rf"you stayed here {TIMES}(, the last time too)?",
    "usual": r"in your usual price range",
    "cheaper": r"cheaper than is usual in PLACE",
    "trips": rf"you travelled to PLACE {TIMES} in (\d+) trips",
    "guests": r"guests of (.+) stay here too",
    "popular": r"(\d+) of (\d+) stays in PLACE in the last 90 days were here",
    "others": rf"booked {TIMES} by other travellers",
}
"""What a reason says, by its kind."""


def kind(reason: str, told: dict[str, object], place: str) -> str:
    """Hold a reason against the features beside it; returns of which kind it is."""
    for name, words in REASONS.items():
        found = re.fullmatch(words.replace("PLACE", re.escape(place)), reason)
        if found:
            assert TRUE[name](told, *found.groups()), (reason, told)
            return name
    pytest.fail(f"nobody knows what is meant by {reason!r}")


def count(times: str) -> int:
    return {"once": 1, "twice": 2}.get(times) or int(times.split(maxsplit=1)[0])


def stays(told: dict[str, object]) -> int:
    return told["traveller_hotels__stays_here"] or 0


TRUE: dict[str, Callable[..., bool]] = {
    "last": lambda told: (stays(told), told["hotel_request__was_last_hotel"]) == (1, 1.0),
    "often": lambda told, times, last: (
        stays(told) == count(times)
        and told["hotel_request__was_last_hotel"] == float(last is not None)
    ),
    # Within about a fifth of what they paid.
    "usual": lambda told: (
        0.8
        <= told["hotel_stays__mean_nightly_price"]
        / told["traveller_stays__mean_nightly_price_paid"]
        <= 1.25
    ),
    "cheaper": lambda told: (
        told["hotel_stays__mean_nightly_price"]
        < 0.85 * told["place_stays__place_mean_nightly_price"]
    ),
    "trips": lambda told, there, trips: (
        told["traveller_places__trips_there"] == count(there)
        and told["traveller_travel__trips_booked"] == int(trips)
    ),
    "guests": lambda told, hotel: (
        hotel in told["traveller_recent_stays__recent_hotels"] and told["index__co_visits"] > 0
    ),
    "popular": lambda told, here, there: (
        told["hotel_stays__stays_90d"] == int(here)
        and told["place_stays__place_stays_90d"] == int(there)
    ),
    "others": lambda told, times: told["hotel_stays__stays"] - stays(told) == count(times),
}
"""Whether a reason is true of features, given what it says, by its kind."""
