"""Estimators: what they learn, that they repeat themselves, and that ONNX says the same."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import training_rows
from xgboost import Booster

from training import boosted, onnx_export
from training.baselines import GroupMean
from training.estimators import FitOptions, predict
from training.metrics import regression
from training.travel.flight_price import MODEL, ROUTE_CLASS, UNSEEN

OPTIONS = FitOptions(seed=3, threads=2, params={"learning_rate": 0.15})
MEAN, LINEAR = MODEL.baselines


@pytest.fixture(scope="module")
def rows():
    made = training_rows.design(6_000)
    parts = np.split(np.arange(6_000), [4_000, 5_000])
    return tuple(made.take(part) for part in parts)


@pytest.fixture(scope="module")
def fitted(rows):
    train, stop, _ = rows
    return {one.name: one.fit(train, stop, OPTIONS) for one in (MEAN, LINEAR, MODEL.candidate)}


@pytest.mark.parametrize("name", ["route_class_mean", "linear", "xgboost"])
def test_onnx_agrees_with_native_whatever_is_missing(rows, fitted, name):
    test, one = rows[2], fitted[name]
    session = onnx_export.open_session(one.to_onnx())
    some = [i.name for i in test.inputs][::2]
    cases = [test, test.without(UNSEEN), test.without(some)]
    cases.append(test.without([i.name for i in test.inputs]))
    for case in cases:
        native = predict(one, case)
        served = onnx_export.answer(session, case.select(one.inputs))
        found = onnx_export.compare(served, native, native)
        assert found.largest_relative < 1e-5
        assert (native > 0).all()


@pytest.mark.parametrize("name", ["route_class_mean", "linear", "xgboost"])
def test_one_row_is_answered_as_among_many(rows, fitted, name):
    test, one = rows[2], fitted[name]
    session = onnx_export.open_session(one.to_onnx())
    matrix = test.select(one.inputs)
    many = onnx_export.answer(session, matrix[:50])
    alone = [onnx_export.answer(session, matrix[row : row + 1])[0] for row in range(50)]
    assert many == pytest.approx(alone, rel=1e-6)


def test_trees_find_the_season_that_the_formula_cannot(rows, fitted):
    test = rows[2]
    errors = {name: regression(test.label, predict(one, test)) for name, one in fitted.items()}
    assert errors["xgboost"]["mape"] < 0.6 * errors["linear"]["mape"]
    assert errors["linear"]["mape"] < errors["route_class_mean"]["mape"]
    # The noise is 2 %, of which the mean absolute part is 1.6 %.
    assert 0.014 < errors["xgboost"]["mape"] < 0.04


def test_the_same_seed_gives_the_same_model(rows):
    train, stop, test = rows
    options = replace(OPTIONS, rounds=40)
    first, second = (predict(MODEL.candidate.fit(train, stop, options), test) for _ in range(2))
    other = predict(MODEL.candidate.fit(train, stop, replace(options, seed=4)), test)
    assert (first == second).all()
    assert (first != other).any()


def test_fixed_rounds_are_kept_and_early_stopping_stops(rows):
    train, stop, _ = rows
    fixed = MODEL.candidate.fit(train, stop, replace(OPTIONS, rounds=7))
    assert fixed.summary() == {"rounds": 7.0}
    quiet = training_rows.design(3_000, season=0.0, noise=0.2)
    halves = quiet.take(np.arange(2_000)), quiet.take(np.arange(2_000, 3_000))
    assert MODEL.candidate.fit(*halves, OPTIONS).summary()["rounds"] < 150


def test_the_native_files_hold_the_model_and_no_pickle(rows, fitted, tmp_path):
    test, one = rows[2], fitted["xgboost"]
    one.save_native(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["formula.json", "trees.ubj"]
    content = json.loads((tmp_path / "formula.json").read_text())
    read = content["tree_columns"]
    trees = Booster(model_file=tmp_path / "trees.ubj")
    again = one.formula.log_target(test.select(one.inputs)) + trees.inplace_predict(
        test.matrix[:, test.positions(read)]
    )
    assert np.exp(again) == pytest.approx(predict(one, test), rel=1e-6)


def test_no_tree_reads_history_or_the_traveller(fitted):
    gains = fitted["xgboost"].gains()
    assert not {*gains} & {*UNSEEN}
    assert sum(gains.values()) == pytest.approx(1.0)
    assert gains["flight_request__travel_day_of_year"] > 0.3


def test_group_means_fall_back_to_the_class_and_then_to_all(rows):
    train = rows[0]
    one = GroupMean("mean", category=ROUTE_CLASS, fallback="flight_type").fit(train, train, OPTIONS)
    route_class, cabin = (
        train.matrix[:, train.positions([name])[0]] for name in (ROUTE_CLASS, "flight_type")
    )
    answers = one.predict(np.array([[4, 1], [-1, 1], [-1, -1]], dtype=np.float32))
    assert answers == pytest.approx(
        [train.label[route_class == 4].mean(), train.label[cabin == 1].mean(), train.label.mean()]
    )


def test_the_search_starts_from_the_declared_parameters():
    for name, dimension in MODEL.space.items():
        assert boosted.PARAMS[name] == dimension.first
        assert dimension.low <= dimension.first <= dimension.high
