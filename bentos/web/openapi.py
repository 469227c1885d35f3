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

from bentos.web.endpoint import Operation
from tambo.serving.problem import MEDIA_TYPE, TITLES, Problem

_PROBLEMS = (400, 405, 413, 415, 422, 503)

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
            **{path: {"get": _system(*said, by_key["problem"])} for path, said in _SYSTEM.items()},
        },
        "components": {"schemas": shared.get("$defs", {})},
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


def _operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "tags": ["predictions"],
        "operationId": one.name,
        "summary": one.summary,
        "description": one.description,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": schemas[f"{one.name}:in"],
                    "examples": _examples(one.request_examples),
                }
            },
        },
        "responses": {
            "200": {
                "description": "The answer",
                "content": {
                    "application/json": {
                        "schema": schemas[f"{one.name}:out"],
                        "examples": _examples(one.answer_examples),
                    }
                },
            },
            **{str(status): _problem(one, status, schemas) for status in _PROBLEMS},
            "default": {
                "description": "Any other problem",
                "content": {MEDIA_TYPE: {"schema": schemas["problem"]}},
            },
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
