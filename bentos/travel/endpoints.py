"""What the travel service answers; one line a model."""

from __future__ import annotations

from bentos.inference.endpoint import Endpoint
from bentos.travel.flight_price.documentation import FLIGHT_PRICE
from bentos.travel.hotel_recommendation.documentation import HOTEL_RECOMMENDATIONS
from bentos.travel.traveller_gender.documentation import TRAVELLER_GENDER

ENDPOINTS: tuple[Endpoint, ...] = (FLIGHT_PRICE, TRAVELLER_GENDER, HOTEL_RECOMMENDATIONS)
"""In the order of the OpenAPI document; their models are `bentos.travel.MODELS`."""
