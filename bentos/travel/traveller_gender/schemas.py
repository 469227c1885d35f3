"""Requests for a traveller's gender and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bentos.inference.answers import Asked, AsOf, FeatureValue, ModelVersion, Release, Warnings
from bentos.inference.requests import AskedAt, Batch, Name, Request, one_or_many
from bentos.travel.fields import UserCode

EXAMPLE: dict[str, Any] = {"userCode": 0, "name": "Maria da Silva"}

_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cf"})


def _visible(name: str) -> str:
    """Blanks of any script, and what only directs the writing, make no name."""
    if all(unicodedata.category(letter) in _INVISIBLE for letter in name):
        raise ValueError("must not be blank")
    return name


class GenderRequest(Request):
    """One traveller, by code, by name, or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    user_code: UserCode = None
    name: Annotated[Name, AfterValidator(_visible)] | None = Field(
        default=None,
        # It shall stand in no traceback.
        repr=False,
        description="a name in any script; its first word is read instead of the first name that"
        " is stored. No answer and no log repeats it",
    )
    asked_at: AskedAt = None

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if self.user_code is None and self.name is None:
            raise ValueError("must hold userCode, name, or both")
        return self


class GenderBatch(Batch[GenderRequest]):
    """Many travellers in one call."""


REQUEST = one_or_many(GenderRequest, GenderBatch)
"""A body: one traveller, or items with many."""


class Probabilities(BaseModel):
    """Chances of what a traveller states as their gender; they sum to one."""

    male: float
    female: float
    none: float = Field(description="that they state nothing")


class TravellerGender(BaseModel):
    """The chances of one traveller's gender."""

    gender: Literal["male", "female", "none"] | None = Field(
        description="the likeliest; null where its chance is below abstain_below: the model"
        " abstains. The text none means: states nothing"
    )
    probabilities: Probabilities
    abstain_below: float | None = Field(
        description="chance from which on a gender is named; null: the likeliest always is"
    )
    coldStart: bool = Field(  # noqa: N815 - as the raw files write names
        description="nothing is stored of this traveller"
    )
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
    features: list[FeatureValue] = Field(description="the first name is withheld: personal data")


class TravellerGenders(BaseModel):
    """The chances of many travellers, in the order of the request."""

    items: list[TravellerGender]
