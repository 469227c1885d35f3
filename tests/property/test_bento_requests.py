"""No request, however strange, makes the travel service fail."""

from __future__ import annotations

import json

import pytest
import served_model
from hypothesis import given, settings
from hypothesis import strategies as st
from online_feast import AGENCIES, AS_OF, CITIES

from bentos.travel.flight_price.schemas import EXAMPLE

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
FIELDS = [*EXAMPLE, "distance", "time", "asked_at", "items", "origin"]
GOOD = {
    "from": CITIES[0],
    "to": CITIES[1],
    "flightType": "economic",
    "agency": AGENCIES[0],
    "date": "2026-07-10",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return served_model.client_of(*served_model.home(tmp_path_factory.mktemp("served")))


@st.composite
def nearly_right(draw) -> dict:
    body = {**GOOD, **draw(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3))}
    for field in draw(st.lists(st.sampled_from(list(GOOD)), max_size=1)):
        body.pop(field, None)
    return draw(st.sampled_from([body, {"items": [body]}, {"items": [GOOD, body]}]))


def check(answer) -> None:
    assert answer.status_code in {200, 400, 413, 422}
    body = answer.json()
    if answer.status_code == 200:
        for one in body.get("items", [body]):
            assert one["interval"]["low"] <= one["price"] <= one["interval"]["high"]
            for feature in one["features"]:
                assert (feature["value"] is None) == (feature["reason_if_null"] is not None)
        return
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["type"].startswith("urn:tambo:problem:")
    if answer.status_code == 422:
        assert body["errors"]
        assert all(error["detail"] for error in body["errors"])


@settings(deadline=None)
@given(nearly_right())
def test_requests_that_are_nearly_right(client, body):
    check(
        client.post(
            "/v1/flight-price",
            content=json.dumps(body),
            headers={"content-type": "application/json"},
        )
    )


@settings(deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(client, body):
    check(
        client.post("/v1/flight-price", content=body, headers={"content-type": "application/json"})
    )
