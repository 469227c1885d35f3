"""The travel service: POST /v1/flight-price."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import bentoml  # noqa: TID253 - this module is the service, only its server imports it
from anyio import to_thread
from pydantic import BaseModel
from starlette.applications import Starlette

from bentos.travel import MODELS
from bentos.travel.documentation import FLIGHT_PRICE, openapi
from bentos.travel.image import image
from bentos.travel.pricing import FlightPricer
from bentos.travel.schemas import FlightBatch, FlightPrices, FlightRequest
from bentos.web.endpoint import route
from bentos.web.middleware import ProblemMiddleware
from bentos.web.openapi import routes
from tambo.errors import OnlineStoreError
from tambo.featurestore.online import OnlineReader
from tambo.serving.model import ServedModel
from tambo.serving.spec import SPEC_FILE, ServingSpec
from tambo.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "models"
"""The bento's models, one folder each; outside a bento there are none."""


async def _flight_price(asked: FlightRequest | FlightBatch) -> BaseModel:
    service: TravelService = bentoml.get_current_service()
    return await service.flight_price(asked)


_SPECS = {
    name: ServingSpec.load(path) for name in MODELS if (path := FOLDER / name / SPEC_FILE).exists()
}
_WEB = Starlette(routes=[route(FLIGHT_PRICE, _flight_price), *routes(openapi(_SPECS))])


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
    """Prices flights with the champion model and the features that are online now."""

    def __init__(self) -> None:
        settings = Settings()
        model = ServedModel.load(FOLDER / "flight_price")
        self._reader = OnlineReader.open(
            model.manifest, sqlite=settings.online_store, redis_url=settings.redis_url
        )
        self._pricer = FlightPricer(model, self._reader)
        # A look-up in a file takes less than the way to a thread and back; one over the network
        # may take long, and must not hold up the others.
        self._far = settings.redis_url is not None

    async def flight_price(self, asked: FlightRequest | FlightBatch) -> BaseModel:
        """Price one flight or many."""
        batch = isinstance(asked, FlightBatch)
        requests = asked.items if isinstance(asked, FlightBatch) else [asked]
        work = partial(self._pricer.price, requests, batch=batch)
        prices = await to_thread.run_sync(work) if self._far or batch else work()
        return FlightPrices(items=prices) if batch else prices[0]

    def __is_ready__(self) -> bool:
        """Say whether features can be read; BentoML asks it for /readyz."""
        try:
            self._reader.check()
        except OnlineStoreError:
            return False
        return True


_SERVICE: Any = TravelService
_SERVICE.add_asgi_middleware(ProblemMiddleware)
