"""No request, however strange, makes the travel service fail."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import served_model
from hypothesis import example, given, settings
from hypothesis import strategies as st
from online_feast import AGENCIES, AS_OF, CITIES, EVENT
from online_hotels import OLINDA

from bentos.travel.flight_price.schemas import EXAMPLE
from bentos.travel.hotel_recommendation.documentation import HOTEL_RECOMMENDATIONS
from bentos.travel.traveller_gender.documentation import TRAVELLER_GENDER

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        [
            *CITIES,
            *AGENCIES,
            "economic",
            "2026-07-10",
            "2026-12-31T23:59:59Z",
            "0001-01-01",
            AS_OF.isoformat(),
        ]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
WISHED = ["userCode", "from", "to", "checkIn", "checkOut", "budget", "k", "diversity", "asked_at"]
FIELDS = [*EXAMPLE, "distance", "time", "asked_at", "items", "origin"]
GOOD = {
    "from": CITIES[0],
    "to": CITIES[1],
    "flightType": "economic",
    "agency": AGENCIES[0],
    "date": "2026-07-10",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return served_model.home(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def client(home):
    return served_model.client_of(*home)


@pytest.fixture(scope="module")
def genders(home):
    folder, path = home
    return served_model.client_of(folder.with_name("traveller_gender"), path, TRAVELLER_GENDER)


@pytest.fixture(scope="module")
def hotels(home):
    folder, path = home
    hotel = folder.with_name("hotel_recommendation")
    return served_model.client_of(hotel, path, HOTEL_RECOMMENDATIONS)


@st.composite
def nearly_right(draw) -> dict:
    body = {**GOOD, **draw(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3))}
    for field in draw(st.lists(st.sampled_from(list(GOOD)), max_size=1)):
        body.pop(field, None)
    return draw(st.sampled_from([body, {"items": [body]}, {"items": [GOOD, body]}]))


def check(answer) -> list[dict]:
    """The answers, if there are any; else a problem that says what is wrong."""
    assert answer.status_code in {200, 400, 413, 422}
    body = answer.json()
    if answer.status_code == 200:
        answers = body.get("items", [body])
        for one in answers:
            told = [one, *one.get("recommendations", [])]
            for feature in [found for part in told for found in part.get("features", [])]:
                assert (feature["value"] is None) == (feature["reason_if_null"] is not None)
        return answers
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["type"].startswith("urn:tambo:problem:")
    if answer.status_code == 422:
        assert body["errors"]
        assert all(error["detail"] for error in body["errors"])
    return []


def check_prices(answer) -> None:
    for one in check(answer):
        assert one["interval"]["low"] <= one["price"] <= one["interval"]["high"]


@settings(deadline=None)
@given(nearly_right())
def test_requests_that_are_nearly_right(client, body):
    check_prices(
        client.post(
            "/v1/flight-price",
            content=json.dumps(body),
            headers={"content-type": "application/json"},
        )
    )


@settings(deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(client, body):
    check_prices(
        client.post("/v1/flight-price", content=body, headers={"content-type": "application/json"})
    )


@settings(deadline=None)
@given(
    st.lists(st.text(max_size=210) | JSON, min_size=1, max_size=3),
    st.sampled_from([None, 0, 1, 99]),
)
@example(["\u1e9e", "\u0345\u03b9", "\U0001f468\u200d\U0001f680"], 0)
def test_any_name(genders, names, code):
    """Chances sum to one; blanks around a name do not matter."""
    body = {"items": [{"userCode": code, "name": name} for name in names]}
    # Written here: httpx refuses NaN.
    asked = {"content": json.dumps(body), "headers": {"content-type": "application/json"}}
    found = check(genders.post("/v1/traveller-gender", **asked))
    for one in found:
        assert sum(one["probabilities"].values()) == pytest.approx(1.0, abs=1e-12)
        assert all(chance >= 0.0 for chance in one["probabilities"].values())
        assert one["gender"] in {None, max(one["probabilities"], key=one["probabilities"].get)}
    if found and all(isinstance(name, str) and len(name) < 199 for name in names):
        blanks = [{"userCode": code, "name": f" {name}\u3000"} for name in names]
        again = check(genders.post("/v1/traveller-gender", json={"items": blanks}))
        for one, other in zip(found, again, strict=True):
            assert one["probabilities"] == other["probabilities"]


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([*WISHED, "items"]), JSON, max_size=4)
    | st.dictionaries(st.sampled_from(WISHED), SCALARS, max_size=2)
)
def test_any_body_for_hotels(hotels, body):
    check(
        hotels.post(
            HOTEL_RECOMMENDATIONS.operation.path,
            content=json.dumps(body),
            headers={"content-type": "application/json"},
        )
    )


PLACES = (*CITIES, OLINDA)
DAYS = st.integers(0, 700).map(lambda days: AS_OF.date() + timedelta(days=days))
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "userCode": st.sampled_from([None, 0, 1, 2, 99]),
        "from": st.sampled_from([None, *PLACES]),
        "to": st.sampled_from([None, *PLACES]),
        "budget": st.none() | st.floats(0.01, 1_000_000),
        "k": st.integers(1, 100),
        "diversity": st.floats(0, 1),
        "asked_at": st.sampled_from([None, AS_OF.isoformat(), EVENT.isoformat()]),
        "days": st.tuples(DAYS, st.integers(1, 365)),
    },
).filter(lambda one: one.get("from") is None or one.get("from") != one.get("to"))


@settings(deadline=None)
@given(st.lists(WISHES, min_size=1, max_size=3))
def test_any_wish_for_hotels(hotels, wishes):
    """A list holds what was wished for: no hotel twice, none too dear, none at home."""
    items = []
    for wish in wishes:
        first, nights = wish.pop("days", (None, 0))
        if first is not None:
            wish |= {"checkIn": str(first), "checkOut": str(first + timedelta(days=nights))}
        items.append(wish)
    answers = hotels.post(HOTEL_RECOMMENDATIONS.operation.path, json={"items": items})
    assert answers.status_code == 200, answers.text
    for wish, answer in zip(items, answers.json()["items"], strict=True):
        check_list(wish, answer)


def check_list(wish: dict, answer: dict) -> None:
    found = answer["recommendations"]
    assert len(found) == min(wish.get("k", 5), answer["scored"])
    assert [one["rank"] for one in found] == list(range(1, len(found) + 1))
    assert len({(one["hotel"], one["place"]) for one in found}) == len(found)
    assert answer["home"] == (wish.get("from") or answer["home"])
    assert answer["home"] not in {one["place"] for one in found}
    assert all(0.0 < one["score"] <= 1.0 for one in found)
    assert sum(one["score"] for one in found) <= 1.0 + 1e-5
    if not wish.get("diversity"):
        assert [one["score"] for one in found] == sorted(one["score"] for one in found)[::-1]
    if wish.get("to"):
        assert {one["place"] for one in found} <= {wish["to"]}
    if wish.get("budget"):
        assert all(one["nightlyPrice"] <= wish["budget"] for one in found)
    for one in found:
        assert 1 <= len(one["reasons"]) <= 3
        assert (one["totalPrice"] is not None) == ("checkIn" in wish)
    assert found or answer["warnings"]
