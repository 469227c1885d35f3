"""From scores to a list of hotels, and the words beside each."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bentos.travel.hotel_recommendation.choosing import SAME_PLACE, Scored, choose
from bentos.travel.hotel_recommendation.reasons import reasons
from tambo.featurestore.online import OnlineRow

SCORES = st.lists(st.tuples(st.floats(-20, 20), st.sampled_from("abcd")), max_size=20)
TEMPERATURES, DIVERSITIES = st.floats(0.1, 10), st.floats(0, 1)


def scored(told: list[tuple[float, str]]) -> list[Scored]:
    row = OnlineRow(None, None, ())
    return [
        Scored(item, place, score, None, row, {}, {}) for item, (score, place) in enumerate(told)
    ]


def worths(order: list[Scored], diversity: float, temperature: float) -> list[tuple[int, float]]:
    """What each of a list was worth when it was taken, each earlier one of its place against it."""
    found = []
    for position, one in enumerate(order):
        above = sum(other.place == one.place for other in order[:position])
        if diversity == 1.0:
            found.append((-above, one.score / temperature))
        else:
            cost = SAME_PLACE * diversity / (1 - diversity)
            found.append((0, one.score / temperature - cost * above))
    return found


def step_by_step(told: list[Scored], k: int, diversity: float, temperature: float) -> list[Scored]:
    """Take what is worth most of what is left, again and again."""
    left, chosen = list(told), []
    while left and len(chosen) < k:
        best = max(left, key=lambda one: worths([*chosen, one], diversity, temperature)[-1])
        left.remove(best)
        chosen.append(best)
    return chosen


@given(SCORES, st.integers(1, 12), DIVERSITIES, TEMPERATURES)
def test_one_sorting_chooses_as_step_by_step(told, k, diversity, temperature):
    found = [one for one, _ in choose(scored(told), k, diversity, temperature)]
    wanted = step_by_step(scored(told), k, diversity, temperature)
    # Of two of the same worth either may come first.
    some, others = (np.array(worths(one, diversity, temperature)) for one in (found, wanted))
    assert some == pytest.approx(others, rel=1e-9, abs=1e-9)


@given(SCORES, TEMPERATURES, DIVERSITIES, st.integers(1, 30))
def test_chances_are_the_softmax_of_all_scores_whatever_is_shown(told, temperature, diversity, k):
    found = choose(scored(told), k, diversity, temperature)
    raised = np.exp(np.array([score for score, _ in told]) / temperature - 20 / temperature)
    for one, chance in found:
        assert chance == pytest.approx(raised[one.item] / raised.sum(), rel=1e-6)
    assert sum(chance for _, chance in found) <= 1 + 1e-9


@given(SCORES, TEMPERATURES, st.integers(1, 30), DIVERSITIES, DIVERSITIES)
def test_more_diversity_gives_as_many_places_or_more(told, temperature, k, some, other):
    few, many = (
        len({one.place for one, _ in choose(scored(told), k, diversity, temperature)})
        for diversity in sorted((some, other))
    )
    assert few <= many


@given(SCORES, TEMPERATURES)
def test_the_ends_of_diversity(told, temperature):
    likeliest = [one.score for one, _ in choose(scored(told), 30, 0.0, temperature)]
    assert likeliest == sorted(likeliest, reverse=True)
    spread = [one.place for one, _ in choose(scored(told), 30, 1.0, temperature)]
    above = [spread[:position].count(place) for position, place in enumerate(spread)]
    assert all(a <= b for a, b in pairwise(above)), "no place again before each has its turn"


STAYED = {"traveller_hotels__stays_here": 3, "hotel_request__was_last_hotel": 0.0}
BOOKED = {"hotel_stays__stays_90d": 5, "place_stays__place_stays_90d": 9, "hotel_stays__stays": 9}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, []),
        (STAYED, ["you stayed here 3 times"]),
        ({**STAYED, "hotel_request__was_last_hotel": 1.0}, ["you stayed here 3 times, the last time too"]),
        ({"traveller_hotels__stays_here": 1, "hotel_request__was_last_hotel": 1.0}, ["you stayed here the last time"]),
        ({"hotel_request__was_last_hotel": 1.0}, []),
        ({"hotel_request__price_to_usual": 0.2}, ["in your usual price range"]),
        ({"hotel_request__price_to_usual": 0.21}, []),
        ({"hotel_request__price_to_usual": None, "hotel_request__price_to_place": -0.3}, ["cheaper than is usual in X"]),
        ({"hotel_request__price_to_place": 0.3}, []),
        ({"traveller_places__trips_there": 2, "traveller_travel__trips_booked": 7}, ["you travelled to X twice in 7 trips"]),
        ({"traveller_places__trips_there": 1, "traveller_travel__trips_booked": 7}, []),
        ({"traveller_places__trips_there": 2, "traveller_travel__trips_booked": None}, []),
        (BOOKED, ["5 of 9 stays in X in the last 90 days were here"]),
        ({**BOOKED, "hotel_stays__stays_90d": 3}, ["booked 9 times by other travellers"]),
        ({**BOOKED, "hotel_stays__stays_90d": 10}, ["booked 9 times by other travellers"]),
        ({"hotel_stays__stays": 1}, ["booked once by other travellers"]),
        ({**BOOKED, **STAYED}, ["you stayed here 3 times", "5 of 9 stays in X in the last 90 days were here"]),
    ],
)  # fmt: skip
def test_reasons_are_read_off_the_features(told, said):
    assert reasons(told, "X", None, 3) == said


def test_who_stayed_where_they_did_is_a_reason_and_three_are_enough():
    told = {**STAYED, **BOOKED, "hotel_request__price_to_usual": 0.0}
    assert reasons({}, "X", "Duna", 3) == ["guests of Duna stay here too"]
    found = reasons(told, "X", "Duna", 3)
    assert found == [
        "you stayed here 3 times", "in your usual price range", "guests of Duna stay here too",
    ]  # fmt: skip
    # Where there is one hotel alone, all stays of the place are there.
    assert reasons(BOOKED, "X", None, 1) == ["booked 9 times by other travellers"]
