"""Requests for maintenance schedules and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bentos.fleet.asked import VesselNow
from bentos.fleet.operations_plan.schemas import LimitReached
from bentos.inference.answers import Asked, AsOf, ModelVersion, Release, Warnings
from bentos.inference.requests import AskedAt, Day, Name, Request
from tambo.planning.fleet.moves import MoveKind

LONGEST = 90
"""Days that can be scheduled ahead."""
MAX_VESSELS = 200
"""Of one schedule."""
MOST_SLOTS = 1000

EXAMPLE: dict[str, Any] = {"horizon": 28}

ScheduleName = Literal["run_to_failure", "interval", "hours", "threshold", "optimiser", "network"]


class PlannedEntry(Request):
    """A day on which a vessel is planned to enter its hangar."""

    aircraft_id: Name
    enters: Day


Vessels = Annotated[list[Name], Field(min_length=1, max_length=MAX_VESSELS)]
Slots = Annotated[int, Field(ge=0, le=MOST_SLOTS)]


class MaintenanceScheduleRequest(Request):
    """A fleet whose maintenance is to be scheduled."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    horizon: int = Field(default=28, ge=1, le=LONGEST, description="days that are scheduled ahead")
    aircraft_ids: Vessels | None = Field(
        default=None,
        description="tail or hull numbers; left out: the vessels that the model was trained on",
    )
    hangar_slots: dict[Name, Slots] | None = Field(
        default=None,
        max_length=MAX_VESSELS,
        description="by base, in the place of those that are stored; 0: nobody can enter",
    )
    blackout_dates: list[Day] | None = Field(
        default=None,
        max_length=LONGEST,
        description="days, UTC, on which nobody enters; who is in a hangar stays there",
    )
    schedule: ScheduleName | None = Field(
        default=None, description="which schedule decides; left out: the best one"
    )
    current_plan: list[PlannedEntry] | None = Field(
        default=None,
        max_length=MAX_VESSELS,
        description="what the schedule is held against; left out: the dates that are known",
    )
    vessels: list[VesselNow] | None = Field(
        default=None, max_length=MAX_VESSELS, description="what is known beside the features"
    )
    asked_at: AskedAt = None


REQUEST: TypeAdapter[Any] = TypeAdapter(MaintenanceScheduleRequest)


class Split(BaseModel):
    """USD of one plan, or by which one differs from another; each day ahead counts less."""

    cost: float = Field(description="maintenance, failures and absence, less worth")
    maintenance: float = Field(
        description="of the maintenances; a vessel that stands still and does not enter counts as"
        " if it did after the last day"
    )
    failures: float = Field(
        description="that failures before them cost more than these, and others who wait for a slot"
    )
    absence: float = Field(
        description="trips lost and compensated for want of a vessel, and waiting for a slot"
    )
    worth: float = Field(
        description="of the vessels from the end of the horizon on, by how worn they are then; only"
        " its differences say anything"
    )


class PlanFigures(Split):
    """What a plan is expected to cost and to earn over the horizon, USD."""

    maintenances: int = Field(description="vessels that enter within the horizon")
    downtime_days: float = Field(
        description="vessel-days of absence, those that failures are expected to add too"
    )
    earned: float = Field(
        description="revenue of what is expected to be asked for, less maintenance, failures and"
        " absence"
    )


class Alternative(BaseModel):
    """Another day for one vessel, all others as they are planned."""

    kind: MoveKind = Field(
        description="today; planned: as the current plan has it; week_later: a week later than"
        " recommended; not_within: not within the horizon"
    )
    enters: datetime.date | None
    possible: bool
    why_not: str | None
    limit: str | None = Field(
        description="a legal limit that is reached before: it stands still from then on"
    )
    more: Split = Field(description="by how much it is more than the recommendation")


class MovedUsd(BaseModel):
    """What a group of features adds to what entering today is worth more than staying."""

    what: str
    usd: float


class NetworkSays(BaseModel):
    """What the network holds of entering today, whichever schedule decides."""

    stay: float = Field(description="USD that it holds staying to be worth")
    enter: float = Field(description="likewise, entering")
    moved_by: list[MovedUsd] = Field(
        description="the strongest first: against a vessel as new, among others as new, at an"
        " empty hangar, with demand as usual"
    )


class ScheduledVessel(BaseModel):
    """When a vessel enters its hangar, and why."""

    priority: int
    aircraft_id: str
    base: str
    enters: datetime.date | None = Field(description="day, UTC; null: not within the horizon")
    back: datetime.date | None = Field(
        description="day on which it is expected back, that of one which is in its hangar too"
    )
    planned: datetime.date | None = Field(
        description="of the current plan as it can be kept, within the horizon"
    )
    planned_back: datetime.date | None = Field(
        description="day on which it is expected back by the current plan; null: it does not enter"
    )
    why: str
    cost: float = Field(description="USD that its maintenance is expected to cost")
    chance_of_failure: float = Field(description="before it enters, or within the horizon")
    alternatives: list[Alternative]
    network: NetworkSays | None = Field(description="null where it could not enter today")


class ScheduleEarned(BaseModel):
    """What simulated fleets made of a year by one schedule."""

    name: str
    serves: bool = Field(description="whether it decides where none is named")
    earned: float = Field(description="USD of a fleet and year, on average")
    low: float = Field(description="lower end of the interval of 95 % of it")
    high: float
    maintenances: float = Field(description="of a fleet and year")
    failures: float = Field(description="of a fleet and year")


class MaintenanceSchedule(BaseModel):
    """A dated plan of a fleet, and what it is worth against the current one."""

    schedule: str = Field(description="which one decided")
    vessels: list[ScheduledVessel] = Field(description="in the order of their priority")
    plan: PlanFigures
    current_plan: PlanFigures
    difference: PlanFigures = Field(description="the plan's figures less those of the current one")
    limits: list[LimitReached] = Field(description="legal limits that the plan does not meet")
    current_limits: list[LimitReached] = Field(description="likewise, of the current plan")
    schedules: list[ScheduleEarned] = Field(description="the one that earned most first")
    proven: bool = Field(description="false: the optimiser ran out of time")
    horizon: int
    ends_on: datetime.date = Field(description="first day after the horizon")
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
