"""Errors of an HTTP service as RFC 9457 problem details: what is wrong, where, and what to do.

Every field that is wrong is named, by its path in the request and by a JSON pointer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from tambo.errors import ServingError

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One field of a request that is wrong."""

    field: str = Field(description="path in the request, for example items.3.date; empty: the body")
    pointer: str = Field(description="the same as a JSON pointer (RFC 6901), for example #/items/3")
    detail: str = Field(description="what is wrong, and what would have been right")


class Problem(BaseModel):
    """Body of every answer that is an error."""

    type: str = Field(description="names the kind of problem, always the same for the same kind")
    title: str = Field(description="the kind of problem in words")
    status: int = Field(description="HTTP status code")
    detail: str = Field(description="what happened this time")
    errors: list[FieldError] = Field(default_factory=list, description="the fields that are wrong")
    remedy: str | None = Field(default=None, description="what to do next")


TITLES = {
    400: ("malformed-request", "The request is not JSON"),
    401: ("unauthorized", "The request carries no token that is taken"),
    403: ("forbidden", "The token's roles do not allow it"),
    404: ("not-found", "There is nothing under this address"),
    405: ("method-not-allowed", "The address does not take this method"),
    409: ("conflict", "The request does not fit what is there now"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-media-type", "The request's content type is not taken"),
    422: ("invalid-request", "A field of the request is wrong"),
    429: ("too-many-requests", "The service is busy"),
    500: ("internal-error", "The service failed"),
    503: ("unavailable", "The service cannot answer now"),
    504: ("timeout", "The answer took too long"),
}
"""Kind and title by HTTP status."""


class ProblemError(ServingError):
    """A request that is answered with a problem.

    Args:
        status: HTTP status code.
        detail: what happened this time.
        errors: the fields that are wrong.
        remedy: what to do next.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[FieldError] = (),
        remedy: str | None = None,
    ) -> None:
        super().__init__(detail, remedy=remedy)
        self.problem = problem(status, detail, errors, remedy)


def problem(
    status: int, detail: str, errors: Sequence[FieldError] = (), remedy: str | None = None
) -> Problem:
    """Describe a problem; an unknown status is named by its number."""
    kind, title = TITLES.get(status, (f"http-{status}", f"HTTP status {status}"))
    return Problem(
        type=f"urn:tambo:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        errors=list(errors),
        remedy=remedy,
    )


def field_error(location: Sequence[str | int], detail: str) -> FieldError:
    """Name a field by its path.

    >>> field_error(("items", 3, "date"), "is missing").pointer
    '#/items/3/date'
    """
    parts = [str(part) for part in location]
    escaped = [part.replace("~", "~0").replace("/", "~1") for part in parts]
    return FieldError(
        field=".".join(parts), pointer="#" + "".join(f"/{part}" for part in escaped), detail=detail
    )


def invalid(location: Sequence[str | int], detail: str) -> ProblemError:
    """Make the error for one field that is wrong."""
    one = field_error(location, detail)
    return ProblemError(422, f"{one.field}: {detail}" if one.field else detail, [one])


def from_validation(
    error: ValidationError, words: Mapping[str, str], skip: int = 0, *, personal: bool = False
) -> ProblemError:
    """Turn pydantic's errors into a problem.

    Args:
        error: what pydantic found.
        words: our words by pydantic's error type, with {names} from its context.
        skip: leading parts of each path that are not in the request.
        personal: the request may hold personal data even where a field's name belongs; an unknown
            field is then named by what holds it.
    """
    found = error.errors(include_url=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        reason = str(found[0].get("ctx", {}).get("error", found[0]["msg"]))
        return ProblemError(400, f"the body is not JSON: {reason}")
    errors = [field_error(_location(one, skip, personal), _words(one, words)) for one in found]
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    detail = f"{first.field}: {first.detail}" if first.field else first.detail
    return ProblemError(422, f"{detail}{more}", errors)


def _location(found: Any, skip: int, personal: bool) -> tuple[str | int, ...]:
    location: tuple[str | int, ...] = found["loc"][skip:]
    return location[:-1] if personal and found["type"] == "extra_forbidden" else location


def _words(found: Any, words: Mapping[str, str]) -> str:
    text = words.get(found["type"])
    if text is None:
        message: str = found["msg"]
        return message.removeprefix("Value error, ")
    context = found.get("ctx", {})
    return text.format_map(
        {key: f"{one:.15g}" if isinstance(one, float) else str(one) for key, one in context.items()}
    )
