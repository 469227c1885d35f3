"""What the OpenAPI document says of traveller genders, with examples."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.features import WITHHELD
from bentos.inference.requests import MAX_CHARACTERS, MAX_ITEMS, WORDS
from bentos.travel.traveller_gender.chances import FIRST_NAME, GenderClassifier
from bentos.travel.traveller_gender.schemas import (
    EXAMPLE,
    REQUEST,
    TravellerGender,
    TravellerGenders,
)
from bentos.web.endpoint import Operation

_ANSWER: dict[str, Any] = {
    "gender": "female",
    "probabilities": {"male": 0.021, "female": 0.912, "none": 0.067},
    "abstain_below": 0.58,
    "coldStart": False,
    "model": {
        "name": "traveller_gender",
        "version": "3",
        "estimator": "logistic",
        "baseline": False,
        "release": 2,
    },
    "release": 2,
    "as_of": "2026-11-20T03:00:00Z",
    "asked_at": "2026-11-20T03:00:00Z",
    "warnings": [],
    "features": [
        {
            "name": FIRST_NAME,
            "value": None,
            "event_timestamp": None,
            "age_seconds": None,
            "reason_if_null": WITHHELD,
        },
        {
            "name": "traveller_travel__trips_booked",
            "value": 4,
            "event_timestamp": "2026-11-18T03:00:00Z",
            "age_seconds": 172800.0,
            "reason_if_null": None,
        },
    ],
}
_ABSTAINS = {
    **_ANSWER,
    "gender": None,
    "probabilities": {"male": 0.45, "female": 0.43, "none": 0.12},
    "coldStart": True,
    "warnings": ["nothing is stored of traveller 999999"],
}

_DESCRIPTION = f"""
The chances that a traveller states male, female or nothing as their gender; of one traveller, or of
up to {MAX_ITEMS} in `items`.

Say who with `userCode`, `name` (up to {MAX_CHARACTERS} characters, any script) or both: the first
word of `name` is read instead of the stored first name. An unknown traveller is no error: the
answer says so (`coldStart`) and rests on the name, or on nothing.

`gender` is null where the model abstains, because its likeliest answer is less sure than
`abstain_below`. It is for statistics about many, by adding up chances; it must not be used to
address, sort, price or refuse one person. No answer, log or metric repeats a name.
"""

OPERATION = Operation(
    path="/v1/traveller-gender",
    name="traveller_gender",
    summary="Chances of a traveller's gender, or of many",
    description=_DESCRIPTION,
    request=REQUEST,
    answer=TypeAdapter(TravellerGender | TravellerGenders),
    words={**WORDS, "extra_forbidden": "holds a field that is not userCode, name or asked_at"},
    # The choice between one traveller and many is not in the request.
    skip=1,
    personal=True,
    request_examples={
        "A traveller": {"userCode": 0},
        "A name": {"name": "Maria da Silva"},
        "Both, the name instead of the stored one": EXAMPLE,
        "Many": {"items": [{"userCode": 0}, {"name": "李小龙"}]},
    },
    answer_examples={
        "A gender is named": _ANSWER,
        "The model abstains": _ABSTAINS,
        "Many": {"items": [_ANSWER, _ABSTAINS]},
    },
    problem_examples=problem_examples("name", "must not be blank"),
)

TRAVELLER_GENDER = Endpoint(
    model="traveller_gender",
    operation=OPERATION,
    open=GenderClassifier,
    many=TravellerGenders,
)
"""POST /v1/traveller-gender."""
