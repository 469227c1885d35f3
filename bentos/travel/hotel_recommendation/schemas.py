"""Requests for hotels and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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

    @model_validator(mode="after")
    def _stays_some_nights(self) -> Self:
        if (self.check_in is None) != (self.check_out is None):
            raise ValueError("must hold both checkIn and checkOut, or none of them")
        nights = self.nights
        if nights is not None and not 1 <= nights <= MOST_NIGHTS:
            raise ValueError(f"checkOut must lie 1 to {MOST_NIGHTS} days after checkIn")
        if self.origin is not None and self.origin == self.destination:
            raise ValueError("to is the place that they leave from")
        return self

    @property
    def nights(self) -> int | None:
        """Nights between the dates."""
        if self.check_in is None or self.check_out is None:
            return None
        return (self.check_out - self.check_in).days


class HotelBatch(Batch[HotelRequest]):
    """Many travellers in one call."""


REQUEST = one_or_many(HotelRequest, HotelBatch)
"""A body: one request, or items with many."""


class HotelRecommendation(BaseModel):
    """One hotel in the list."""

    rank: int
    hotel: str
    place: str
    score: float = Field(description="chance that it is chosen, among all that were ranked")
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
    home: str | None = Field(description="place that they leave from")
    considered: int = Field(description="hotels that are known")
    scored: int = Field(description="hotels that were ranked")
    currency: str
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings


class HotelRecommendationLists(BaseModel):
    """Lists for many travellers, in the order of the request."""

    items: list[HotelRecommendations]
