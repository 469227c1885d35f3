"""The OpenAPI 3.1 document of a service, and the page that shows it.

BentoML's own page loads a tracker from another host; this one loads nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from bentos.web.endpoint import RESULT, STATUS, Operation
from bentos.web.tasks import TaskStatus
from tambo.serving.problem import MEDIA_TYPE, TITLES, Problem

_PROBLEMS = (400, 405, 413, 415, 422, 503, 504)
_TASK = "task:out"
_BEARER = "bearer"
_TASK_PROBLEMS = {STATUS: (400, 404, 405), RESULT: (400, 404, 405, 409, 422, 503)}

_SYSTEM = {
    "/livez": ("livez", "Is the process alive?", "text/plain"),
    "/healthz": ("healthz", "The same as livez", "text/plain"),
    "/readyz": ("readyz", "Can it answer, with its features at hand?", "text/plain"),
    "/metrics": ("metrics", "Prometheus metrics", "text/plain"),
}

_PAGE_FILES = (
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-initializer.js",
)
"""BentoML has them at hand, under /static_content."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8">
    <title>{title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="./static_content/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="./static_content/swagger-ui-bundle.js"></script>
    <script src="./static_content/swagger-ui-standalone-preset.js"></script>
    <script src="./static_content/swagger-initializer.js"></script>
  </body>
</html>
"""


def document(
    title: str, version: str, description: str, operations: Sequence[Operation]
) -> dict[str, Any]:
    """Describe a service.

    Args:
        title: its name.
        version: its version.
        description: what it is for, in Markdown.
        operations: what it offers besides health and metrics.
    """
    problems: TypeAdapter[Any] = TypeAdapter(Problem)
    adapters = [(("problem", "serialization"), problems)]
    if any(one.later for one in operations):
        adapters.append(((_TASK, "serialization"), TypeAdapter(TaskStatus)))
    for one in operations:
        adapters.append(((f"{one.name}:in", "validation"), one.request))
        adapters.append(((f"{one.name}:out", "serialization"), one.answer))
    schemas, shared = TypeAdapter.json_schemas(
        [(key, mode, adapter) for (key, mode), adapter in adapters],  # type: ignore[misc]
        ref_template="#/components/schemas/{model}",
    )
    by_key = {key: schema for (key, _), schema in schemas.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": "."}],
        "paths": {
            **{one.path: {"post": _operation(one, by_key)} for one in operations},
            **{
                f"{one.path}/{question}": {"get": _look(one, question, by_key)}
                for one in operations
                for question in ((STATUS, RESULT) if one.later else ())
            },
            **{path: {"get": _system(*said, by_key["problem"])} for path, said in _SYSTEM.items()},
        },
        "components": {"schemas": shared.get("$defs", {}), **_security(operations)},
    }


def routes(document: dict[str, Any]) -> list[Route]:
    """Serve the document at /docs.json and its page at /."""

    async def openapi(_: Request) -> JSONResponse:
        return JSONResponse(document)

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(_PAGE.format(title=document["info"]["title"]))

    return [Route("/docs.json", openapi, name="openapi"), Route("/", page, name="index")]


def addresses(document: dict[str, Any]) -> frozenset[str]:
    """All that a service answers at: what its document says, the document and its page."""
    files = (f"/static_content/{name}" for name in _PAGE_FILES)
    return frozenset({*document["paths"], "/", "/docs.json", *files})


def _security(operations: Sequence[Operation]) -> dict[str, Any]:
    """How a caller says who it is, where an operation asks for that."""
    if not any(one.roles for one in operations):
        return {}
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return {"securitySchemes": {_BEARER: scheme}}


def _roles(one: Operation) -> dict[str, Any]:
    """Which roles an operation asks for; open to all where it asks for none."""
    if not one.roles:
        return {}
    # Where there is no issuer of tokens, what only answers takes requests without one.
    token: dict[str, list[str]] = {_BEARER: []}
    return {
        "security": [token] if one.writes else [token, {}],
        "x-roles": list(one.roles),
    }


def _refusals(one: Operation) -> tuple[int, ...]:
    return (401, 403) if one.roles else ()


def _operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    problems = (*_PROBLEMS, *_refusals(one))
    return {
        "tags": ["intake" if one.writes else "predictions"],
        **_roles(one),
        "operationId": one.name,
        "summary": one.summary,
        "description": one.description,
        "requestBody": {
            "required": True,
            "content": _content(schemas[f"{one.name}:in"], one.request_examples),
        },
        "responses": (
            _answers(one, problems, schemas)
            if not one.later
            else _task(one, 202, (*problems, 429), schemas)
        ),
    }


def _look(one: Operation, question: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """Describe what is asked about a task."""
    words = {STATUS: "How far is it", RESULT: "What came of it"}
    problems = (*_TASK_PROBLEMS[question], *_refusals(one))
    return {
        "tags": ["predictions"],
        **_roles(one),
        "operationId": f"{one.name}_{question}",
        "summary": f"{one.summary}: {words[question].lower()}?",
        "parameters": [
            {
                "name": "task_id",
                "in": "query",
                "required": True,
                "description": f"as POST {one.path} answers it",
                "schema": {"type": "string"},
            }
        ],
        "responses": (
            _task(one, 200, problems, schemas)
            if question == STATUS
            else _answers(one, problems, schemas)
        ),
    }


def _task(
    one: Operation, status: int, problems: Sequence[int], schemas: dict[str, Any]
) -> dict[str, Any]:
    example = {
        "task_id": "0b1c",
        "status": "in_progress",
        "submitted_at": "2026-01-01T07:42:00Z",
        "completed_at": None,
        "status_url": f"{one.path}/{STATUS}?task_id=0b1c",
        "result_url": f"{one.path}/{RESULT}?task_id=0b1c",
    }
    content = _content(schemas[_TASK], {"A task": example})
    return {
        str(status): {"description": "How far the task is", "content": content},
        **_problems(one, problems, schemas),
    }


def _answers(one: Operation, problems: Sequence[int], schemas: dict[str, Any]) -> dict[str, Any]:
    content = _content(schemas[f"{one.name}:out"], one.answer_examples)
    said = "Kept before: the same answer again" if one.writes else "The answer"
    made = {"201": {"description": "Kept", "content": content}} if one.writes else {}
    return {
        "200": {"description": said, "content": content},
        **made,
        **_problems(one, problems, schemas),
    }


def _content(schema: Any, examples: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema, "examples": _examples(examples)}}


def _problems(one: Operation, statuses: Sequence[int], schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        **{str(status): _problem(one, status, schemas) for status in statuses},
        "default": {
            "description": "Any other problem",
            "content": {MEDIA_TYPE: {"schema": schemas["problem"]}},
        },
    }


def _examples(examples: Any) -> dict[str, Any]:
    return {title: {"summary": title, "value": value} for title, value in examples.items()}


def _problem(one: Operation, status: int, schemas: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schemas["problem"]}
    if status in one.problem_examples:
        content["example"] = one.problem_examples[status]
    return {"description": TITLES[status][1], "content": {MEDIA_TYPE: content}}


def _system(name: str, summary: str, kind: str, problem: Any) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": problem}}
    return {
        "tags": ["health and metrics"],
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": "Yes", "content": {kind: {"schema": {"type": "string"}}}},
            "503": {"description": TITLES[503][1], "content": content},
            "default": {"description": "Any other problem", "content": content},
        },
    }
