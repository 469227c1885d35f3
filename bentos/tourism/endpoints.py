"""What the tourism service answers; one line an operation."""

from __future__ import annotations

from bentos.inference.endpoint import Endpoint
from bentos.tourism.campaign_plan.documentation import CAMPAIGN_PLAN
from bentos.tourism.visitor_flow.documentation import EXPLANATIONS, VISITOR_FLOW

ENDPOINTS: tuple[Endpoint, ...] = (VISITOR_FLOW, EXPLANATIONS, CAMPAIGN_PLAN)
"""In the order of the OpenAPI document; their models are `bentos.tourism.MODELS`."""
