"""One OpenAPI document for all models of a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bentos.inference.endpoint import Endpoint
from bentos.web.endpoint import Operation
from bentos.web.openapi import document
from tambo import __version__
from tambo.serving.problem import Problem
from tambo.serving.spec import ServingSpec


def describe(
    title: str, words: str, endpoints: Sequence[Endpoint], specs: Mapping[str, ServingSpec]
) -> dict[str, Any]:
    """Describe a service.

    Args:
        title: its name.
        words: what it is for, in Markdown.
        endpoints: its models.
        specs: by model name. What the page offers to try is then what these champions can answer;
            without a model its examples are made up.
    """
    operations = [_operation(one, specs.get(one.model)) for one in endpoints]
    made = document(title, __version__, words, operations)
    for one in endpoints:
        spec = specs.get(one.model)
        if one.refine is not None and spec is not None:
            one.refine(made["components"]["schemas"], spec)
    return made


def shown(one: Problem) -> dict[str, Any]:
    """A problem as an example."""
    return one.model_dump(exclude_defaults=True)


def _operation(endpoint: Endpoint, spec: ServingSpec | None) -> Operation:
    if endpoint.examples is None or spec is None:
        return endpoint.operation
    return replace(endpoint.operation, request_examples=endpoint.examples(spec))
