"""Requests and answers of the travel service; the OpenAPI document is made from these."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)

MAX_ITEMS = 1000
"""Requests in one call."""

EXAMPLE: dict[str, Any] = {
    "from": "Recife (PE)",
    "to": "Florianopolis (SC)",
    "flightType": "firstClass",
    "agency": "FlyingDrops",
    "date": "2026-12-01",
    "userCode": 0,
}

# Control characters belong to no name, and forge lines in a log.
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _only(pattern: str, wanted: str) -> BeforeValidator:
    """Refuse text of another form: pydantic would take digits for seconds since 1970."""

    def check(value: object) -> object:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(wanted)
        return value

    return BeforeValidator(check)


# Not strict: behind our own check, text is what dates are read from.
Day = Annotated[
    date, Field(strict=False), _only(r"\d{4}-\d{2}-\d{2}", "must be a date written YYYY-MM-DD")
]
_INSTANT = "must be an instant with its zone, such as 2026-11-20T12:00:00-03:00"
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _within(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"has no zone; it {_INSTANT}")
    if not _FIRST <= value <= _LAST:
        raise ValueError(f"must lie between {_FIRST.year} and {_LAST.year}")
    return value


Instant = Annotated[
    datetime,
    Field(strict=False),
    AfterValidator(_within),
    _only(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:.{2,30}", _INSTANT),
]


class _Request(BaseModel):
    # strict: "7" is not a number, and True is not 1.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FlightRequest(_Request):
    """One flight whose price is asked for; names as in the raw files."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    origin: Name = Field(alias="from", description="place that the flight leaves from")
    destination: Name = Field(alias="to", description="place that the flight goes to")
    flight_type: Literal["economic", "premium", "firstClass"] = Field(alias="flightType")
    agency: Name = Field(description="agency that sells the flight; one that the model knows")
    travel_date: Day = Field(
        alias="date", description="day of the flight, local at its origin, YYYY-MM-DD"
    )
    user_code: int | None = Field(
        default=None, alias="userCode", ge=0, lt=2**63, description="code of the traveller"
    )
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
    asked_at: Instant | None = Field(
        default=None,
        description="instant of the request with its zone (RFC 3339); left out: as_of of the"
        " release that is online",
    )

    @field_validator("destination")
    @classmethod
    def _goes_somewhere(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("origin"):
            raise ValueError("is the place that the flight leaves from")
        return value


class FlightBatch(_Request):
    """Many flights in one call."""

    items: list[FlightRequest] = Field(min_length=1, max_length=MAX_ITEMS)


def _shape(body: Any) -> str:
    return "batch" if isinstance(body, dict) and "items" in body else "one"


_ONE, _BATCH = Tag("one"), Tag("batch")
REQUEST: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        Union[Annotated[FlightRequest, _ONE], Annotated[FlightBatch, _BATCH]],  # noqa: UP007
        Discriminator(_shape),
    ]
)
"""A body: one flight, or items with many."""

WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this request",
    "literal_error": "must be {expected}",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "string_type": "must be text",
    "string_unicode": "must be text in UTF-8",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must not hold control characters",
    "too_short": "must hold at least {min_length}",
    "too_long": f"must hold at most {MAX_ITEMS} requests",
    "list_type": "must be a list",
    "greater_than": "must be greater than {gt}",
    "less_than": "must be less than {lt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "date_parsing": "is no date: {error}",
    "date_from_datetime_parsing": "is no date: {error}",
    "datetime_parsing": "is no instant: {error}",
    "datetime_from_date_parsing": "is no instant: {error}",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
"""Our words by pydantic's error type."""


class FeatureValue(BaseModel):
    """One feature that the price rests on."""

    name: str = Field(description="view__feature")
    value: Any = Field(description="null if there is none")
    event_timestamp: datetime | None = Field(
        description="when it last changed; null for what was computed from the request"
    )
    age_seconds: float | None = Field(description="from then until asked_at")
    reason_if_null: str | None = Field(description="why the value is null")


class PriceInterval(BaseModel):
    """Where the price lies with the stated probability."""

    level: float
    low: float
    high: float
    basis: str = Field(description="rows that the width was measured on")


class ModelVersion(BaseModel):
    """The model that gave the price."""

    name: str
    version: str | None
    estimator: str
    baseline: bool = Field(
        description="true: no trained model beat the baseline, so the baseline answers"
    )
    release: int = Field(description="release that the model was trained on")


class FlightPrice(BaseModel):
    """The price of one flight."""

    price: float
    currency: str
    interval: PriceInterval
    model: ModelVersion
    release: int = Field(description="release that the features were read from")
    as_of: datetime = Field(description="newest availability in that release")
    asked_at: datetime = Field(description="instant that ages are counted to")
    warnings: list[str] = Field(description="what makes this price less sure than others")
    features: list[FeatureValue]


class FlightPrices(BaseModel):
    """The prices of many flights, in the order of the request."""

    items: list[FlightPrice]
