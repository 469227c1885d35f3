"""The search stays inside the training window, and repeats itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pytest
import training_rows

from training.estimators import FitOptions
from training.explain import permutation_importance
from training.gate import GateRule
from training.grouped import score_unseen
from training.regression import Regression
from training.search import Dimension, search
from training.spec import Grouping
from training.travel.flight_price import GIVEN, MODEL, UNSEEN

SPACE = {"power": Dimension(0.5, 1.5, first=0.6)}
OPTIONS = FitOptions(seed=2, threads=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Fixed:
    """Answers distance to a power: a model whose best parameter is known."""

    inputs: tuple
    power: float

    def predict(self, matrix):
        return np.nan_to_num(matrix[:, 0].astype(float), nan=1.0) ** self.power

    def summary(self):
        return {}


@dataclass
class Spy:
    """An estimator that notes the rows it was given."""

    name: str = "spy"
    calls: list = field(default_factory=list)

    def fit(self, train, stop, options):
        self.calls.append((train, stop, dict(options.params)))
        inputs = tuple(one for one in train.inputs if one.name == GIVEN[0])
        return Fixed(inputs, options.params.get("power", 1.0))


@pytest.fixture(scope="module")
def rows():
    made = training_rows.design(3_000)
    at = made.positions([GIVEN[0]])[0]
    return replace(made, label=made.matrix[:, at].astype(np.float64) ** 0.9)


def run(rows, trials=6):
    spy, told = Spy(), []
    found = search(
        spy,
        rows,
        SPACE,
        trials=trials,
        gap=5 * HOUR,
        options=OPTIONS,
        measure=Regression().measure,
        rule=GateRule("rmse"),
        before=told.append,
    )
    return spy, told, found


def test_trials_are_scored_on_later_rows_after_a_gap(rows):
    spy, told, _ = run(rows)
    for train, stop, _params in spy.calls:
        newest = max(train.columns["event_timestamp"])
        assert min(stop.columns["event_timestamp"]) - newest > 5 * HOUR
        assert len(stop) == pytest.approx(len(rows) / 4, abs=2)
    assert len(told) == 6
    assert told[0] == "trial 1"
    assert "RMSE" in told[1]


def test_the_best_of_the_trials_is_found(rows):
    spy, _, found = run(rows, trials=12)
    assert spy.calls[0][2] == {"power": 0.6}
    best = min(found.trials, key=lambda one: one["rmse"])
    assert found.params == {"power": best["power"]}
    assert abs(found.params["power"] - 0.9) < abs(0.6 - 0.9)


def test_the_same_seed_searches_the_same(rows):
    assert run(rows)[2] == run(rows)[2]


def test_no_space_or_no_trials_searches_nothing(rows):
    spy, _, found = run(rows, trials=0)
    assert (spy.calls, found.params, found.trials) == ([], {}, ())


def test_unseen_groups_are_in_no_training_row_and_lose_their_history(rows):
    grouping = MODEL.groupings[0]
    spy = Spy()
    test = rows.take(np.arange(2_000, 3_000))
    exact = replace(OPTIONS, params={"power": 0.9})
    found = score_unseen(spy, rows, rows, test, grouping, exact, Regression().measure)
    assert len(spy.calls) == 5
    held = []
    for train, stop, _params in spy.calls:
        kept = {*grouping.groups(train)}
        assert kept == {*grouping.groups(stop)}
        held.append({*grouping.groups(rows)} - kept)
    assert sorted(name for fold in held for name in fold) == sorted({*grouping.groups(rows)})
    # Every test row was scored once, with and without its distance.
    assert found.metrics[""]["rows"] == len(test)
    assert found.metrics[""]["rmse"] < 0.01
    assert found.metrics["without_distance"]["rmse"] > 100.0


def test_both_directions_of_a_city_pair_are_held_out_together(rows):
    pair = next(one for one in MODEL.groupings if one.name == "unseen_city_pair")
    assert pair.group("b", "a") == pair.group("a", "b")
    assert len({*pair.groups(rows)}) == len({*MODEL.groupings[0].groups(rows)}) / 2


def test_what_is_unseen_covers_every_stored_input():
    stored = {one.name for one in MODEL.inputs if one.kind == "number"}
    stored -= {name for name in stored if name.startswith("flight_request__")}
    for grouping in MODEL.groupings:
        assert stored <= {*grouping.missing}
    assert "flight_request__days_since_last_booking" in UNSEEN


def test_shuffling_an_input_that_is_not_read_adds_no_error(rows):
    at = rows.positions([GIVEN[0]])[0]
    rises = permutation_importance(
        lambda some: some.matrix[:, at] ** 0.9,
        rows,
        lambda some, answers: Regression().measure(some, answers)["rmse"],
        seed=1,
    )
    assert next(iter(rises)) == GIVEN[0]
    assert rises[GIVEN[0]] > 10.0
    assert rises["origin"] == 0.0


def test_a_grouping_reads_the_columns_it_names(rows):
    grouping = Grouping("cabin", ("flight_type",), str.upper, missing=())
    assert {*grouping.groups(rows)} == {"ECONOMIC", "PREMIUM", "FIRSTCLASS"}
