"""Requests for the next maintenance and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bentos.inference.answers import Asked, AsOf, FeatureValue, ModelVersion, Release, Warnings
from bentos.inference.requests import AskedAt, Batch, Name, Request, one_or_many

EXAMPLE: dict[str, Any] = {"aircraft_id": "OB-1000"}


class VesselRequest(Request):
    """One vessel whose next maintenance is asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    aircraft_id: Name = Field(description="tail or hull number, as in the register")
    asked_at: AskedAt = None


class VesselBatch(Batch[VesselRequest]):
    """Many vessels in one call."""


REQUEST = one_or_many(VesselRequest, VesselBatch)
"""A body: one vessel, or items with many."""


class DayInterval(BaseModel):
    """Where the day of the next maintenance lies with the stated chance, in whole intervals."""

    level: float
    earliest_days: float
    latest_days: float | None = Field(description="null: beyond the horizon")
    earliest: datetime.date
    latest: datetime.date | None


class Failure(BaseModel):
    """The chance of a failure within some days."""

    within_days: int
    chance: float = Field(description="where no other maintenance comes before")
    chance_before_other: float = Field(
        description="that a failure comes first, where maintenance goes on as it did"
    )


class ExpectedCost(BaseModel):
    """What the next maintenance is expected to cost."""

    amount: float
    currency: str
    level: float = Field(description="share of the costs that lie between low and high")
    low: float
    high: float
    model: ModelVersion


class Moved(BaseModel):
    """What a group of features moves the answer by, against an ordinary vessel."""

    what: str
    chance: float = Field(description="added to the chance of a failure within 30 days")
    days: float = Field(description="added to the days to the next maintenance")


class MaintenanceDue(BaseModel):
    """The next maintenance of one vessel."""

    aircraft_id: str
    days: float | None = Field(
        description="by then maintenance is as likely to have begun as not; null: not within the"
        " horizon"
    )
    date: datetime.date | None = Field(description="the day of it, UTC")
    horizon: int = Field(description="days that the model looks ahead")
    interval: DayInterval
    failure: list[Failure]
    cost: ExpectedCost | None
    moved_by: list[Moved] = Field(description="the strongest first; empty in a batch of many")
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
    features: list[FeatureValue]


class MaintenancesDue(BaseModel):
    """The next maintenances of many vessels, in the order of the request."""

    items: list[MaintenanceDue]
