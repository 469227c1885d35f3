"""Feature services of tourism: contracts, of its models and with other teams.

A changed input set is a new version.
"""

from __future__ import annotations

from feast import FeatureService  # noqa: TID253 - only definitions are in this module

from feature_repo.tourism.entities import OWNER
from feature_repo.tourism.on_demand import visitor_flow_request
from feature_repo.tourism.views import (
    location_calendar,
    location_campaigns,
    location_climate,
    location_factors,
    location_flow,
    location_season,
    location_weather,
    location_weather_forecast,
)

SPENDING = (
    "campaign_first_days", "campaign_last_days", "campaign_daily_spend", "campaign_markets",
)  # fmt: skip
"""How the forecast sees campaigns: that there is one, and what it costs a day."""

visitor_flow_v1 = FeatureService(
    name="visitor_flow_v1",
    features=[
        location_flow,
        location_season,
        location_calendar,
        location_campaigns[list(SPENDING)],
        location_climate,
        location_factors,
        location_weather,
        location_weather_forecast,
        visitor_flow_request,
    ],
    description="What the visitor forecast sees of a location, and of a day to come",
    owner=OWNER,
    tags={"domain": "tourism", "model": "visitor_flow"},
)

campaign_uplift_v1 = FeatureService(
    name="campaign_uplift_v1",
    features=[location_calendar, location_campaigns, location_weather],
    description="What moved visitors in the weeks before an instant, campaigns among it",
    owner=OWNER,
    tags={"domain": "tourism", "model": "campaign_uplift"},
)
