"""Requests for hotels and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from bentos.inference.answers import Asked, AsOf, FeatureValue, ModelVersion, Release, Warnings
from bentos.inference.requests import AskedAt, Batch, Day, Name, Request, one_or_many
from bentos.travel.fields import UserCode

EXAMPLE: dict[str, Any] = {
    "userCode": 0,
    "checkIn": "2026-12-01",
    "checkOut": "2026-12-05",
    "budget": 400.0,
    "k": 5,
}
MOST = 100
MOST_IN_ALL = 1000
"""Hotels in one call; each takes about 7 KB of the answer."""

MOST_NIGHTS = 365


class HotelRequest(Request):
    """For whom, and what they have said already; everything may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    user_code: UserCode = None
    origin: Name | None = Field(
        default=None,
        alias="from",
        description="place that they leave from; left out: home, as their trips tell",
    )
    destination: Name | None = Field(
        default=None, alias="to", description="place to stay in; left out: any that can be reached"
    )
    check_in: Day | None = Field(default=None, alias="checkIn", description="day of arrival")
    check_out: Day | None = Field(default=None, alias="checkOut", description="day of departure")
    budget: float | None = Field(
        default=None, gt=0, le=1_000_000, allow_inf_nan=False, description="most BRL a night"
    )
    k: int = Field(default=5, ge=1, le=MOST, description="how many hotels")
    diversity: float = Field(
        default=0.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="0: the likeliest hotels; 1: each place once before any place comes again",
    )
    asked_at: AskedAt = None

    @model_validator(mode="before")
    @classmethod
    def _says_both_dates(cls, data: Any) -> Any:
        # Of a field that is not there pydantic would tell our name, and not the request's.
        return {"checkOut": None, **data} if isinstance(data, dict) and "checkIn" in data else data

    @field_validator("destination")
    @classmethod
    def _goes_somewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and value == info.data.get("origin"):
            raise ValueError("is the place that they leave from")
        return value

    @field_validator("check_out")
    @classmethod
    def _stays_some_nights(cls, value: date | None, info: ValidationInfo) -> date | None:
        # What is wrong itself is not there.
        check_in = info.data.get("check_in")
        if value is None and check_in is not None:
            raise ValueError("is missing: a stay has checkIn and checkOut, or none of them")
        if value is not None and "check_in" in info.data:
            if check_in is None:
                raise ValueError("stands alone: a stay has checkIn and checkOut, or none of them")
            if not 1 <= (value - check_in).days <= MOST_NIGHTS:
                raise ValueError(f"must lie 1 to {MOST_NIGHTS} days after checkIn")
        return value

    @property
    def nights(self) -> int | None:
        """Nights between the dates."""
        if self.check_in is None or self.check_out is None:
            return None
        return (self.check_out - self.check_in).days


class HotelBatch(Batch[HotelRequest]):
    """Many travellers in one call."""

    @field_validator("items")
    @classmethod
    def _answers_are_not_too_large(cls, value: list[HotelRequest]) -> list[HotelRequest]:
        wanted = sum(one.k for one in value)
        if wanted > MOST_IN_ALL:
            raise ValueError(f"must ask for at most {MOST_IN_ALL} hotels in all, not {wanted}")
        return value


REQUEST = one_or_many(HotelRequest, HotelBatch)
"""A body: one request, or items with many."""


class HotelRecommendation(BaseModel):
    """One hotel in the list."""

    rank: int
    hotel: str
    place: str
    score: float = Field(
        description="chance that it is chosen, among all that were ranked; 6 digits"
    )
    nightlyPrice: float | None = Field(  # noqa: N815 - as the raw files write names
        description="mean price of a night, of the last 90 days where there were stays; BRL"
    )
    totalPrice: float | None = Field(  # noqa: N815
        description="that price for all nights; null without dates; BRL"
    )
    reasons: list[str]
    features: list[FeatureValue]


class HotelRecommendations(BaseModel):
    """A list of hotels for one traveller."""

    recommendations: list[HotelRecommendation]
    coldStart: bool = Field(description="nothing is stored of this traveller")  # noqa: N815
    home: str | None = Field(
        description="place that they leave from: `from`, else their home; null if nobody knows"
    )
    considered: int = Field(description="hotels that are known")
    scored: int = Field(description="hotels that fit the request and were ranked")
    currency: str
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings


class HotelRecommendationLists(BaseModel):
    """Lists for many travellers, in the order of the request."""

    items: list[HotelRecommendations]
