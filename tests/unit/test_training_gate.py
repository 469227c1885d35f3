"""The gate: margins, and behaviour tests that catch models which misbehave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import forecast_rows
import numpy as np
import pytest
import training_rows

from training.behaviour import dearer_on_average, invariant, positive, rises
from training.experiment import choose
from training.forecast.horizon import SCALE
from training.gate import GateRule, Verdict, beats_baselines, judge, read_verdict, same_as_native
from training.onnx_export import Parity, compare
from training.scoring import Data, score_reference
from training.tourism.visitor_flow import MODEL as VISITORS
from training.travel.flight_price import MODEL, TRAVELLER, behaviour

FINE = Parity(rows=10, largest=0.01, largest_relative=1e-6)


@pytest.fixture(scope="module")
def rows():
    return training_rows.design(2_000)


def fair(rows):
    """A price by class and distance, missing distance included."""
    at = rows.positions(["flight_type", "flight_request__flight_distance_km"])
    cabin, kilometres = rows.matrix[:, at].T.astype(np.float64)
    return 100.0 + np.nan_to_num(kilometres, nan=500.0) * (cabin + 2.0)


@pytest.mark.parametrize(("rmse", "passed"), [(97.9, True), (98.0, True), (98.1, False)])
def test_the_best_baseline_must_be_beaten_by_the_margin(rmse, passed):
    baselines = {"mean": {"rmse": 300.0}, "linear": {"rmse": 100.0}}
    check = beats_baselines({"rmse": rmse}, baselines, GateRule("rmse", margin=0.02))
    assert check.passed is passed
    assert check.limit == pytest.approx(98.0)
    assert "linear" in check.says


def test_parity_is_held_against_the_tolerance():
    assert same_as_native(FINE, GateRule("rmse")).passed
    assert not same_as_native(Parity(10, 3.0, 1e-3), GateRule("rmse")).passed
    assert compare(np.array([1.0, 11.0]), np.array([1.0, 10.0]), np.array([1.0, 10.0])) == Parity(
        2, 1.0, 0.1
    )


def test_one_failed_check_fails_the_candidate_and_is_named(rows):
    metrics = {"linear": {"rmse": 100.0}}
    verdict = judge({"rmse": 50.0}, metrics, FINE, behaviour(fair, rows), GateRule("rmse"))
    assert verdict.passed
    verdict = judge({"rmse": 99.0}, metrics, FINE, behaviour(fair, rows), GateRule("rmse"))
    assert [check.name for check in verdict.failed] == ["beats_baselines"]
    assert read_verdict(verdict.to_dict()) == verdict


def failed(predict, rows) -> set[str]:
    return {check.name for check in Verdict(tuple(behaviour(predict, rows))).failed}


def test_a_price_below_zero_or_none_is_caught(rows):
    assert "positive" in failed(lambda some: fair(some) - 2_000.0, rows)
    at = rows.positions(["flight_request__flight_distance_km"])[0]
    # Right on every row of the test, but without an answer where the distance is missing.
    assert "positive" in failed(lambda some: fair(some) + 0.0 * some.matrix[:, at], rows)


def test_a_price_that_depends_on_the_traveller_is_caught(rows):
    at = rows.positions([TRAVELLER[2]])[0]
    nosy = lambda some: fair(some) + 5.0 * np.nan_to_num(some.matrix[:, at], nan=40.0)  # noqa: E731
    assert failed(nosy, rows) == {"same_for_every_traveller"}


def test_a_first_class_that_is_too_cheap_is_caught(rows):
    at = rows.positions(["flight_type"])[0]
    cheap = lambda some: np.where(some.matrix[:, at] == 2, 120.0, fair(some))  # noqa: E731
    assert failed(cheap, rows) == {"first_above_premium", "first_above_economic_by_route"}


def test_a_slip_with_history_alone_is_caught(rows):
    known = rows.positions(["fare_prices__fare_mean"])[0]
    cabin = rows.positions(["flight_type"])[0]

    def slip(some):
        wrong = ~np.isnan(some.matrix[:, known]) & (some.matrix[:, cabin] == 2)
        return np.where(wrong, 120.0, fair(some))

    assert failed(slip, rows) == {"first_above_economic_by_route"}


def test_single_checks_say_what_they_found(rows):
    check = positive(fair, [rows])
    assert check.value == pytest.approx(fair(rows).min())
    moved = invariant("same", fair, rows, ["flight_request__flight_distance_km"], tolerance=0.01)
    assert not moved.passed
    assert moved.value > 0.1
    up, down = {"flight_type": 1.0}, {"flight_type": 0.0}
    assert rises("up", fair, rows, down, up, share=1.0).passed
    assert rises("down", fair, rows, up, down, share=0.01).value == 0.0


def test_without_a_group_of_both_kinds_nothing_is_wrong(rows):
    none = np.zeros(len(rows), dtype=bool)
    group = ["all"] * len(rows)
    check = dearer_on_average("x", fair, rows, group, none, ~none, share=0.9)
    assert check.passed
    assert check.says == "share of 0 groups"


def test_the_declared_margin_asks_for_more_than_a_tie():
    assert MODEL.gate.margin > 0


@pytest.mark.parametrize(
    ("rule", "value", "succeeds"),
    [
        (GateRule("rmse"), 99.9, True),
        (GateRule("rmse"), 100.0, False),
        (GateRule("ndcg_5", rises=True), 100.0, False),
        (GateRule("ndcg_5", rises=True), 100.1, True),
        (GateRule("rmse", renews=0.02), 101.9, True),
        (GateRule("rmse", renews=0.02), 102.0, False),
        (GateRule("ndcg_5", rises=True, renews=0.02), 98.1, True),
        (GateRule("ndcg_5", rises=True, renews=0.02), 98.0, False),
    ],
)
def test_a_newer_version_must_be_better_unless_it_knows_what_is_new(rule, value, succeeds):
    """Against a champion of 100."""
    assert rule.succeeds(value, 100.0) is succeeds


@dataclass(frozen=True)
class Result:
    """What of a scored model the choice reads."""

    metrics: dict
    predicted: np.ndarray
    parity: Parity = FINE
    behaviour: tuple = ()


@pytest.mark.parametrize(
    ("naive", "lstm", "xgboost", "ets", "winner"),
    [
        (1.5, 0.8, 0.7, 1.0, "xgboost"),
        (1.5, 0.7, 0.8, 1.0, "lstm"),
        # Worse than a reference, yet the best that can serve.
        (1.5, 1.2, 1.3, 1.0, "lstm"),
        # Only one of them passes.
        (1.5, 0.9, 1.2, 1.0, "lstm"),
        (1.5, 1.6, 1.7, 1.0, "naive"),
        (0.6, 0.7, 0.8, 1.0, "naive"),
    ],
)
def test_the_best_that_passes_serves(naive, lstm, xgboost, ets, winner) -> None:
    def found(error: float) -> Result:
        return Result(
            {"mase": error}, np.repeat(rows.label[..., None] + error, 3, 2).reshape(9, -1)
        )

    rows = replace(forecast_rows.design(9), columns={SCALE: np.ones(9, dtype=object)})
    rows = replace(rows, label=np.round(rows.label))
    scored = {"naive": found(naive), "lstm": found(lstm), "xgboost": found(xgboost)}
    spec = replace(
        VISITORS,
        baselines=(SimpleNamespace(name="naive"),),
        candidate=SimpleNamespace(name="lstm"),
        rivals=(SimpleNamespace(name="xgboost"),),
        report_by={},
    )
    data = Data(rows, rows, rows, rows)
    reference = score_reference(spec, found(ets).predicted, data)
    assert reference.metrics["mase"] == pytest.approx(ets)
    verdicts, chosen = choose(spec, scored, {"ets": reference}, data)
    assert chosen == winner
    assert verdicts["lstm"].passed == (lstm < 0.98 * min(naive, ets))
