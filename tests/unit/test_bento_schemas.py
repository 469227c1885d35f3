"""Requests to the travel service: what is taken, and how what is not is named."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import online_feast
import pytest
import served_model
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from bentos.inference.requests import WORDS
from bentos.travel.documentation import openapi
from bentos.travel.flight_price.schemas import EXAMPLE, REQUEST, FlightBatch, FlightRequest
from tambo.requesttime.travel import FLIGHT_CLASSES
from tambo.serving.problem import ProblemError, from_validation

WRONG = {
    "flightType": ["cargo", "", "Economic", 1, None],
    "agency": ["", None, 7, "x" * 201, "a\nb"],
    "date": ["2026-02-30", "12/01/2026", "20261201", "1764547200", 1764547200, "2026-12-01T00:00:00", "", None, True],
    "from": [None, "", 5, ["Recife"], {"a": 1}, "a\u0000"],
    "to": [None, "", EXAMPLE["from"]],
    "userCode": ["0", True, 1.5, -1, 2**63, 2**70],
    "distance": [0, -1, "5", True, 40_076, 1e308],
    "time": [0, 72.5, "1"],
    "asked_at": ["2026-07-01T00:00:00", "2026-07-01", "1", 1, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "now"],
    "price": [1],
    "origin": ["Recife (PE)"],
}  # fmt: skip


def refusal(body: object) -> ProblemError:
    text = body if isinstance(body, bytes) else json.dumps(body)
    with pytest.raises(ValidationError) as error:
        REQUEST.validate_json(text)
    return from_validation(error.value, WORDS, skip=1)


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG.items() for value in values]
)
def test_a_wrong_field_is_named_and_explained(field, value):
    problem = refusal({**EXAMPLE, field: value}).problem
    assert problem.status == 422
    (error,) = problem.errors
    assert (error.field, error.pointer) == (field, f"#/{field}")
    assert problem.detail == f"{field}: {error.detail}"
    assert "Input should" not in error.detail
    (inside,) = refusal({"items": [EXAMPLE, {**EXAMPLE, field: value}]}).problem.errors
    assert (inside.field, inside.pointer) == (f"items.1.{field}", f"#/items/1/{field}")


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
@pytest.mark.parametrize("field", [b"distance", b"time", b"userCode", b"date"])
def test_what_json_does_not_know_is_refused(field, literal):
    body = json.dumps(EXAMPLE).encode().rstrip(b"}") + b', "' + field + b'": ' + literal + b"}"
    problem = refusal(body).problem
    assert problem.status in {400, 422}
    if problem.status == 422:
        assert problem.errors[0].field == field.decode()


@pytest.mark.parametrize("field", ["from", "to", "flightType", "agency", "date"])
def test_a_field_that_is_missing_is_named(field):
    body = {name: value for name, value in EXAMPLE.items() if name != field}
    (error,) = refusal(body).problem.errors
    assert (error.field, error.detail) == (field, "is missing")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{]", b"\xff\xfe{}", b'{"from": "\xff"}', b"[" * 100_000, b'{"from": "\\ud800"}'],
)
def test_what_is_not_json_is_said_to_be_none(body):
    assert refusal(body).problem.status == 400


@pytest.mark.parametrize("body", [[], 3, None, "x", True])
def test_a_body_that_is_no_object_is_refused(body):
    assert refusal(body).problem.errors[0].detail == "must be a JSON object"


@pytest.mark.parametrize(
    ("items", "field"),
    [([], "items"), ([EXAMPLE] * 1001, "items"), ("x", "items"), (None, "items"), ([3], "items.0")],
)
def test_a_batch_has_one_to_a_thousand_requests(items, field):
    assert refusal({"items": items}).problem.errors[0].field == field


def test_every_wrong_field_is_listed():
    body = {**EXAMPLE, "agency": "", "date": "x", "more": 1}
    assert {error.field for error in refusal(body).problem.errors} == {"agency", "date", "more"}


def test_requests_are_read():
    one = REQUEST.validate_json(
        json.dumps({**EXAMPLE, "asked_at": "2026-11-20T12:00:00-03:00", "distance": 500})
    )
    assert isinstance(one, FlightRequest)
    assert one.travel_date == date(2026, 12, 1)
    assert one.asked_at == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert one.distance_km == 500.0
    batch = REQUEST.validate_json(json.dumps({"items": [EXAMPLE] * 1000}))
    assert isinstance(batch, FlightBatch)
    assert len(batch.items) == 1000
    nobody = {**EXAMPLE, "userCode": None, "asked_at": None}
    assert REQUEST.validate_json(json.dumps(nobody)).user_code is None


def test_the_classes_of_the_request_are_those_of_the_features():
    schema = FlightRequest.model_json_schema()
    assert tuple(schema["properties"]["flightType"]["enum"]) == FLIGHT_CLASSES


def test_the_openapi_document_holds_valid_examples():
    document = openapi({})
    operation = document["paths"]["/v1/flight-price"]["post"]
    assert document["openapi"].startswith("3.1")

    def valid(schema: dict, value: object) -> bool:
        whole = {**schema, "components": document["components"]}
        return Draft202012Validator(whole).is_valid(value)

    request = operation["requestBody"]["content"]["application/json"]
    assert set(request["examples"]) == {"One flight", "A new route", "Many flights"}
    answer = operation["responses"]["200"]["content"]["application/json"]
    for content in (request, answer):
        for example in content["examples"].values():
            assert valid(content["schema"], example["value"])
    for status, response in operation["responses"].items():
        if status != "200":
            content = response["content"]["application/problem+json"]
            assert valid(
                content["schema"],
                content.get("example", {"type": "t", "title": "t", "status": 400, "detail": "d"}),
            )
    for example in request["examples"].values():
        REQUEST.validate_json(json.dumps(example["value"]))
    assert not valid(request["schema"], {**EXAMPLE, "flightType": "cargo"})
    assert {"/livez", "/readyz", "/healthz", "/metrics"} < set(document["paths"])


def test_what_the_document_offers_is_known_to_the_model():
    known = {"agency": ("Vento",), "origin": ("A", "B"), "destination": ("A", "B")}
    document = openapi({"flight_price": served_model.spec(known=known)})
    schema = document["components"]["schemas"]["FlightRequest"]
    assert schema["properties"]["agency"]["enum"] == ["Vento"]
    operation = document["paths"]["/v1/flight-price"]["post"]
    offered = operation["requestBody"]["content"]["application/json"]["examples"]
    for one in (offered["One flight"]["value"], schema["examples"][0]):
        asked = REQUEST.validate_python(one)
        assert (asked.origin, asked.destination, asked.agency) == ("A", "B", "Vento")
        assert asked.travel_date > online_feast.AS_OF.date()
