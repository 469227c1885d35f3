"""How the app writes amounts, finds places and asks for hotels."""

from __future__ import annotations

import doctest
from datetime import date
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import look
from app.overview import figures
from app.travel import places
from app.travel.prices import Flight
from app.travel.wishes import Wish
from tambo.sources.travel.world.places import PLACES


@pytest.mark.parametrize("module", [look, places, figures], ids=lambda one: one.__name__)
def test_the_examples_hold(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


@given(st.text())
def test_plain_text_opens_no_markup(text: str) -> None:
    shown = look.plain(text)
    for sign in "[]`*<>$~":
        assert shown.count(f"\\{sign}") == shown.count(sign) == text.count(sign)


def test_each_place_of_the_sample_world_is_on_the_map() -> None:
    found = places.find(one.name for one in PLACES)
    assert found == {one.name: (one.latitude, one.longitude) for one in PLACES}


def test_places_are_found_however_their_state_and_accents_are_written() -> None:
    salvador = places.find(["Salvador (BA)"])["Salvador (BA)"]
    assert places.find(["SALVADOR (BH)"]) == {"SALVADOR (BH)": salvador}
    assert (
        places.find(["São Paulo"])["São Paulo"] == places.find(["Sao Paulo (SP)"])["Sao Paulo (SP)"]
    )
    assert places.find(["Atlantis (ZZ)", ""]) == {}


def test_a_wish_without_limits_keeps_who_asks_and_when() -> None:
    wish = Wish(7, "Recife (PE)", "Natal (RN)", date(2026, 1, 2), date(2026, 1, 5), 300.0, 3, 0.5)
    free = wish.without_limits().request()
    assert free == wish.request() | {"to": None, "budget": None}
    assert (free["checkIn"], free["checkOut"], free["k"]) == ("2026-01-02", "2026-01-05", 3)


def test_a_flight_is_asked_for_at_noon_of_the_day_of_the_request() -> None:
    flight = Flight("A", "B", "economic", "C", date(2026, 3, 1), asked=date(2026, 2, 1))
    assert flight.request()["asked_at"] == "2026-02-01T15:00:00+00:00"
