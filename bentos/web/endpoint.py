"""A JSON endpoint: every request ends in an answer or in a problem that names the field.

The answer to an operation that takes long is a task; see `bentos.web.tasks`.
"""

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

from bentos.web.authorization import Guard
from bentos.web.tasks import TaskStatus
from tambo.errors import OnlineStoreError, TamboError
from tambo.serving.problem import MEDIA_TYPE, Problem, ProblemError, from_validation, problem

logger = logging.getLogger(__name__)

MAX_BYTES = 2 * 1024 * 1024
"""Largest body; a thousand flights take about 200 kB."""

STORE_DOWN = "the online store cannot be read now"

_HEADERS = {
    401: {"www-authenticate": "Bearer"},
    409: {"retry-after": "1"},
    429: {"retry-after": "5"},
}

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
        later: the answer is the result of a task; the request is answered with its status.
        words: our words by pydantic's error type.
        skip: leading parts of pydantic's error paths that are not in the request.
        roles: of which a caller needs one, where the settings name an issuer of tokens; empty: it
            is open to all. See `bentos.web.authorization`.
        writes: it takes something in, so it is open to nobody where there is no issuer.
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
    later: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    skip: int = 0
    personal: bool = False
    roles: tuple[str, ...] = ()
    writes: bool = False
    request_examples: Mapping[str, Any] = field(default_factory=dict)
    answer_examples: Mapping[str, Any] = field(default_factory=dict)
    problem_examples: Mapping[int, Any] = field(default_factory=dict)


def problem_response(one: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a problem."""
    body = one.model_dump_json(exclude_defaults=True)
    return Response(body, one.status, headers=headers, media_type=MEDIA_TYPE)


@dataclass(frozen=True)
class Created:
    """An answer that says that something is there now which was not."""

    answer: BaseModel


Handle = Callable[[Any], Awaitable[BaseModel | Created]]
"""Makes the answer to a request that was read."""

Look = Callable[[str, str], Awaitable[BaseModel]]
"""Makes the answer to a question, STATUS or RESULT, about a task."""

STATUS, RESULT = "status", "result"


def route(operation: Operation, handle: Handle, guard: Guard | None = None) -> Route:
    """Make the route of an operation; without a guard of the service's it has one of its own."""

    async def answer(request: Request) -> Response:
        _check_headers(request)
        asked = _read(operation, await _body(request))
        return _answer(await handle(asked))

    return _route(operation, operation.path, operation.name, "POST", answer, guard)


def task_routes(operation: Operation, look: Look, guard: Guard | None = None) -> list[Route]:
    """Make the routes of an operation's tasks; none where it has none."""
    found = []
    for question in (STATUS, RESULT) if operation.later else ():

        async def answer(request: Request, question: str = question) -> Response:
            name = request.query_params.get("task_id")
            if not name:
                raise ProblemError(400, "the address has no task_id", remedy="?task_id=...")
            return _json(await look(question, name))

        path, name = f"{operation.path}/{question}", f"{operation.name}_{question}"
        found.append(_route(operation, path, name, "GET", answer, guard))
    return found


def _route(
    operation: Operation,
    path: str,
    name: str,
    method: str,
    answer: Callable[[Request], Awaitable[Response]],
    guard: Guard | None,
) -> Route:
    door = guard or Guard(operation.name)

    async def endpoint(request: Request) -> Response:
        if request.method != method:
            refused = problem(405, f"{path} takes {method}, not {request.method}")
            return problem_response(refused, {"allow": method})
        try:
            await door.admit(operation, request)
            return await answer(request)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            return _failure(error, operation)

    return Route(path, endpoint, methods=_METHODS, name=name)


def _failure(error: Exception, operation: Operation) -> Response:
    """Answer with the problem that an error is; only what is ours to mend goes to the log."""
    if isinstance(error, ProblemError):
        return problem_response(error.problem, _HEADERS.get(error.problem.status))
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


def _read(operation: Operation, body: bytes) -> Any:
    try:
        return operation.request.validate_json(body)
    except ValidationError as error:
        raise from_validation(
            error, operation.words, operation.skip, personal=operation.personal
        ) from error


def _answer(answer: BaseModel | Created) -> Response:
    if isinstance(answer, Created):
        return _json(answer.answer, 201)
    if not isinstance(answer, TaskStatus):
        return _json(answer)
    headers = {"location": answer.status_url, "retry-after": "1"}
    return _json(answer, 202, headers)


def _json(
    answer: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    body = answer.model_dump_json()
    return Response(body, status, headers=headers, media_type="application/json")


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
