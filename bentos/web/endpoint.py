"""A JSON endpoint: every request ends in an answer or in a problem that names the field."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from tambo.errors import OnlineStoreError, TamboError
from tambo.serving.problem import MEDIA_TYPE, Problem, ProblemError, from_validation, problem

logger = logging.getLogger(__name__)

MAX_BYTES = 2 * 1024 * 1024
"""Largest body; a thousand flights take about 200 kB."""

STORE_DOWN = "the online store cannot be read now"

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@dataclass(frozen=True)
class Operation:
    """One POST operation of a service.

    Attributes:
        path: for example /v1/flight-price.
        name: operation id in the OpenAPI document.
        summary: what it does, in a few words.
        description: what it does, in Markdown.
        request: reads the body.
        answer: shape of the answer.
        words: our words by pydantic's error type.
        skip: leading parts of pydantic's error paths that are not in the request.
        personal: requests hold personal data. No problem and no log then repeats anything of one:
            neither the names of unknown fields nor the words of an unexpected error.
        request_examples: by title.
        answer_examples: by title.
        problem_examples: by status.
    """

    path: str
    name: str
    summary: str
    description: str
    request: TypeAdapter[Any]
    answer: TypeAdapter[Any]
    words: Mapping[str, str] = field(default_factory=dict)
    skip: int = 0
    personal: bool = False
    request_examples: Mapping[str, Any] = field(default_factory=dict)
    answer_examples: Mapping[str, Any] = field(default_factory=dict)
    problem_examples: Mapping[int, Any] = field(default_factory=dict)


def problem_response(one: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a problem."""
    body = one.model_dump_json(exclude_defaults=True)
    return Response(body, one.status, headers=headers, media_type=MEDIA_TYPE)


Handle = Callable[[Any], Awaitable[BaseModel]]
"""Makes the answer to a request that was read."""


def route(operation: Operation, handle: Handle) -> Route:
    """Make the route of an operation."""

    async def endpoint(request: Request) -> Response:
        if request.method != "POST":
            refused = problem(405, f"{operation.path} takes POST, not {request.method}")
            return problem_response(refused, {"allow": "POST"})
        try:
            return await _answer(operation, handle, request)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            return _failure(error, operation)

    return Route(operation.path, endpoint, methods=_METHODS, name=operation.name)


def _failure(error: Exception, operation: Operation) -> Response:
    """Answer with the problem that an error is; only what is ours to mend goes to the log."""
    if isinstance(error, ProblemError):
        return problem_response(error.problem)
    if isinstance(error, OnlineStoreError):
        # Its message may name paths and hosts, which are none of the caller's business.
        logger.error("%s", error)
        down = problem(503, STORE_DOWN, remedy=error.remedy)
        return problem_response(down, {"retry-after": "5"})
    if operation.personal:
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.error("%s failed: %s at\n%s", operation.path, type(error).__name__, where)
        return problem_response(problem(500, "see the service's log"))
    logger.error("%s failed", operation.path, exc_info=error)
    if isinstance(error, TamboError):
        return problem_response(problem(503, error.message, remedy=error.remedy))
    return problem_response(problem(500, "see the service's log"))


async def _answer(operation: Operation, handle: Handle, request: Request) -> Response:
    _check_headers(request)
    body = await _body(request)
    try:
        asked = operation.request.validate_json(body)
    except ValidationError as error:
        raise from_validation(
            error, operation.words, operation.skip, personal=operation.personal
        ) from error
    answer = await handle(asked)
    return Response(answer.model_dump_json(), media_type="application/json")


def _check_headers(request: Request) -> None:
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415, f"the content type is {kind}; send application/json")
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        raise ProblemError(415, f"the content encoding is {encoding}; send the body as it is")


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise ProblemError(413, f"the body has more than {MAX_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)
