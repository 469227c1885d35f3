"""Estimators of survival on vessels whose hazards are known, and metrics worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import survival_rows
from survival_rows import CLOCK, EDGES, LAYOUT

from tambo.serving import survival
from tambo.serving.survival import Survival
from training import onnx_export
from training.estimators import FitOptions, predict
from training.survival.life_table import LifeTable
from training.survival.metrics import brier, concordance, covered, lead_time
from training.survival.outcome import Outcomes
from training.survival.proportional import Proportional
from training.survival.task import TimeToEvent
from training.survival.trees import boosted, forest

PROPORTIONAL = Proportional(LAYOUT, ("wear", "since", "kind"))
ESTIMATORS = (
    LifeTable(LAYOUT, "fleet_mean"),
    LifeTable(LAYOUT, "fixed_interval", CLOCK),
    PROPORTIONAL,
    forest(LAYOUT),
    boosted(LAYOUT, PROPORTIONAL),
)
OPTIONS = FitOptions(seed=3, threads=1)
TASK = TimeToEvent(EDGES, chances=(7, 30, 90))


@pytest.fixture(scope="module")
def rows():
    return tuple(survival_rows.design(count, seed) for seed, count in enumerate((900, 300, 900)))


@pytest.fixture(scope="module")
def fits(rows):
    train, stop, _ = rows
    return {one.name: one.fit(train, stop, OPTIONS) for one in ESTIMATORS}


@pytest.mark.parametrize("name", [one.name for one in ESTIMATORS])
def test_the_graph_answers_as_the_native_model_whatever_is_missing(name, fits, rows) -> None:
    fitted, test = fits[name], rows[2]
    session = onnx_export.open_session(fitted.to_onnx())
    for one in (test, test.without(["wear", "planned"]), test.without(LAYOUT.reads)):
        served = onnx_export.answer(session, one.select(fitted.inputs))
        assert served == pytest.approx(predict(fitted, one), abs=2e-5)
        assert served.shape == (len(one), 2 * LAYOUT.intervals)


def test_what_reads_more_is_likelier(fits, rows) -> None:
    test = rows[2]
    found = {name: TASK.measure(test, predict(one, test))["nll"] for name, one in fits.items()}
    truth = survival_rows.hazards(np.nan_to_num(test.matrix[:, 0], nan=0.5), test.matrix[:, 1])
    best = TASK.measure(test, truth.reshape(len(test), -1))["nll"]
    for name in ("random_forest", "xgboost"):
        assert best < found[name] < found["fixed_interval"] < found["fleet_mean"]
    assert found["proportional_hazards"] < found["fleet_mean"]


def test_chances_are_right_though_failures_weighed_more(fits, rows) -> None:
    """The weight is undone: mean chances are those of the world, of high and of low wear."""
    test = rows[2]
    wear = np.nan_to_num(test.matrix[:, 0], nan=0.5)
    truth = survival_rows.hazards(wear, test.matrix[:, 1])
    for name in ("proportional_hazards", "random_forest", "xgboost"):
        found = survival.hazards(predict(fits[name], test))
        for some in (wear < 0.5, wear >= 0.5):
            said, true = (
                survival.chance_of_failure(one[some], EDGES, 30).mean() for one in (found, truth)
            )
            assert said == pytest.approx(true, rel=0.35)


@pytest.mark.parametrize("name", ["random_forest", "xgboost"])
def test_more_wear_never_fails_later(name, fits, rows) -> None:
    test, chances = rows[2], []
    for wear in (0.0, 0.25, 0.5, 0.75, 1.0):
        matrix = test.matrix.copy()
        matrix[:, 0] = wear
        found = survival.hazards(predict(fits[name], replace(test, matrix=matrix)))
        chances.append(survival.chance_of_failure(found, EDGES, 30))
    assert all((less <= more + 1e-9).all() for less, more in pairwise(chances))
    assert (chances[-1] > chances[0]).any()


@pytest.mark.parametrize("one", ESTIMATORS, ids=lambda one: one.name)
def test_a_fleet_that_never_failed_can_be_learnt_and_served(one) -> None:
    train, stop = (survival_rows.design(60, seed, failures=False) for seed in (5, 6))
    fitted = one.fit(train, stop, OPTIONS)
    session = onnx_export.open_session(fitted.to_onnx())
    served = onnx_export.answer(session, stop.select(fitted.inputs))
    assert served == pytest.approx(predict(fitted, stop), abs=2e-5)
    assert survival.chance_of_failure(survival.hazards(served), EDGES, 30).max() < 0.15


def test_the_interval_holds_what_it_says(fits, rows) -> None:
    _, calibrate, test = rows
    answers = {one: predict(fits["xgboost"], one_rows) for one, one_rows in enumerate(rows[1:])}
    sized = TASK.size(calibrate, answers[0], None)
    # Whole intervals hold some more than they must.
    assert TASK.level - 0.05 < sized.measure(test, answers[1])["coverage"] < 0.97
    served: Survival = sized.serving()["survival"]
    assert set(served.ordinary) == set(LAYOUT.reads)
    low, high = served.interval(survival.hazards(answers[1]))
    assert (low < high).all()


LABEL = np.array([[1.0, 9.0, 0.0], [0.0, 5.0, 1.0], [3.0, np.nan, -1.0], [1.0, np.nan, -1.0]])
"""Failed on day 9, maintained on day 5, watched for 30 days, watched for 7."""


def test_metrics_by_hand() -> None:
    outcomes = Outcomes.of(LABEL)
    until = outcomes.until(EDGES)
    assert until.tolist() == [9.0, 5.0, 30.0, 7.0]
    # Day 7 was the last that is known of the fourth: of three at risk there, two go on.
    chance = np.array([0.8, 0.2, 0.1, 0.5])
    weights, errors = np.array([1.5, 1.0, 1.5]), np.array([0.2, 0.2, 0.1]) ** 2
    assert brier(chance, outcomes, until, 14) == pytest.approx(
        float((weights * errors).sum() / weights.sum())
    )
    failed = outcomes.cause == survival.FAILURE
    assert concordance(chance, until, failed, 90.0) == 1.0
    assert concordance(-chance, until, failed, 90.0) == 0.0
    assert np.isnan(concordance(chance, until, np.zeros(4, bool), 90.0))
    # Of the weights of the three that are known, those of the first and the last are 1.5.
    low, high = np.array([7.0, 7.0, 0.0, 0.0]), np.array([14.0, 14.0, 30.0, 30.0])
    assert covered(low, high, outcomes, until, 90.0) == pytest.approx(1.5 / 4.0)
    found = lead_time(chance, outcomes, until, false_alarms=0.1, ahead=14)
    assert found == {"alarmed": 1.0, "lead_days": 9.0}
