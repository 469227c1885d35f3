"""Requests for campaign plans and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationInfo, field_validator
from pydantic import model_validator as after

from bentos.inference.answers import Asked, AsOf, ModelVersion, Release, Warnings
from bentos.inference.requests import Day, Name, Request
from tambo.planning.tourism.answers import Alternative, PlanRow, Total
from tambo.planning.tourism.learned import Evidence
from tambo.planning.tourism.offpeak import Gap
from tambo.planning.tourism.request import PlanRequest

MOST_MONEY = 1e12
MOST_PLACES = 1000
MOST_SPENDS = 100_000

EXAMPLE: dict[str, Any] = {
    "budget": 50_000,
    "first": "2026-01-05",
    "last": "2026-03-29",
    "value_per_visitor": 15,
}

Money = Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False)]


class _Span(Request):
    """A first and a last day, either of which may be left out."""

    first: Day | None = None
    last: Day | None = None

    @field_validator("last")
    @classmethod
    def _not_before(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("first")
        if value is not None and first is not None and value < first:
            raise ValueError(f"lies before first, {first}")
        return value


class PlanLimit(_Span):
    """Least and most that a location may take in a week."""

    location: Name | None = Field(default=None, description="left out: each")
    minimum: Money = Field(default=0, description="USD, if anything is spent")
    maximum: Money | None = Field(default=None, description="USD; left out: no limit")
    required: bool = Field(default=False, description="true: the minimum must be spent")

    @after(mode="after")
    def _in_order(self) -> Self:
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"maximum, {self.maximum}, is less than minimum, {self.minimum}")
        return self


class PlanSpend(Request):
    """What is, or was, spent on a market of a location in a week."""

    location: Name
    market: Name
    week: Day = Field(description="any day of it")
    usd: Money


class CampaignPlanRequest(_Span):
    """A budget to be shared out over the weeks in which visitors will be missing."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    budget: float = Field(gt=0, le=MOST_MONEY, allow_inf_nan=False, description="USD")
    first: Day = Field(description="any day of the first week, YYYY-MM-DD")
    last: Day = Field(description="any day of the last week")
    locations: list[Name] = Field(
        default=[], max_length=MOST_PLACES, description="where it may be spent; empty: on all"
    )
    markets: list[Name] = Field(
        default=[], max_length=MOST_PLACES, description="on whom it may be spent; empty: on all"
    )
    limits: list[PlanLimit] = Field(
        default=[], max_length=MOST_PLACES, description="later ones win over earlier ones"
    )
    off_peak: float | None = Field(
        default=PlanRequest.off_peak,
        gt=0,
        le=100,
        description="only weeks below this share of a location's own mean week; null: all weeks",
    )
    value_per_visitor: float | None = Field(
        default=None, gt=0, le=MOST_MONEY, description="USD; left out: no return is told"
    )
    spent: list[PlanSpend] = Field(
        default=[], max_length=MOST_SPENDS, description="what is spent anyway, beside the budget"
    )
    segments: dict[Name, dict[Name, Annotated[float, Field(ge=0, le=1)]]] = Field(
        default={}, description="share of each segment in what a market gets; left out: as so far"
    )
    today: Day | None = Field(
        default=None, description="a running plan is planned again from the week of this day on"
    )
    already: list[PlanSpend] = Field(
        default=[],
        max_length=MOST_SPENDS,
        description="what was spent of the budget in the weeks before; only with today",
    )

    @after(mode="after")
    def _running(self) -> Self:
        if self.already and self.today is None:
            raise ValueError("already is told without today, the day it was planned again")
        return self


REQUEST: TypeAdapter[Any] = TypeAdapter(CampaignPlanRequest)


class CampaignPlan(BaseModel):
    """Where to spend, what comes of it, and what it is held against; intervals are of 80 %."""

    basis: str = Field(
        description="response: by what past campaigns did; gaps: by missing visitors alone, because"
        " past campaigns do not say enough"
    )
    says: str = Field(description="the basis, and what limits the plan, in words")
    gaps: list[Gap]
    rows: list[PlanRow]
    total: Total
    by_location: list[Total]
    by_market: list[Total]
    unspent: float = Field(description="USD that no location-week may take")
    bound: float | None = Field(description="extra visitors that no plan within the limits exceeds")
    equal_spread: Alternative = Field(description="the same in every location-week and market")
    last_year: Alternative | None = Field(description="what was spent a year ago, to scale")
    evidence: list[Evidence]
    model: ModelVersion
    forecast_model: ModelVersion
    forecast_weeks: int = Field(
        description="location-weeks whose visitors are forecast; the season tells the others"
    )
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
