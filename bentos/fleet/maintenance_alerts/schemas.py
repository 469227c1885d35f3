"""Requests for alerts and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bentos.fleet.maintenance_due.schemas import ExpectedCost
from bentos.inference.answers import Asked, AsOf, ModelVersion, Release, Warnings
from bentos.inference.requests import MAX_ITEMS, AskedAt, Name, Request

EXAMPLE: dict[str, Any] = {"horizon": 30, "least_chance": 0.1}
LONGEST = 180
"""Days that can be looked ahead: as many as the label is watched for."""


class AlertsRequest(Request):
    """A fleet whose alerts are asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    aircraft_ids: Annotated[list[Name], Field(min_length=1, max_length=MAX_ITEMS)] | None = Field(
        default=None,
        description="tail or hull numbers; left out: the vessels that the model was trained on",
    )
    horizon: int = Field(default=30, ge=1, le=LONGEST, description="days that are looked ahead")
    least_chance: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        allow_inf_nan=False,
        description="a chance of a failure within the horizon from which on it is a reason",
    )
    asked_at: AskedAt = None


REQUEST: TypeAdapter[Any] = TypeAdapter(AlertsRequest)

ReasonKind = Literal[
    "waiting", "failure", "legal_hours", "legal_days", "plan_overdue", "grave_entry"
]
Urgency = Literal["now", "soon", "watch"]


class Reason(BaseModel):
    """One reason for attention, with the day until which it can wait."""

    kind: ReasonKind
    says: str
    deadline: date = Field(description="day, UTC; not before that of the request")


class Alert(BaseModel):
    """One vessel that needs attention."""

    rank: int
    aircraft_id: str
    urgency: Urgency = Field(description="now: due today; soon: within a week; watch: later")
    deadline: date = Field(description="the earliest of its reasons")
    reasons: list[Reason] = Field(description="the most pressing first")
    chance_of_failure: float = Field(description="within the horizon, without other maintenance")
    cost: ExpectedCost | None


class MaintenanceAlerts(BaseModel):
    """The vessels of a fleet that need attention, the most urgent first."""

    alerts: list[Alert]
    quiet: list[str] = Field(description="vessels without a reason, those in maintenance left out")
    in_maintenance: list[str]
    horizon: int
    least_chance: float
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
