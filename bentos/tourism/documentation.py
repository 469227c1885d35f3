"""The OpenAPI document of the tourism service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bentos.inference.documentation import describe
from bentos.tourism.endpoints import ENDPOINTS
from tambo.serving.spec import ServingSpec

_WORDS = "Forecasts and campaign plans of Tambo's champions, by what is online now."


def openapi(specs: Mapping[str, ServingSpec]) -> dict[str, Any]:
    """Describe the tourism service, with what these models can answer; see `describe`."""
    return describe("tourism", _WORDS, ENDPOINTS, specs)
