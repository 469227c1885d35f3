"""Estimators of forecasts on visitors made by a known law."""

from __future__ import annotations

from dataclasses import replace

import forecast_rows
import numpy as np
import pytest
from forecast_rows import FESTIVAL

from training import onnx_export
from training.backtest import Backtest
from training.estimators import FitOptions, predict
from training.forecast.head import answer, prepare
from training.forecast.recurrent import Recurrent, load
from training.forecast.seasonal import SeasonalNaive
from training.forecast.trees import Trees
from training.tourism.flow_layout import behaviour
from training.tourism.visitor_flow import COUNTS, HISTORY, LAYOUT, MODEL

OPTIONS = FitOptions(seed=4, threads=1)
ESTIMATORS = {
    "seasonal_naive": SeasonalNaive(LAYOUT, of=(COUNTS[1], COUNTS[0])),
    "xgboost": Trees(LAYOUT, most_rounds=60),
    "lstm": Recurrent(LAYOUT, HISTORY, window=14, epochs=12),
}


@pytest.fixture(scope="module")
def parts():
    rows = forecast_rows.design(600)
    return rows.take(np.arange(450)), rows.take(np.arange(450, 500)), rows.take(np.arange(530, 600))


@pytest.fixture(scope="module")
def fitted(parts):
    train, stop, _ = parts
    return {name: one.fit(train, stop, OPTIONS) for name, one in ESTIMATORS.items()}


@pytest.fixture(scope="module")
def served(fitted):
    """Each as its service answers: from ONNX."""

    def answering(one):
        session = onnx_export.open_session(one.to_onnx())
        return lambda rows: onnx_export.answer(session, rows.select(one.inputs))

    return {name: answering(one) for name, one in fitted.items()}


def mase(rows, answers) -> float:
    return MODEL.task.measure(rows, answers)["mase"]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_service_answers_as_the_native_model_does(name, fitted, served, parts) -> None:
    holed = parts[2].without([*LAYOUT.counts, LAYOUT.window])
    for rows in (parts[2], holed):
        native = predict(fitted[name], rows)
        assert served[name](rows) == pytest.approx(native, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_whatever_is_missing_the_answer_behaves(name, served, parts) -> None:
    checks = behaviour(served[name], parts[2], layout=LAYOUT, history=HISTORY)
    assert [check.name for check in checks if not check.passed] == []


def test_the_seasonal_naive_answers_the_last_same_weekday(served, parts) -> None:
    rows = parts[2]
    middle = served["seasonal_naive"](rows).reshape(len(rows), LAYOUT.steps, 3)[..., 1]
    past = rows.matrix[:, rows.positions([LAYOUT.window])]
    expected = past[:, 49 + np.arange(LAYOUT.steps) % 7]
    assert middle == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["xgboost", "lstm"])
def test_what_is_known_ahead_is_learnt(name, served, parts) -> None:
    rows = parts[2]
    assert mase(rows, served[name](rows)) < 0.8 * mase(rows, served["seasonal_naive"](rows))
    # A festival doubles the visitors.
    quiet, loud = rows.matrix.copy(), rows.matrix.copy()
    quiet[:, rows.positions([FESTIVAL])], loud[:, rows.positions([FESTIVAL])] = 0.0, 1.0
    ratio = served[name](replace(rows, matrix=loud)) / served[name](replace(rows, matrix=quiet))
    assert np.median(ratio) == pytest.approx(forecast_rows.FESTIVAL_FACTOR, rel=0.25)


def test_a_backtest_answers_rows_of_which_its_fit_knew_nothing(parts) -> None:
    train, options = parts[0], replace(OPTIONS, rounds=5)
    trees, gap, backtest = ESTIMATORS["xgboost"], MODEL.label.window, Backtest(one_in=3)
    times = train.columns["event_timestamp"]
    newer = times >= times[len(train) // 2]
    found = backtest.answer(trees, train, gap, options)
    assert len(found.rows) == newer.sum() // 3
    assert set(found.rows.columns["event_timestamp"]) <= set(times[newer])
    # Though there are three places in turn, and one row in three is taken.
    assert set(found.rows.columns["location"]) == set(forecast_rows.PLACES)

    def with_labels(changed):
        label = np.where(changed[:, None], 5.0 * train.label, train.label)
        return backtest.answer(trees, replace(train, label=label), gap, options).answers

    over = times < times[newer][0] - gap
    assert np.array_equal(with_labels(~over), found.answers)
    assert not np.array_equal(with_labels(over), found.answers)
    assert backtest.answer(trees, train.take(np.arange(60)), gap, options) is None


def test_the_same_seed_gives_the_same_network(fitted, parts) -> None:
    again = ESTIMATORS["lstm"].fit(parts[0], parts[1], OPTIONS)
    assert np.array_equal(predict(again, parts[2]), predict(fitted["lstm"], parts[2]))


def test_the_native_files_hold_the_network(fitted, parts, tmp_path) -> None:
    one, rows = fitted["lstm"], parts[2]
    one.save_native(tmp_path)
    network, read = load(tmp_path, LAYOUT, rows)
    offsets = network.predict(read, verbose=0)
    assert answer(prepare(rows, LAYOUT, one.prior), offsets) == pytest.approx(predict(one, rows))


def test_the_head_measures_from_the_level_of_the_newest_counts(parts) -> None:
    rows = parts[2].take(np.arange(3))
    window = rows.positions([LAYOUT.window])
    past = rows.matrix[:, window].astype(np.float64)
    found = prepare(rows, LAYOUT)
    level = np.log1p(past[:, -LAYOUT.level :]).mean(axis=1, keepdims=True)
    assert found.window == pytest.approx(np.log1p(past) - level, abs=1e-5)
    usual = rows.matrix[:, rows.positions([COUNTS[0]])]
    assert found.base == pytest.approx(np.log1p(usual), abs=1e-5)

    # Of the newest counts some are unknown, then all of them, then all there are.
    holed = rows.matrix.copy()
    holed[0, window[-10:]] = holed[1, window[-LAYOUT.level :]] = holed[2, window] = np.nan
    holed[:, rows.positions([COUNTS[0]])] = np.nan
    logs = np.log1p(past)
    levels = [logs[0, -LAYOUT.level : -10].mean(), logs[1, : -LAYOUT.level].mean(), 5.0]
    factor = np.log(rows.matrix[:, rows.positions([LAYOUT.factor])] + 0.05)
    found = prepare(replace(rows, matrix=holed), LAYOUT, prior=5.0)
    assert found.base == pytest.approx(np.array(levels)[:, None] + factor, abs=1e-4)
    assert found.counted[0].sum() == len(window) - 10
    assert not found.window[2].any()


def test_an_unknown_location_is_no_location(parts) -> None:
    rows = parts[2].without([LAYOUT.series])
    assert not prepare(rows, LAYOUT).place.any()
    assert prepare(parts[2], LAYOUT).place.sum(axis=1).tolist() == [1.0] * len(rows)
