"""Classification: metrics against scikit-learn, thresholds, and estimators that add up evidence."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics as theirs

from tambo.errors import TrainingError
from tambo.serving.spec import Input
from training import onnx_export
from training.classification import Classification
from training.design import Design, encode
from training.estimators import FitOptions, predict
from training.softmax import Logistic, NaiveBayes, Shares, softmax

CLASSES = ("male", "female", "none")
TASK = Classification(CLASSES, told=("male", "female"))
OPTIONS = FitOptions(seed=1, threads=1)
INPUTS = (Input(name="name", kind="ngrams", buckets=512), Input(name="age", kind="number"))


def people(rows: int, seed: int) -> Design:
    """People whose name ends in a or o by gender; one in five states none; age says nothing."""
    random = np.random.default_rng(seed)
    female = random.random(rows) < 0.5
    stems = random.choice(["Mari", "Joan", "Paul", "Carl", "Fernand", "Adrian"], rows)
    names = [stem + ("a" if one else "o") for stem, one in zip(stems, female, strict=True)]
    silent = random.random(rows) < 0.2
    gender = np.where(silent, "none", np.where(female, "female", "male"))
    table = pa.table(
        {
            "name": names,
            "age": pa.array(
                random.integers(18, 80, rows).astype(float), mask=random.random(rows) < 0.1
            ),
            "gender": gender,
            "at": [datetime(2024, 1, 1)] * rows,
        }
    )
    return encode(table, INPUTS, TASK.labels(table.column("gender")), ())


@pytest.fixture(scope="module")
def rows():
    return people(1_500, 1), people(400, 2), people(1_000, 3)


@pytest.fixture(scope="module", params=["shares", "naive_bayes", "logistic"])
def fitted(request, rows):
    made = {one.name: one for one in (Shares(3), NaiveBayes("name", 3), Logistic(3))}
    return made[request.param].fit(rows[0], rows[1], OPTIONS)


def test_metrics_are_scikit_learns(rows):
    random = np.random.default_rng(0)
    test = rows[2]
    answers = softmax(random.normal(size=(len(test), 3)))
    found = TASK.measure(test, answers)
    label = test.label.astype(int)
    assert found["log_loss"] == pytest.approx(theirs.log_loss(label, answers))
    assert found["accuracy"] == theirs.accuracy_score(label, answers.argmax(axis=1))
    told = label < 2
    assert found["accuracy_told"] == theirs.accuracy_score(label[told], answers[told, :2].argmax(1))


def test_chances_that_are_met_have_no_calibration_error():
    label = np.array([0.0] * 75 + [1.0] * 25)
    answers = np.tile([0.75, 0.25, 0.0], (100, 1))
    rows = Design((), np.zeros((100, 0), np.float32), label, {})
    assert TASK.measure(rows, answers)["calibration_error"] == pytest.approx(0.0)
    sure = np.tile([1.0, 0.0, 0.0], (100, 1))
    assert TASK.measure(rows, sure)["calibration_error"] == pytest.approx(0.25)


def test_a_class_is_named_as_often_rightly_as_promised(rows):
    _, calibrate, test = rows
    model = Logistic(3).fit(rows[0], rows[1], OPTIONS)
    sized = TASK.size(calibrate, predict(model, calibrate), None)
    found = sized.measure(test, predict(model, test))
    assert 0 < sized.threshold <= 1
    assert found["accuracy_named"] > TASK.promise - 0.05
    assert sized.serving() == {"classes": CLASSES, "abstain_below": sized.threshold}


def test_where_nothing_can_be_promised_no_class_is_named():
    random = np.random.default_rng(0)
    rows = Design((), np.zeros((300, 0), np.float32), random.integers(0, 3, 300).astype(float), {})
    answers = softmax(random.normal(size=(300, 3)) * 0.1)
    sized = TASK.size(rows, answers, None)
    assert sized.threshold > 1
    found = sized.measure(rows, answers)
    assert found["named"] == 0.0
    assert np.isnan(found["accuracy_named"])


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(TrainingError, match="'other', None are none of male, female, none"):
        TASK.labels(pa.chunked_array([["male", "other", None]]))


def test_chances_are_chances_and_onnx_agrees(rows, fitted):
    test = rows[2]
    session = onnx_export.open_session(fitted.to_onnx())
    for case in (test, test.without(["age"]), test.without(["name", "age"])):
        native = predict(fitted, case)
        assert native.shape == (len(test), 3)
        assert native.sum(axis=1) == pytest.approx(1.0)
        served = onnx_export.answer(session, case.select(fitted.inputs))
        assert onnx_export.compare(served, native, TASK.scale(native)).largest < 1e-5


def test_the_name_tells_and_the_age_does_not(rows):
    test = rows[2]
    shares, bayes, logistic = (
        one.fit(rows[0], rows[1], OPTIONS)
        for one in (Shares(3), NaiveBayes("name", 3), Logistic(3))
    )
    losses = [
        TASK.measure(test, predict(one, test))["log_loss"] for one in (shares, bayes, logistic)
    ]
    assert losses[0] > losses[1] + 0.3
    assert losses[0] > losses[2] + 0.3
    assert TASK.measure(test, predict(logistic, test))["accuracy_told"] > 0.99
    blind = TASK.measure(test, predict(logistic, test.without(["name"])))
    assert blind["accuracy_told"] < 0.6


def test_of_nobody_the_shares_are_answered(rows, fitted):
    test = rows[2]
    nobody = predict(fitted, test.without(["name", "age"]))
    shares = np.bincount(rows[0].label.astype(int), minlength=3) / len(rows[0])
    assert nobody == pytest.approx(np.tile(shares, (len(test), 1)), abs=2e-3)
    nameless = predict(fitted, test.without(["name"]))
    loss = TASK.measure(test, nameless)["log_loss"]
    assert loss < TASK.measure(test, nobody)["log_loss"] + 0.02


def test_two_classes_are_enough(rows):
    only = rows[0].take(rows[0].label < 2)
    model = Logistic(3).fit(only, rows[1].take(rows[1].label < 2), OPTIONS)
    found = predict(model, rows[2])
    assert found[:, 2].max() < 1e-3
    assert TASK.measure(rows[2], found)["accuracy_told"] > 0.99


def test_what_is_written_spells_no_name(rows, tmp_path):
    model = Logistic(3).fit(rows[0], rows[1], OPTIONS)
    model.save_native(tmp_path)
    text = (tmp_path / "softmax.json").read_text().casefold()
    assert "mari" not in text
    assert "fernand" not in text
    assert b"fernand" not in model.to_onnx().SerializeToString().lower()
