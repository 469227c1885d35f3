"""The OpenAPI document of the travel service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bentos.inference.documentation import describe
from bentos.travel.endpoints import ENDPOINTS
from tambo.serving.spec import ServingSpec

_WORDS = "Answers of Tambo's champion models, from the features that are online now."


def openapi(specs: Mapping[str, ServingSpec]) -> dict[str, Any]:
    """Describe the travel service, with what these models can answer; see `describe`."""
    return describe("travel", _WORDS, ENDPOINTS, specs)
