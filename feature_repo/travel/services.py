"""Feature services of travel: contracts, of its models and with other teams.

A changed input set is a new version.
"""

from __future__ import annotations

from feast import FeatureService  # noqa: TID253 - only definitions are in this module

from feature_repo.travel.entities import OWNER
from feature_repo.travel.on_demand import flight_request, hotel_request
from feature_repo.travel.views import (
    fare_prices,
    hotel_stays,
    place_demand,
    place_stays,
    route_fares,
    traveller_hotels,
    traveller_places,
    traveller_profile,
    traveller_recent_stays,
    traveller_stays,
    traveller_travel,
)

flight_price_v1 = FeatureService(
    name="flight_price_v1",
    features=[
        fare_prices,
        route_fares,
        traveller_travel,
        # The fare must not depend on gender or employer.
        traveller_profile[["age"]],
        place_demand.with_name("origin_place").with_join_key_map({"place": "origin"}),
        place_demand.with_name("destination_place").with_join_key_map({"place": "destination"}),
        flight_request,
    ],
    description="What the flight price model sees of a fare, a route, a traveller and a request",
    owner=OWNER,
    tags={"domain": "travel", "model": "flight_price"},
)

fares_v1 = FeatureService(
    name="fares_v1",
    features=[fare_prices, route_fares],
    description="What is known of the prices of a fare and its route; nothing about persons",
    owner=OWNER,
    tags={"domain": "travel", "for": "other teams"},
)

traveller_gender_v1 = FeatureService(
    name="traveller_gender_v1",
    features=[
        traveller_profile[["first_name", "age"]],
        traveller_travel,
        traveller_stays,
    ],
    description="What the traveller gender model sees of a person: first name, age and habits",
    owner=OWNER,
    tags={"domain": "travel", "model": "traveller_gender"},
)

hotel_recommendation_v1 = FeatureService(
    name="hotel_recommendation_v1",
    features=[
        hotel_stays,
        place_stays,
        place_demand[["arrivals", "arrivals_90d"]],
        traveller_travel[["trips_booked", "legs_90d", "last_booked_at"]],
        traveller_stays,
        traveller_places,
        traveller_hotels,
        traveller_recent_stays,
        # A hotel must not be shown for gender or employer.
        traveller_profile[["age"]],
        hotel_request,
    ],
    description="What the hotel ranker sees of a hotel, its place, a traveller and a request",
    owner=OWNER,
    tags={"domain": "travel", "model": "hotel_recommendation"},
)
