"""One OpenAPI document for all models of a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bentos.inference.endpoint import AnyEndpoint, Endpoint
from bentos.inference.intake import IntakeEndpoint
from bentos.web.endpoint import STORE_DOWN, Operation
from bentos.web.openapi import document
from tambo import __version__
from tambo.serving.problem import Problem, invalid, problem
from tambo.serving.spec import ServingSpec


def describe(
    title: str, words: str, endpoints: Sequence[AnyEndpoint], specs: Mapping[str, ServingSpec]
) -> dict[str, Any]:
    """Describe a service.

    Args:
        title: its name.
        words: what it is for, in Markdown.
        endpoints: its models.
        specs: by model name. What the page offers to try is then what these champions can answer;
            without a model its examples are made up.
    """
    behind = [one for one in endpoints if not isinstance(one, IntakeEndpoint)]
    operations = [
        one.operation if isinstance(one, IntakeEndpoint) else _operation(one, specs.get(one.model))
        for one in endpoints
    ]
    made = document(title, __version__, words, operations)
    for one in behind:
        spec = specs.get(one.model)
        if one.refine is not None and spec is not None:
            one.refine(made["components"]["schemas"], spec)
    return made


def shown(one: Problem) -> dict[str, Any]:
    """A problem as an example."""
    return one.model_dump(exclude_defaults=True)


def problem_examples(field: str, says: str) -> dict[int, dict[str, Any]]:
    """Problems by status, as examples: no JSON, a wrong field, a store that is down."""
    down = problem(503, STORE_DOWN, remedy="start Redis, or correct TAMBO_REDIS_URL")
    return {
        400: shown(problem(400, "the body is not JSON: EOF while parsing an object")),
        422: shown(invalid((field,), says).problem),
        503: shown(down),
    }


def _operation(endpoint: Endpoint, spec: ServingSpec | None) -> Operation:
    if endpoint.examples is None or spec is None:
        return endpoint.operation
    return replace(endpoint.operation, request_examples=endpoint.examples(spec))
