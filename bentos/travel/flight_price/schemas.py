"""Requests for flight prices and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from bentos.inference.answers import Asked, AsOf, FeatureValue, ModelVersion, Release, Warnings
from bentos.inference.requests import AskedAt, Batch, Day, Name, Request, one_or_many
from bentos.travel.fields import UserCode

EXAMPLE: dict[str, Any] = {
    "from": "Recife (PE)",
    "to": "Florianopolis (SC)",
    "flightType": "firstClass",
    "agency": "FlyingDrops",
    "date": "2026-12-01",
    "userCode": 0,
}


class FlightRequest(Request):
    """One flight whose price is asked for; names as in the raw files."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    origin: Name = Field(alias="from", description="place that the flight leaves from")
    destination: Name = Field(alias="to", description="place that the flight goes to")
    flight_type: Literal["economic", "premium", "firstClass"] = Field(alias="flightType")
    agency: Name = Field(description="agency that sells the flight; one that the model knows")
    travel_date: Day = Field(
        alias="date", description="day of the flight, local at its origin, YYYY-MM-DD"
    )
    user_code: UserCode = None
    distance_km: float | None = Field(
        default=None,
        alias="distance",
        gt=0,
        le=40_075,
        allow_inf_nan=False,
        description="length of the flight in km, for a route that is not known yet",
    )
    duration_hours: float | None = Field(
        default=None,
        alias="time",
        gt=0,
        le=72,
        allow_inf_nan=False,
        description="duration of the flight in hours, for a route that is not known yet",
    )
    asked_at: AskedAt = None

    @field_validator("destination")
    @classmethod
    def _goes_somewhere(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("origin"):
            raise ValueError("is the place that the flight leaves from")
        return value


class FlightBatch(Batch[FlightRequest]):
    """Many flights in one call."""


REQUEST = one_or_many(FlightRequest, FlightBatch)
"""A body: one flight, or items with many."""


class PriceInterval(BaseModel):
    """Where the price lies with the stated probability."""

    level: float
    low: float
    high: float
    basis: str = Field(description="rows that the width was measured on")


class FlightPrice(BaseModel):
    """The price of one flight."""

    price: float
    currency: str
    interval: PriceInterval
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
    features: list[FeatureValue]


class FlightPrices(BaseModel):
    """The prices of many flights, in the order of the request."""

    items: list[FlightPrice]
