"""Requests for hotels: what is taken, and how what is not is named."""

from __future__ import annotations

import json
from datetime import date

import pytest
from pydantic import ValidationError

from bentos.inference.requests import WORDS
from bentos.travel.hotel_recommendation.documentation import HOTEL_RECOMMENDATIONS
from bentos.travel.hotel_recommendation.schemas import EXAMPLE, REQUEST, HotelBatch, HotelRequest
from tambo.serving.problem import ProblemError, from_validation

GOOD = {**EXAMPLE, "from": "São Paulo (SP)", "to": "Recife (PE)"}
WHOLE, NUMBER = "must be a whole number", "must be a number"
CONTROL = "must not hold control characters"
WRONG = [
    *(("k", one, words) for one, words in ((0, "must be 1 or more"), (-1, "must be 1 or more"), (10_000, "must be 100 or less"), ("5", WHOLE), (2.5, WHOLE), (True, WHOLE), (None, WHOLE))),
    *(("budget", one, "must be greater than 0") for one in (0, -1, -0.01)),
    *(("budget", one, "must be 1000000 or less") for one in (1e7, 1e308)),
    *(("budget", one, NUMBER) for one in ("100", True, [1])),
    *(("diversity", one, words) for one, words in ((-0.1, "must be 0 or more"), (1.1, "must be 1 or less"), ("0", NUMBER), (None, NUMBER))),
    *((field, one, words) for field in ("from", "to") for one, words in (("", "must not be empty"), ("Recife\u0000", CONTROL), ("\n", CONTROL), ("x" * 300, "must have at most 200 characters"), (7, "must be text"))),
    ("to", GOOD["from"], "is the place that they leave from"),
    *(("userCode", one, words) for one, words in (("0", WHOLE), (-1, "must be 0 or more"), (2**63, "must be less than"))),
    *(("checkIn", one, "must be a date written YYYY-MM-DD") for one in ("12/01/2026", 20261201, "", "2026-12-01T00:00:00")),
    ("checkIn", "2026-02-30", "is no date"),
    ("checkIn", None, "stands alone"),
    ("checkOut", None, "is missing: a stay has checkIn and checkOut"),
    *(("checkOut", one, "must lie 1 to 365 days after checkIn") for one in (EXAMPLE["checkIn"], "2026-11-30", "2027-12-02")),
    ("asked_at", "2026-07-01T00:00:00", "has no zone"),
    ("place", "Recife (PE)", "is not a field of this request"),
    ("hotel", "Duna", "is not a field of this request"),
]  # fmt: skip


def refusal(text: str) -> ProblemError:
    with pytest.raises(ValidationError) as error:
        REQUEST.validate_json(text)
    return from_validation(error.value, WORDS, HOTEL_RECOMMENDATIONS.operation.skip)


@pytest.mark.parametrize(("field", "value", "words"), WRONG)
def test_a_wrong_field_is_named_and_explained(field, value, words):
    # One date without the other is a fault of the one that is not there, or stands alone.
    named = "checkOut" if field == "checkIn" and value is None else field
    for body, where in (
        ({**GOOD, field: value}, named),
        ({"items": [GOOD, {**GOOD, field: value}]}, f"items.1.{named}"),
    ):
        problem = refusal(json.dumps(body)).problem
        assert problem.status == 422
        (error,) = problem.errors
        assert error.field == where
        assert error.detail.startswith(words)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["budget", "diversity", "k", "userCode"])
def test_what_is_no_finite_number_is_refused(field, literal):
    problem = refusal(json.dumps(GOOD)[:-1] + f', "{field}": {literal}}}').problem
    assert problem.status in {400, 422}
    assert problem.status == 400 or problem.errors[0].field == field


def test_one_date_alone_is_refused():
    for field, words in (("checkIn", "is missing"), ("checkOut", "stands alone")):
        (error,) = refusal(json.dumps({field: "2026-12-01"})).problem.errors
        assert (error.field, error.detail.startswith(words)) == ("checkOut", True)


def test_a_call_asks_for_no_more_hotels_than_an_answer_can_hold():
    assert len(REQUEST.validate_python({"items": [{"k": 100}] * 10}).items) == 10
    assert len(REQUEST.validate_python({"items": [{"k": 1}] * 1000}).items) == 1000
    for body, detail in (
        ([{"k": 100}] * 10 + [{"k": 1}], "must ask for at most 1000 hotels in all, not 1001"),
        ([{"k": 1}] * 1001, "must hold at most 1000 requests"),
        ([], "must hold at least 1"),
    ):
        (error,) = refusal(json.dumps({"items": body})).problem.errors
        assert (error.field, error.detail) == ("items", detail)


def test_requests_are_read():
    nothing = REQUEST.validate_json("{}")
    assert isinstance(nothing, HotelRequest)
    assert (nothing.k, nothing.diversity, nothing.nights) == (5, 0.0, None)
    one = REQUEST.validate_json(json.dumps(GOOD))
    assert (one.check_in, one.nights, one.budget) == (date(2026, 12, 1), 4, 400.0)
    assert isinstance(REQUEST.validate_json(json.dumps({"items": [GOOD] * 3})), HotelBatch)
    named = dict.fromkeys(("userCode", "from", "to", "checkIn", "checkOut", "budget", "asked_at"))
    assert REQUEST.validate_json(json.dumps(named)) == nothing
