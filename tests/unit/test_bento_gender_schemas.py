"""Requests for a traveller's gender: what is taken, and how what is not is named."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from bentos.travel import MODELS
from bentos.travel.documentation import openapi
from bentos.travel.endpoints import ENDPOINTS
from bentos.travel.example import QUESTIONS
from bentos.travel.traveller_gender.documentation import OPERATION
from bentos.travel.traveller_gender.schemas import GenderBatch, GenderRequest
from tambo.serving.problem import ProblemError, from_validation

MARKER = "Xyzzyvara"
GOOD = {"userCode": 0, "name": "Ana"}
BLANK = "must not be blank"
CONTROL = "must not hold control characters"
WRONG = [
    ("name", "", "must not be empty"),
    *(("name", blank, BLANK) for blank in (" ", "\u00a0\u3000", "\u200b", "\u2028", "\ufeff ", "\u200d\u202e")),
    *(("name", f"{MARKER}{one}", CONTROL) for one in ("\u0000", "\n", "\t", "\u007f", "\u0085", "\u009f")),
    ("name", MARKER * 30, "must have at most 200 characters"),
    ("name", "x" * 201, "must have at most 200 characters"),
    *(("name", [MARKER][: one + 1] if one else {MARKER: 1}, "must be text") for one in (0, 1)),
    *(("name", one, "must be text") for one in (7, True, 1.5)),
    ("userCode", MARKER, "must be a whole number"),
    ("userCode", "0", "must be a whole number"),
    ("userCode", True, "must be a whole number"),
    ("userCode", -1, "must be 0 or more"),
    ("asked_at", MARKER, "must be an instant with its zone, such as 2026-11-20T12:00:00-03:00"),
    ("asked_at", f"2026-07-01T00:00:{MARKER}", "is no instant: "),
]  # fmt: skip


def refusal(body: object) -> ProblemError:
    text = body if isinstance(body, bytes) else json.dumps(body)
    with pytest.raises(ValidationError) as error:
        OPERATION.request.validate_json(text)
    return from_validation(
        error.value, OPERATION.words, OPERATION.skip, personal=OPERATION.personal
    )


@pytest.mark.parametrize(("field", "value", "words"), WRONG)
def test_a_wrong_field_is_named_explained_and_not_repeated(field, value, words):
    for body, where in (
        ({**GOOD, field: value}, field),
        ({"items": [GOOD, {**GOOD, field: value}]}, f"items.1.{field}"),
    ):
        problem = refusal(body).problem
        assert problem.status == 422
        (error,) = problem.errors
        assert error.field == where
        assert error.detail.startswith(words)
        assert MARKER not in problem.model_dump_json()


@pytest.mark.parametrize("body", [{}, {"userCode": None}, {"name": None, "userCode": None}])
def test_somebody_is_asked_about(body):
    assert refusal(body).problem.detail == "must hold userCode, name, or both"
    assert refusal({"items": [GOOD, body]}).problem.errors[0].field == "items.1"


def test_the_name_of_an_unknown_field_is_not_repeated():
    for body, where in (
        ({**GOOD, MARKER: 1}, ""),
        ({"items": [{**GOOD, MARKER: 1}]}, "items.0"),
        ({"items": [GOOD], MARKER: 1}, ""),
    ):
        problem = refusal(body).problem
        assert problem.errors[0].field == where
        assert "userCode, name" in problem.detail
        assert MARKER not in problem.model_dump_json()


@pytest.mark.parametrize(
    "text",
    ["", "{", f'{{"name": "{MARKER}', f'{{"name": {MARKER}}}', f'{{"{MARKER}": }}', f'{{"name": "{MARKER}\\ud800"}}', f'{{"name": "{MARKER}\\x"}}', f'{{"name": "\x00{MARKER}"}}'],
)  # fmt: skip
def test_what_is_not_json_is_not_repeated(text):
    problem = refusal(text.encode()).problem
    assert problem.status == 400
    assert MARKER not in problem.model_dump_json()


@pytest.mark.parametrize(
    ("items", "detail"),
    [([], "must hold at least 1"), ([GOOD] * 1001, "must hold at most 1000 requests"), (MARKER, "must be a list"), ({MARKER: 1}, "must be a list")],
)  # fmt: skip
def test_a_batch_has_one_to_a_thousand_requests(items, detail):
    problem = refusal({"items": items}).problem
    assert problem.errors[0].detail == detail
    assert MARKER not in problem.model_dump_json()


def test_requests_are_read_and_shown_without_the_name():
    one = OPERATION.request.validate_json(json.dumps({"userCode": 7, "name": MARKER}))
    assert isinstance(one, GenderRequest)
    assert (one.user_code, one.name) == (7, MARKER)
    assert MARKER not in repr(one)
    batch = OPERATION.request.validate_json(json.dumps({"items": [{"name": "x" * 200}] * 1000}))
    assert isinstance(batch, GenderBatch)
    assert OPERATION.request.validate_json('{"userCode": 1}').name is None


def test_each_model_has_an_endpoint_and_valid_examples():
    assert tuple(one.model for one in ENDPOINTS) == MODELS
    document = openapi({})
    paths = {one.model: one.operation.path for one in ENDPOINTS}
    assert {model: path for model, (path, _) in QUESTIONS.items()} == paths
    assert set(paths.values()) < set(document["paths"])
    for one in ENDPOINTS:
        said = document["paths"][one.operation.path]["post"]
        asked = said["requestBody"]["content"]["application/json"]
        answered = said["responses"]["200"]["content"]["application/json"]
        for content in (asked, answered):
            whole = {**content["schema"], "components": document["components"]}
            assert content["examples"]
            for example in content["examples"].values():
                Draft202012Validator(whole).validate(example["value"])
        for example in asked["examples"].values():
            one.operation.request.validate_json(json.dumps(example["value"]))
        for status, response in said["responses"].items():
            content = response["content"].get("application/problem+json")
            if content is not None and "example" in content:
                assert content["example"]["status"] == int(status)
