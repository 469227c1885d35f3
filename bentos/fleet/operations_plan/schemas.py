"""Requests for operations plans and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationInfo, field_validator

from bentos.fleet.asked import VesselNow
from bentos.inference.answers import Asked, AsOf, ModelVersion, Release, Warnings
from bentos.inference.requests import MAX_ITEMS, AskedAt, Instant, Name, Request
from tambo.planning.fleet.trips import ObstacleKind
from tambo.planning.fleet.usage import LimitKind

LONGEST = 180
"""Days that can be planned ahead: as many as failures are foretold for."""
MOST_HOURS, MOST_MONEY = 2_000, 1e8
"""Of a trip, as the contract of bookings has them."""

TRIP: dict[str, Any] = {
    "booking_id": "B-7012",
    "vessel_type": "Private Jet",
    "origin": "Lima",
    "departs_at": "2026-01-05T14:00:00Z",
    "hours": 3.5,
    "revenue": 21_000,
}
STAY: dict[str, Any] = {
    "aircraft_id": "OB-1000",
    "begins_at": "2026-01-04T08:00:00Z",
    "ends_at": "2026-01-07T18:00:00Z",
}
EXAMPLE: dict[str, Any] = {"trips": [TRIP], "horizon": 14}

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class PlannedTrip(Request):
    """One booked trip; it ends where it begins."""

    booking_id: Name
    vessel_type: Name | None = Field(
        default=None,
        description="kind of vessel that is booked, as in the register; left out: any kind will do",
    )
    origin: Name = Field(description="base that it leaves from and comes back to")
    departs_at: Instant = Field(description="with its zone (RFC 3339); not before asked_at")
    hours: float = Field(gt=0, le=MOST_HOURS, allow_inf_nan=False, description="engines run")
    revenue: float = Field(ge=0, le=MOST_MONEY, allow_inf_nan=False, description="USD")
    returns_at: Instant | None = Field(
        default=None, description="when the vessel is free again; left out: after its hours"
    )
    priority: int = Field(default=1, ge=1, le=100, description="counts as so many such trips")
    aircraft_id: Name | None = Field(
        default=None, description="vessel that was promised: no other is given to it"
    )

    @field_validator("returns_at")
    @classmethod
    def _after_its_hours(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        departs, hours = info.data.get("departs_at"), info.data.get("hours")
        if value is None or departs is None or hours is None:
            return value
        if value < departs + timedelta(hours=hours):
            raise ValueError(f"lies before departs_at and the trip's {hours:g} hours")
        return value

    @property
    def ends_at(self) -> datetime:
        """When the vessel is free again."""
        return self.returns_at or self.departs_at + timedelta(hours=self.hours)


class PlannedStay(Request):
    """A vessel's planned time in a hangar."""

    aircraft_id: Name
    begins_at: Instant
    ends_at: Instant

    @field_validator("ends_at")
    @classmethod
    def _after_it_begins(cls, value: datetime, info: ValidationInfo) -> datetime:
        begins = info.data.get("begins_at")
        if begins is not None and value <= begins:
            raise ValueError("must lie after begins_at")
        return value


class OperationsPlanRequest(Request):
    """Booked trips that are to be given to vessels."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    trips: list[PlannedTrip] = Field(min_length=1, max_length=MAX_ITEMS)
    maintenance: list[PlannedStay] | None = Field(
        default=None,
        max_length=MAX_ITEMS,
        description="the whole maintenance plan; left out: the dates that are known",
    )
    horizon: int = Field(default=30, ge=1, le=LONGEST, description="days that are planned ahead")
    aircraft_ids: Annotated[list[Name], Field(min_length=1, max_length=MAX_ITEMS)] | None = Field(
        default=None,
        description="tail or hull numbers; left out: the vessels that the model was trained on",
    )
    vessels: list[VesselNow] | None = Field(
        default=None, max_length=MAX_ITEMS, description="what is known beside the features"
    )
    stay_days: float = Field(
        default=5,
        gt=0,
        le=LONGEST,
        allow_inf_nan=False,
        description="days in a hangar of a maintenance whose end is not told",
    )
    ferry_hours: float | None = Field(
        default=None,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="hours of a ferry between two bases, one way; left out: not counted",
    )
    least_chance: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        allow_inf_nan=False,
        description="chance of a failure before a trip is over from which on it is at risk",
    )
    penalty: Share = Field(
        default=1.0, description="share of a trip's revenue that a failure costs"
    )
    asked_at: AskedAt = None


REQUEST: TypeAdapter[Any] = TypeAdapter(OperationsPlanRequest)


class Blocked(BaseModel):
    """A vessel that could serve a trip, and what keeps it from it."""

    aircraft_id: str
    kind: ObstacleKind
    says: str


class TripAnswer(BaseModel):
    """Who flies a trip, or why nobody does."""

    booking_id: str
    aircraft_id: str | None
    chance_of_failure: float | None = Field(
        description="of its vessel before it is over; null where a maintenance comes before"
    )
    why_not: str | None = Field(description="why nobody flies it, in words")
    blocked: list[Blocked] = Field(description="vessels of the kind at the base; empty if flown")


class VesselUse(BaseModel):
    """Use of a vessel over the horizon."""

    aircraft_id: str
    trips: int
    hours: float = Field(description="engines run")
    away: float = Field(description="share of the horizon's time that it is on trips")
    in_hangar: float = Field(description="share that it is in its hangar")
    revenue: float = Field(description="USD")
    legal_hours_left: float | None = Field(
        description="at the end of the horizon; null where the law sets no limit"
    )


class AnotherWay(BaseModel):
    """Another way to fly a trip; possible beside all else that is planned, but each alone."""

    kind: Literal["vessel", "ferry", "shift", "none"] = Field(
        description="another vessel, one of another base, a maintenance moved, or none"
    )
    aircraft_id: str | None
    days: int | None = Field(description="by which its maintenance is moved; later if positive")
    says: str


class AtRisk(BaseModel):
    """A booking that may not be flown."""

    rank: int
    booking_id: str
    aircraft_id: str | None = Field(description="who flies it; null: nobody")
    kind: Literal["not_flown", "failure"]
    revenue_at_risk: float = Field(description="USD; by the chance of a failure where it is flown")
    says: str
    alternative: AnotherWay


class LimitReached(BaseModel):
    """A legal limit that the maintenance plan does not keep: the vessel then stands still."""

    aircraft_id: str
    limit: LimitKind
    since: datetime
    says: str


class OperationsPlan(BaseModel):
    """Who flies what, how vessels are used, and which bookings are at risk."""

    trips: list[TripAnswer] = Field(description="in the order of the request")
    vessels: list[VesselUse]
    at_risk: list[AtRisk] = Field(description="the most revenue at risk first")
    limits: list[LimitReached]
    revenue: float = Field(description="USD of the trips that are flown")
    revenue_at_risk: float = Field(description="USD")
    proven: bool = Field(description="whether no plan is worth more")
    horizon: int
    ends_at: datetime = Field(description="end of the horizon")
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
