"""The travel service: each of its models behind an endpoint of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bentoml  # noqa: TID253 - this module is the service, only its server imports it
from pydantic import BaseModel
from starlette.applications import Starlette

from bentos.inference.endpoint import OpenEndpoint
from bentos.travel.documentation import openapi
from bentos.travel.endpoints import ENDPOINTS
from bentos.travel.image import image
from bentos.web.endpoint import Handle, route
from bentos.web.known import only_known
from bentos.web.middleware import ProblemMiddleware
from bentos.web.openapi import addresses, routes
from tambo.errors import OnlineStoreError
from tambo.serving.spec import SPEC_FILE, ServingSpec
from tambo.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "models"
"""The bento's models, one folder each; outside a bento there are none."""


def _handle(model: str) -> Handle:
    async def handle(asked: Any) -> BaseModel:
        service: TravelService = bentoml.get_current_service()
        return await service.endpoints[model].answer(asked)

    return handle


_SPECS = {
    one.model: ServingSpec.load(path)
    for one in ENDPOINTS
    if (path := FOLDER / one.model / SPEC_FILE).exists()
}
_DOCUMENT = openapi(_SPECS)
_WEB = Starlette(
    routes=[
        *(route(one.operation, _handle(one.model)) for one in ENDPOINTS),
        *routes(_DOCUMENT),
    ]
)


@bentoml.service(
    name="travel",
    image=image(),
    workers=1,
    traffic={"timeout": 30},
    logging={"access": {"enabled": False}},
    # No traces are collected, so nothing is spent on them.
    tracing={"excluded_urls": ".*"},
)
@bentoml.asgi_app(_WEB)
class TravelService:
    """Answers with the champion models and the features that are online now."""

    def __init__(self) -> None:
        settings = Settings()
        self.endpoints = {
            one.model: OpenEndpoint.load(one, FOLDER / one.model, settings) for one in ENDPOINTS
        }

    def __is_ready__(self) -> bool:
        """Say whether features of all models can be read; BentoML asks it for /readyz."""
        try:
            for one in self.endpoints.values():
                one.check()
        except OnlineStoreError:
            return False
        return True


_SERVICE: Any = TravelService
_SERVICE.add_asgi_middleware(ProblemMiddleware)
only_known(_SERVICE, addresses(_DOCUMENT))
