"""Intervals of a survival model's figures, and chances beside what came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import survival_rows
from hypothesis import given
from hypothesis import strategies as st
from survival_rows import EDGES

from training.survival.card import calibrated, compared, row
from training.survival.outcome import Outcomes
from training.survival.spread import by_unit, calibration, parts
from training.survival.task import TimeToEvent

TASK = TimeToEvent(EDGES, chances=(7, 30, 90), unit="vessel")


def design(vessels: int, of_each: int):
    """Vessels with one row each that is there several times, and the true answers to it."""
    one = survival_rows.design(vessels, seed=4)
    rows = one.take(np.repeat(np.arange(vessels), of_each))
    names = np.repeat([f"V{n}" for n in range(vessels)], of_each).astype(object)
    rows = replace(rows, columns={**rows.columns, "vessel": names})
    wear = np.nan_to_num(rows.matrix[:, 0].astype(float), nan=0.5)
    truth = survival_rows.hazards(wear, rows.matrix[:, 1].astype(float))
    return rows, truth.reshape(len(rows), -1)


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-9, 9)), min_size=1, max_size=30))
def test_whole_vessels_are_drawn(given_rows):
    units = [unit for unit, _ in given_rows]
    values = np.array([value for _, value in given_rows])

    def mean(drawn):
        counted = np.bincount(drawn, minlength=len(units))
        for unit in set(units):
            assert len({counted[n] for n, one in enumerate(units) if one == unit}) == 1
        return {"mean": float(values[drawn].mean())}

    found = by_unit(units, mean)
    if len(set(units)) == 1:
        assert found == {}
    else:
        means = [values[[one == unit for one in units]].mean() for unit in set(units)]
        assert min(means) - 1e-9 <= found["mean_low"] <= found["mean_high"] <= max(means) + 1e-9


def test_saying_the_same_each_week_makes_no_figure_surer():
    once, weekly = (design(12, of_each) for of_each in (1, 9))
    for rows, answers in (once, weekly):
        sized = TASK.size(rows, answers, None)
        told = sized.measure(rows, answers) | sized.spread(rows, answers)
        assert told["nll_low"] < told["nll"] < told["nll_high"]
        rows_once = sized.spread(*once)
        assert told["nll_high"] - told["nll_low"] == pytest.approx(
            rows_once["nll_high"] - rows_once["nll_low"], rel=0.01
        )
        assert f"({told['mae_seen_low']:.1f} to {told['mae_seen_high']:.1f})" in row(told)[3]


def test_one_model_is_held_against_another_on_the_same_vessels():
    rows, answers = design(12, 3)
    worse = np.clip(answers * 0.7, 0, 1)
    found = TASK.less(rows, answers, worse)
    measured = [TASK.measure(rows, one) for one in (answers, worse)]
    assert found["nll"] == pytest.approx(measured[0]["nll"] - measured[1]["nll"])
    alone = TASK.size(rows, answers, None).spread(rows, answers)
    # What both have in common is no doubt about which is better.
    assert found["nll_high"] - found["nll_low"] < (alone["nll_high"] - alone["nll_low"]) / 2
    same = TASK.less(rows, answers, answers)
    assert same["nll_low"] == same["nll"] == same["nll_high"] == 0
    lines = compared({"other": found}, "mine")
    assert lines[0].startswith("| mine less | minus log likelihood |")
    assert f"| other | {found['nll']:+.3f} (" in lines[2]


def test_a_task_without_a_unit_says_no_intervals():
    rows, answers = design(6, 2)
    sized = replace(TASK, unit=None).size(rows, answers, None)
    assert sized.spread(rows, answers) == {}
    assert calibrated(sized.measure(rows, answers), TASK.chances) == []


def test_chances_beside_what_came_by_hand():
    # Failed on day 9, maintained on day 5, watched for 30 days, watched for 7.
    label = [[1.0, 9.0, 0.0], [0.0, 5.0, 1.0], [3.0, np.nan, -1.0], [1.0, np.nan, -1.0]]
    outcomes = Outcomes.of(np.array(label))
    until = outcomes.until(EDGES)
    part = np.array([3, 1, 1, 2])
    found = calibration(np.array([0.8, 0.2, 0.1, 0.5]), outcomes, until, 14, part)
    # Of three at risk on day 7, two were watched longer: they count 1.5 times.
    assert found["said_14_1"] == pytest.approx((0.2 + 1.5 * 0.1) / 2.5)
    assert found["came_14_1"] == 0.0
    assert (found["said_14_3"], found["came_14_3"]) == (0.8, 1.0)
    assert np.isnan(found["came_14_2"])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_a_higher_chance_is_in_no_lower_part(chances):
    values = np.array(chances)
    part = parts(values)
    assert set(part) <= {1, 2, 3}
    order = np.argsort(values, kind="stable")
    assert (np.diff(part[order]) >= 0).all()
    assert all(len(set(part[values == one])) == 1 for one in values)


def test_right_chances_are_met():
    rows, answers = design(900, 1)
    told = TASK.size(rows, answers, None).spread(rows, answers)
    for days in TASK.chances:
        for group in (1, 2, 3):
            name = f"{days}_{group}"
            assert told[f"came_{name}_low"] <= told[f"came_{name}"] <= told[f"came_{name}_high"]
            assert abs(told[f"said_{name}"] - told[f"came_{name}"]) < 0.08
    assert told["said_30_1"] < told["said_30_2"] < told["said_30_3"]
    assert len(calibrated(told, TASK.chances)) == 2 + 9 + 1
