"""Metrics against scikit-learn, and intervals against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs

from training.design import Design
from training.intervals import IntervalRule, band, conformal, ends
from training.metrics import coverage, regression
from training.regression import Regression
from training.scoring import by_group


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    label = random.gamma(4.0, 200.0, 3_000)
    return label, label * np.exp(0.1 * random.normal(size=3_000)) + 3.0


def test_metrics_are_scikit_learns(rows):
    label, predicted = rows
    found = regression(label, predicted)
    assert found["rmse"] == pytest.approx(theirs.root_mean_squared_error(label, predicted))
    assert found["mae"] == pytest.approx(theirs.mean_absolute_error(label, predicted))
    assert found["mape"] == pytest.approx(theirs.mean_absolute_percentage_error(label, predicted))
    assert found["r2"] == pytest.approx(theirs.r2_score(label, predicted))
    assert found["wape"] == pytest.approx(np.abs(label - predicted).sum() / label.sum())
    assert found["bias"] == pytest.approx((predicted - label).mean())


def test_metrics_of_labels_that_do_not_vary_or_are_zero():
    found = regression(np.array([0.0, 0.0]), np.array([1.0, 3.0]))
    assert np.isnan(found["r2"])
    assert np.isnan(found["mape"])
    assert np.isnan(found["wape"])
    assert found["rmse"] == pytest.approx(np.sqrt(5.0))
    assert regression(np.array([0.0, 2.0]), np.array([1.0, 1.0]))["mape"] == 0.5


def test_groups_are_measured_alone(rows):
    label, predicted = rows
    groups = np.where(np.arange(len(label)) % 3 == 0, "b", "a")
    design = Design((), np.zeros((len(label), 0), np.float32), label, {})
    found = by_group(Regression().measure, design, predicted, groups.tolist())
    assert list(found) == ["a", "b"]
    mine = groups == "b"
    assert found["b"] == regression(label[mine], predicted[mine])
    assert found["a"]["rows"] + found["b"]["rows"] == len(label)


def test_coverage_counts_the_ends_as_inside():
    label = np.array([1.0, 2.0, 3.0, 4.0])
    found = coverage(label, np.array([1.0, 2.5, 0.0, 0.0]), np.array([2.0, 3.0, 3.0, 9.0]))
    assert found == {"coverage": 0.75, "width": pytest.approx((1.0 + 0.5 + 3.0 + 9.0) / 4)}


def test_the_band_takes_the_small_sample_rank():
    # 19 residuals -0.09 ... 0.09: ceil(20 · 0.95) = 19, so the band holds all of them.
    predicted = np.full(19, 100.0)
    label = 100.0 + np.arange(-9, 10)
    found = band(label, predicted, level=0.9)
    assert (found.low, found.high) == (pytest.approx(-0.09), pytest.approx(0.09))


def test_the_stated_level_is_met_on_exchangeable_rows():
    random = np.random.default_rng(5)
    rule = IntervalRule(level=0.9, group_by="mood", least_rows=50)

    def draw(size: int):
        group = random.choice(["calm", "wild"], size)
        spread = np.where(group == "calm", 0.02, 0.2)
        predicted = random.uniform(100, 900, size)
        return predicted * (1 + spread * random.normal(size=size)), predicted, group

    label, predicted, group = draw(6_000)
    interval = conformal(label, predicted, group.tolist(), rule)
    label, predicted, group = draw(20_000)
    low, high = ends(interval, predicted, group.tolist())
    for name in ("calm", "wild"):
        mine = group == name
        assert 0.88 < coverage(label[mine], low[mine], high[mine])["coverage"] < 0.92
    calm, wild = interval.by_group["calm"], interval.by_group["wild"]
    assert wild.high - wild.low > 5 * (calm.high - calm.low)


def test_a_small_group_takes_the_band_of_all_rows():
    label = np.linspace(90, 110, 300)
    groups = ["many"] * 290 + ["few"] * 10
    rule = IntervalRule(group_by="size", least_rows=100)
    interval = conformal(label, np.full(300, 100.0), groups, rule, (label * 2, label))
    assert list(interval.by_group) == ["many"]
    assert interval.band("few") == interval.overall
    assert interval.band("many", seen=False).low == 1.0


def test_without_groups_one_band_holds_for_all_rows():
    label = np.linspace(90, 110, 300)
    interval = conformal(label, np.full(300, 100.0), [""] * 300, IntervalRule(least_rows=1))
    assert interval.group_by is None
    assert interval.by_group == {}
    low, high = ends(interval, np.full(2, 100.0), [""] * 2)
    assert (low[0], high[1]) == interval.bounds(100.0)
