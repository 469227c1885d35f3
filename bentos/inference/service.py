"""What the services of all domains share: their web application, their models, their readiness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import bentoml  # noqa: TID253 - only a service imports this
from pydantic import BaseModel
from starlette.applications import Starlette

from bentos.inference.endpoint import AnyEndpoint, open_endpoints
from bentos.web.authorization import Guard
from bentos.web.deadline import SECONDS
from bentos.web.endpoint import Created, Handle, Look, route, task_routes
from bentos.web.openapi import routes
from tambo.errors import OnlineStoreError
from tambo.serving.spec import SPEC_FILE, ServingSpec
from tambo.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "models"
"""The bento's models, one folder each; outside a bento there are none."""

OPTIONS: dict[str, Any] = {
    "workers": 1,
    # Ours comes first: what BentoML answers then is no problem (RFC 9457).
    "traffic": {"timeout": SECONDS + 5},
    "logging": {"access": {"enabled": False}},
    # No traces are collected, so nothing is spent on them.
    "tracing": {"excluded_urls": ".*"},
}
"""How BentoML runs every service."""


def bundled_specs(endpoints: Sequence[AnyEndpoint]) -> dict[str, ServingSpec]:
    """Specs of the models that the bento holds, by name."""
    return {
        name: ServingSpec.load(path)
        for one in endpoints
        for name in one.models
        if (path := FOLDER / name / SPEC_FILE).exists()
    }


def application(endpoints: Sequence[AnyEndpoint], document: dict[str, Any]) -> Starlette:
    """Make what a service mounts: its endpoints, its OpenAPI document and the page of it."""
    guard = Guard(document["info"]["title"])
    return Starlette(
        routes=[
            *(route(one.operation, _handle(one.operation.name), guard) for one in endpoints),
            *(
                found
                for one in endpoints
                for found in task_routes(one.operation, _look(one.operation.name), guard)
            ),
            *routes(document),
        ]
    )


def _handle(operation: str) -> Handle:
    async def handle(asked: Any) -> BaseModel | Created:
        service: ModelService = bentoml.get_current_service()
        return await service.opened[operation].answer(asked)

    return handle


def _look(operation: str) -> Look:
    async def look(question: str, task_id: str) -> BaseModel:
        service: ModelService = bentoml.get_current_service()
        return await service.opened[operation].look(question, task_id)

    return look


class ModelService:
    """Answers with the champion models and the features that are online now."""

    endpoints: ClassVar[Sequence[AnyEndpoint]]

    def __init__(self) -> None:
        self.opened = open_endpoints(self.endpoints, FOLDER, Settings())

    def __is_ready__(self) -> bool:
        """Say whether features of all models can be read; BentoML asks it for /readyz."""
        try:
            for one in self.opened.values():
                one.check()
        except OnlineStoreError:
            return False
        return True
