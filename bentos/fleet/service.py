"""The fleet service: its models behind their endpoints."""

from __future__ import annotations

from typing import Any

import bentoml  # noqa: TID253 - this module is the service, only its server imports it

from bentos.fleet.documentation import openapi
from bentos.fleet.endpoints import ENDPOINTS
from bentos.inference.image import image
from bentos.inference.service import OPTIONS, ModelService, application, bundled_specs
from bentos.web.known import only_known
from bentos.web.middleware import ProblemMiddleware
from bentos.web.openapi import addresses

_DOCUMENT = openapi(bundled_specs(ENDPOINTS))


@bentoml.service(name="fleet", image=image(), **OPTIONS)
@bentoml.asgi_app(application(ENDPOINTS, _DOCUMENT))
class FleetService(ModelService):
    """Answers with the champion models and the features that are online now."""

    endpoints = ENDPOINTS


_SERVICE: Any = FleetService
_SERVICE.add_asgi_middleware(ProblemMiddleware)
only_known(_SERVICE, addresses(_DOCUMENT))
