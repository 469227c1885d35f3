"""Feature services of the fleet: contracts of its models.

A changed input set is a new version. `predicted_maintenance_cost` is what a model of
`maintenance_due_v1` said, so that service never holds it: the model would learn from itself. The
schedule's second version does.
"""

from __future__ import annotations

from feast import FeatureService  # noqa: TID253 - only definitions are in this module

from feature_repo.fleet.entities import OWNER
from feature_repo.fleet.on_demand import demand_request, maintenance_request
from feature_repo.fleet.views import (
    aircraft_health,
    aircraft_maintenance,
    aircraft_operations,
    aircraft_predicted_cost,
    aircraft_profile,
    aircraft_service_logs,
    fleet_demand,
)

OF_A_VESSEL = (
    aircraft_profile,
    aircraft_operations,
    aircraft_health,
    aircraft_maintenance,
    aircraft_service_logs,
    maintenance_request,
)

maintenance_due_v1 = FeatureService(
    name="maintenance_due_v1",
    features=[*OF_A_VESSEL],
    description="What the models of the next maintenance and its cost see of a vessel",
    owner=OWNER,
    tags={"domain": "fleet", "model": "maintenance_due"},
)

maintenance_schedule_v1 = FeatureService(
    name="maintenance_schedule_v1",
    features=[*OF_A_VESSEL, fleet_demand, demand_request],
    description="What the schedule sees of a vessel, and of the trips booked where it is based",
    owner=OWNER,
    tags={"domain": "fleet", "model": "maintenance_schedule"},
)

maintenance_schedule_v2 = FeatureService(
    name="maintenance_schedule_v2",
    features=[*OF_A_VESSEL, fleet_demand, demand_request, aircraft_predicted_cost],
    description="What the schedule's first version holds, and the cost that was foretold",
    owner=OWNER,
    tags={"domain": "fleet", "model": "maintenance_schedule"},
)
