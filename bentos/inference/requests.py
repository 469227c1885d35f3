"""Parts of requests: types of fields, one or many in a body, and words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
)

from tambo.serving.problem import FieldError, ProblemError

MAX_ITEMS = 1000
"""Requests in one call."""

MAX_CHARACTERS = 200
"""Of a name."""

# Control characters belong to no name, and forge lines in a log.
Name = Annotated[
    str, Field(min_length=1, max_length=MAX_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]


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
AskedAt = Annotated[
    Instant | None,
    Field(
        description="instant of the request with its zone (RFC 3339); left out: as_of of"
        " this domain in the release that is online"
    ),
]


class Request(BaseModel):
    """Base of all requests: no field that is not declared, and no value of another type."""

    # strict: "7" is not a number, and True is not 1.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_One = TypeVar("_One", bound=Request)


class Batch(Request, Generic[_One]):
    """Many requests in one call."""

    items: list[_One] = Field(min_length=1, max_length=MAX_ITEMS)


def _shape(body: Any) -> str:
    return "batch" if isinstance(body, dict) and "items" in body else "one"


def one_or_many(one: type[Request], many: type[Batch[Any]]) -> TypeAdapter[Any]:
    """Read a body: one request, or `items` with many; errors begin with which of them it was."""
    parts = Annotated[one, Tag("one")], Annotated[many, Tag("batch")]
    shape: Any = Annotated[Union[parts], Discriminator(_shape)]  # noqa: UP007
    return TypeAdapter(shape)


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


def path(position: int, batch: bool, field: str) -> tuple[str | int, ...]:
    """Where a field of a request stands in the body."""
    return ("items", position, field) if batch else (field,)


def refuse(errors: Iterable[FieldError]) -> None:
    """Refuse the request if a field of it is wrong.

    Raises:
        ProblemError: there are errors; it lists all of them.
    """
    found = list(errors)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ProblemError(422, f"{found[0].field}: {found[0].detail}{more}", found)
