"""Requests for visitor forecasts and their answers; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bentos.inference.answers import Asked, AsOf, ModelVersion, Release, Warnings
from bentos.inference.requests import AskedAt, Batch, Day, Name, Request, one_or_many
from tambo.requesttime.tourism import EVENTS, HORIZON, HOURLY_DAYS

EXAMPLE: dict[str, Any] = {"location": "Plaza de Armas", "unit": "day", "horizon": 7}
MOST_STEPS = {"day": HORIZON, "hour": 24 * HOURLY_DAYS}
MOST_EXPLAINED = 50
"""Requests in one call: each asks the model up to 256 times."""


def _kind(value: str) -> str:
    if value not in EVENTS:
        raise ValueError(f"must be one of {', '.join(EVENTS)}")
    return value


class DaysExpected(Request):
    """Some days that a what-if is of."""

    first: Day = Field(alias="date", description="local day, YYYY-MM-DD")
    last: Day | None = Field(
        default=None, alias="until", description="last of several days; left out: one day"
    )

    @field_validator("last")
    @classmethod
    def _not_before(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("first")
        if value is not None and first is not None and value < first:
            raise ValueError(f"lies before date, {first}")
        return value


class ExpectedWeather(DaysExpected):
    """Weather that is expected in place of the forecast's."""

    temperature: float | None = Field(
        default=None, ge=-60, le=60, allow_inf_nan=False, description="mean of the day, °C"
    )
    precipitation: float | None = Field(
        default=None, ge=0, le=2000, allow_inf_nan=False, description="of the day, mm"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.temperature is None and self.precipitation is None:
            raise ValueError("must hold temperature, precipitation, or both")
        return self


class ExpectedEvent(DaysExpected):
    """An event that was not announced."""

    kind: Annotated[str, AfterValidator(_kind)] = Field(json_schema_extra={"enum": list(EVENTS)})


class WhatIf(Request):
    """What is expected in place of what was forecast, and beside what was announced."""

    weather: list[ExpectedWeather] = Field(default=[], max_length=HORIZON)
    events: list[ExpectedEvent] = Field(
        default=[], max_length=HORIZON, description="one a day at most"
    )


class VisitorFlowRequest(Request):
    """One location whose visitors are asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    location: Name = Field(description="name of the location, as it is counted under")
    unit: Literal["day", "hour"] = Field(default="day", description="what is forecast")
    horizon: int | None = Field(
        default=None,
        ge=1,
        description=f"how many days (1 to {MOST_STEPS['day']}) or hours (1 to"
        f" {MOST_STEPS['hour']}); left out: the most",
    )
    what_if: WhatIf = Field(default=WhatIf(), description="left out: as forecast and announced")
    asked_at: AskedAt = None

    @field_validator("horizon")
    @classmethod
    def _not_beyond(cls, value: int | None, info: ValidationInfo) -> int | None:
        unit = info.data.get("unit")
        if value is not None and unit is not None and value > MOST_STEPS[unit]:
            raise ValueError(f"must be {MOST_STEPS[unit]} {unit}s or less")
        return value

    @property
    def steps(self) -> int:
        """Days or hours that are asked for."""
        return self.horizon or MOST_STEPS[self.unit]

    @property
    def days(self) -> int:
        """Days that hold them."""
        return self.steps if self.unit == "day" else -(-self.steps // 24)


class VisitorFlowBatch(Batch[VisitorFlowRequest]):
    """Many locations in one call."""


class ExplanationBatch(Batch[VisitorFlowRequest]):
    """Some locations in one call."""

    items: list[VisitorFlowRequest] = Field(min_length=1, max_length=MOST_EXPLAINED)


REQUEST = one_or_many(VisitorFlowRequest, VisitorFlowBatch)
"""A body: one location, or items with many."""

EXPLAIN = one_or_many(VisitorFlowRequest, ExplanationBatch)
"""The same, with fewer items."""


class Step(BaseModel):
    """A day or an hour."""

    date: date
    hour: int | None = Field(description="local hour that it begins at; null for a day")
    starts_at: datetime
    closed: bool = Field(description="announced to be shut: nobody comes")


class VisitorsOfStep(Step):
    """The visitors of a day or an hour."""

    p10: float = Field(description="so many or fewer come in 10 of 100 cases")
    p50: float = Field(description="the middle")
    p90: float = Field(description="so many or fewer come in 90 of 100 cases")


class DriverOfStep(BaseModel):
    """What one group of inputs adds to the visitors of a day or an hour."""

    driver: str
    visitors: float = Field(description="below 0: it takes visitors away")
    says: str = Field(description="for example: Public holiday in 3 days: +412 visitors")


class ExplainedStep(Step):
    """What moved the forecast of a day or an hour."""

    p50: float
    ordinary: float = Field(description="p50 of an ordinary day; with all drivers it sums to p50")
    says: str = Field(description="the driver that moves it most, in words")
    drivers: list[DriverOfStep] = Field(description="what moves it most comes first")


class Freshness(BaseModel):
    """How old the features of a view are."""

    view: str
    event_timestamp: datetime | None
    age_seconds: float | None = Field(description="from then until asked_at")
    reason_if_null: str | None = Field(description="why the view holds nothing of the location")


class _OfLocation(BaseModel):
    """What all answers say of a location."""

    location: str
    unit: Literal["day", "hour"]
    new_to_model: bool = Field(description="it was not among the locations that the model learnt")
    origin: datetime = Field(description="end of the newest whole day counted")
    model: ModelVersion
    release: Release
    as_of: AsOf
    asked_at: Asked
    warnings: Warnings
    freshness: list[Freshness]


class VisitorFlow(_OfLocation):
    """The visitors of a location to come."""

    visitors: list[VisitorsOfStep]


class VisitorFlows(BaseModel):
    """Those of many locations, in the order of the request."""

    items: list[VisitorFlow]


class Explanation(_OfLocation):
    """What moved the forecast of a location."""

    explained: list[ExplainedStep]


class Explanations(BaseModel):
    """Those of some locations, in the order of the request."""

    items: list[Explanation]
