"""The fleet's intakes as a service of their own: no model is behind them."""

from __future__ import annotations

import bentoml

from bentos.fleet.intakes import INTAKES
from bentos.inference.documentation import describe
from bentos.inference.service import OPTIONS, ModelService, application
from bentos.web.known import only_known
from bentos.web.middleware import ProblemMiddleware
from bentos.web.openapi import addresses

DOCUMENT = describe("fleet", "What is told of vessels.", INTAKES, {})


@bentoml.service(name="fleet", **OPTIONS)
@bentoml.asgi_app(application(INTAKES, DOCUMENT))
class IntakeService(ModelService):
    """Takes in what is told."""

    endpoints = INTAKES


IntakeService.add_asgi_middleware(ProblemMiddleware)
only_known(IntakeService, addresses(DOCUMENT))
