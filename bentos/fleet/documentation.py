"""The OpenAPI document of the fleet service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bentos.fleet.endpoints import ENDPOINTS
from bentos.inference.documentation import describe
from tambo.serving.spec import ServingSpec

_WORDS = "Maintenance of jets and yachts, by Tambo's champions and what is online now."


def openapi(specs: Mapping[str, ServingSpec]) -> dict[str, Any]:
    """Describe the fleet service, with what these models can answer; see `describe`."""
    return describe("fleet", _WORDS, ENDPOINTS, specs)
