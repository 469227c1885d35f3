"""Downtimes that are told and what is answered; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from bentos.fleet.service_logs.schemas import Short
from bentos.inference.requests import Batch, Instant, Request, one_or_many

EXAMPLE: dict[str, Any] = {
    "aircraft_id": "OB-2041",
    "started_at": "2026-03-01T10:30:00Z",
    "ended_at": None,
    "reason": "unscheduled",
}


class Downtime(Request):
    """One downtime; told again with the same vessel and begin it is a correction, as its end is."""

    aircraft_id: Short = Field(description="tail or hull number, as in the register")
    started_at: Instant = Field(
        description="since when, with its zone (RFC 3339); kept to the second"
    )
    ended_at: Instant | None = Field(default=None, description="until when; null while it lasts")
    reason: Literal["scheduled", "unscheduled", "waiting", "other"] | None = Field(
        default=None, description="maintenance, planned or not; waiting; or something else"
    )
    withdrawn: bool = Field(default=False, description="takes the downtime back")

    @field_validator("ended_at")
    @classmethod
    def _not_before(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        started = info.data.get("started_at")
        if value is not None and started is not None and value < started:
            raise ValueError(f"{value.isoformat()} lies before started_at, {started.isoformat()}")
        return value


class Downtimes(Batch[Downtime]):
    """Many downtimes in one call; all are kept, or none."""


class KeptDowntime(BaseModel):
    """A downtime that is kept."""

    aircraft_id: str
    started_at: datetime
    ended_at: datetime | None
    status: Literal["recorded", "corrected"] = Field(
        description="the first of its key, or a correction of the one before"
    )
    received_at: datetime = Field(description="when it was told first")


class KeptDowntimes(BaseModel):
    """The same of a batch, in its order."""

    items: list[KeptDowntime]


REQUEST = one_or_many(Downtime, Downtimes)
