"""What the models of the next maintenance and of its cost read of a vessel, and how it is asked."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pyarrow as pa

from tambo.serving.spec import Input
from training.splits import TimeSplit
from training.survival.outcome import outcomes
from training.thinned import ThinnedSplit

EDGES = (0, 7, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180)
"""Days of the intervals: the steps in which the label mart tells how far a day is watched."""
WINDOW = timedelta(days=90)
"""Gap before each split: the longest chance that is asked for."""
KEY = ("aircraft_id", "planning_day")

VESSEL, KIND = "aircraft_id", "aircraft_profile__aircraft_type"
PLANNED = "maintenance_request__days_to_planned_maintenance"
SINCE = "maintenance_request__days_since_last_maintenance"
LIMIT = "maintenance_request__days_to_overhaul_limit"

HEALTH = (
    "aircraft_health__engine_health_score",
    "aircraft_health__engine_health_score_mean_7d",
    "aircraft_health__engine_health_score_trend_28d",
    "aircraft_health__temperature_variance",
    "aircraft_health__temperature_variance_mean_7d",
    "aircraft_health__temperature_variance_trend_28d",
)
USE = (
    "aircraft_operations__hours_since_maintenance",
    "aircraft_operations__scaled_flight_hours",
    "aircraft_operations__utilisation_30d",
    "aircraft_operations__utilisation_90d",
    "aircraft_operations__fuel_rate_deviation",
    "aircraft_operations__total_flight_hours",
)
PLAN = (PLANNED,)
PAST = (
    SINCE,
    "maintenance_request__scaled_days",
    LIMIT,
    "maintenance_request__days_since_last_fault",
    "aircraft_maintenance__faults_365d",
    "aircraft_maintenance__in_maintenance",
    "aircraft_maintenance__downtime_share_90d",
    "maintenance_request__years_in_service",
)
COSTS = (
    "aircraft_maintenance__last_maintenance_cost",
    "aircraft_maintenance__mean_maintenance_cost",
)
LOGS = (
    "aircraft_service_logs__minor_entries_30d",
    "aircraft_service_logs__major_entries_30d",
    "aircraft_service_logs__critical_entries_30d",
    "maintenance_request__days_since_last_grave_entry",
)
SEASON = ("maintenance_request__season_sin", "maintenance_request__season_cos")
NUMBERS = (*HEALTH, *USE, *PLAN, *PAST, *COSTS, *LOGS, *SEASON)

INPUTS = (
    *(Input(name=name, kind="number") for name in NUMBERS),
    Input(name=KIND, kind="category", vocabulary=()),
    # No estimator reads it: the service knows the fleet by it.
    Input(name=VESSEL, kind="category", vocabulary=()),
)

SPLIT = ThinnedSplit(
    TimeSplit(calibration_share=0.2, test_share=0.25, least_rows=6),
    unit=VESSEL,
    every=7,
    then=partial(outcomes, edges=EDGES),
)
"""A row a week: the shortest chance asked for is of a week, and rows of one week say the same."""


def entity_rows(labels: pa.Table) -> pa.Table:
    """What `maintenance_due_v1` is asked for: the vessel on the planning day, at its beginning."""
    return labels.select([VESSEL, "event_timestamp"])
