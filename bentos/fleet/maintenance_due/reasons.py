"""What moves the answer on a vessel: Shapley values of groups of its features.

The answer is held against that on an ordinary vessel, whose inputs are the medians of the rows that
sized the model. See `tambo.serving.shapley`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bentos.fleet.maintenance_due.schemas import Moved
from tambo.serving.model import ServedModel
from tambo.serving.shapley import coalitions, shapley_values
from tambo.serving.spec import Input
from tambo.serving.survival import Survival, chance_of_failure, quantile

WITHIN = 30
"""Days of the chance that is shared out."""

_OF_FEATURE = {
    "maintenance_request__days_to_planned_maintenance": "the plan",
    "maintenance_request__days_since_last_fault": "earlier faults",
    "maintenance_request__days_since_last_grave_entry": "the service log",
    "maintenance_request__years_in_service": "kind and age",
    "maintenance_request__season_sin": "the season",
    "maintenance_request__season_cos": "the season",
    "aircraft_maintenance__faults_365d": "earlier faults",
    "aircraft_maintenance__downtime_share_90d": "earlier faults",
}
_OF_VIEW = {
    "aircraft_health": "the sensors",
    "aircraft_operations": "hours and use",
    "aircraft_maintenance": "the last maintenance",
    "maintenance_request": "the last maintenance",
    "aircraft_service_logs": "the service log",
    "aircraft_profile": "kind and age",
}


def group_of(name: str) -> str:
    """What a feature is shown as part of.

    >>> group_of("aircraft_health__engine_health_score"), group_of("aircraft_id")
    ('the sensors', 'kind and age')
    """
    return _OF_FEATURE.get(name, _OF_VIEW.get(name.partition("__")[0], "kind and age"))


def moved_by(model: ServedModel, survival: Survival, inputs: Mapping[str, object]) -> list[Moved]:
    """Share the answer on one vessel out among groups of its features, the strongest first."""
    row = model.spec.encode([inputs])[0]
    ordinary = _ordinary(model.spec.inputs, survival)
    groups = [group_of(one.name) for one in model.spec.inputs]
    differ = ~((row == ordinary) | (np.isnan(row) & np.isnan(ordinary)))
    active = sorted({name for name, there in zip(groups, differ, strict=True) if there})
    if not active:
        return []
    column = np.array([active.index(name) if name in active else -1 for name in groups])
    members = np.concatenate(
        [coalitions(len(active)), np.zeros((2 ** len(active), 1), bool)], axis=1
    )
    matrix = np.where(members[:, column], row, ordinary).astype(np.float32)
    found = survival.hazards(model.predict_matrix(matrix))
    median = np.minimum(quantile(found, survival.edges, 0.5), survival.horizon)
    worth = np.stack([chance_of_failure(found, survival.edges, WITHIN), median], axis=1)
    values = shapley_values(worth)
    made = [
        # Plus nothing: none of them reads -0.0.
        Moved(what=name, chance=round(float(chance), 4) + 0.0, days=round(float(days), 1) + 0.0)
        for name, (chance, days) in zip(active, values, strict=True)
    ]
    return sorted(made, key=lambda one: (-abs(one.chance), -abs(one.days), one.what))


def _ordinary(
    inputs: tuple[Input, ...], survival: Survival
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    values = [survival.ordinary.get(one.name) for one in inputs]
    return np.array([np.nan if one is None else one for one in values], np.float32)
