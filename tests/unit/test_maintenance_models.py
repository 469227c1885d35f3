"""What the maintenance models declare: their behaviour tests, and who may read what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tambo.requesttime.fleet import MAINTENANCE_REQUEST_FEATURES
from training.design import Design
from training.estimators import FitOptions
from training.fleet import maintenance_cost, maintenance_due
from training.fleet.vessel_inputs import EDGES, INPUTS, NUMBERS, VESSEL

INTERVALS = len(EDGES) - 1
MODELS = (maintenance_due.MODEL, maintenance_cost.MODEL)


def rows() -> Design:
    random = np.random.default_rng(1)
    known = tuple(
        one.model_copy(update={"vocabulary": ("A", "B")}) if one.kind == "category" else one
        for one in INPUTS
    )
    matrix = random.uniform(0, 1, (40, len(known))).astype(np.float32)
    return Design(known, matrix, np.full(40, 100.0), {})


def failing(sign: float):
    """A model whose hazard of a failure rises, or falls, with the health score."""

    def predict(design: Design) -> np.ndarray:
        score = np.nan_to_num(
            design.matrix[:, design.positions([maintenance_due.SCORES[0]])], nan=0
        )
        hazard = 0.2 + 0.1 * sign * score
        both = np.concatenate([hazard, np.full_like(hazard, 0.1)], axis=1)
        return np.tile(both, (1, INTERVALS)).astype(np.float64)

    return predict


@pytest.mark.parametrize(("sign", "passes"), [(-1.0, True), (1.0, False)])
def test_a_model_for_which_better_engines_fail_sooner_does_not_pass(sign, passes) -> None:
    checks = {one.name: one for one in maintenance_due.behaviour(failing(sign), rows())}
    assert checks["worn_fails_sooner"].passed == passes
    assert checks["hazards_are_shares"].passed


def test_hazards_above_one_do_not_pass() -> None:
    checks = maintenance_due.behaviour(lambda one: np.full((len(one), 2 * INTERVALS), 0.6), rows())
    assert not next(one for one in checks if one.name == "hazards_are_shares").passed


def test_a_cost_below_zero_or_beyond_all_does_not_pass() -> None:
    for cost, failed in ((-1.0, "positive"), (1e6, "of_a_known_size")):
        checks = maintenance_cost.behaviour(lambda one, cost=cost: np.full(len(one), cost), rows())
        assert [one.name for one in checks if not one.passed] == [failed]


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.name)
def test_the_vessels_number_is_read_by_no_estimator_that_knows_others(model) -> None:
    random = np.random.default_rng(2)
    design = rows()
    label = design.label
    if model is maintenance_due.MODEL:
        label = np.stack(
            [random.integers(0, 5, 40), np.full(40, 9.0), random.integers(-1, 2, 40)], axis=1
        ).astype(np.float64)
    train = replace(design, label=label)
    for one in (model.candidate, *model.rivals):
        fitted = one.fit(train, train, FitOptions(1, 1))
        assert VESSEL not in {each.name for each in fitted.inputs}


def test_request_time_features_are_named_as_they_are_computed() -> None:
    read = {name.partition("__")[2] for name in NUMBERS if name.startswith("maintenance_request__")}
    assert read <= set(MAINTENANCE_REQUEST_FEATURES)
