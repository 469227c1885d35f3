"""The log-linear formula: what it learns, what it answers to holes, and its ONNX form."""

from __future__ import annotations

import json

import numpy as np
import pytest
import training_rows

from tambo.serving.spec import Input
from training import formula
from training.design import Design
from training.formula import Pattern
from training.onnx_export import Graph, answer, open_session

INPUTS = (
    Input(name="past", kind="number"),
    Input(name="size", kind="number"),
    Input(name="extra", kind="number"),
    Input(name="kind", kind="category", vocabulary=("plain", "fine")),
)
PATTERNS = (
    Pattern("past", logs=("past",), numbers=("extra",), categories=("kind",)),
    Pattern(None, logs=("size",), numbers=("extra",), categories=("kind",)),
)


def made(rows: int = 4_000) -> Design:
    """Label = 3 · size^0.5 · 2 if fine; its past is the label; a third has none."""
    random = np.random.default_rng(3)
    size = random.uniform(10, 500, rows)
    kind = random.integers(0, 2, rows)
    label = 3.0 * np.sqrt(size) * np.where(kind == 1, 2.0, 1.0)
    past = np.where(random.random(rows) < 0.33, np.nan, label)
    extra = np.where(random.random(rows) < 0.2, np.nan, random.normal(size=rows))
    matrix = np.column_stack([past, size, extra, kind]).astype(np.float32)
    return Design(INPUTS, matrix, label, {})


def test_each_pattern_finds_its_law():
    design = made()
    fitted = formula.fit(design, PATTERNS)
    answers = np.exp(fitted.log_target(design.matrix))
    known = ~np.isnan(design.matrix[:, 0])
    assert np.abs(answers / design.label - 1.0)[known].max() < 0.05
    assert np.abs(answers / design.label - 1.0)[~known].max() < 0.05
    # The past enters in proportion, the size with its square root.
    past, size = (fitted.patterns[number].slopes[0] for number in (0, 1))
    assert past == pytest.approx(1.0, abs=0.05)
    assert size == pytest.approx(0.5, abs=0.02)


def test_an_unknown_category_has_no_effect_and_every_hole_has_an_answer():
    fitted = formula.fit(made(), PATTERNS)
    holes = np.array([[np.nan, np.nan, np.nan, -1.0]], dtype=np.float32)
    assert np.isfinite(fitted.log_target(holes)).all()
    plain, fine, unknown = (
        fitted.log_target(np.array([[np.nan, 100.0, 0.0, code]], dtype=np.float32))[0]
        for code in (0, 1, -1)
    )
    assert plain < unknown < fine


def test_an_extrapolation_ends_at_e_times_what_was_seen():
    design = made()
    fitted = formula.fit(design, PATTERNS)
    far = np.array([[1e30, 1.0, 0.0, 1.0]], dtype=np.float32)
    assert np.exp(fitted.log_target(far))[0] == pytest.approx(np.e * design.label.max())


def test_a_column_that_is_never_known_does_no_harm():
    design = made()
    design.matrix[:, 0] = np.nan
    fitted = formula.fit(design, PATTERNS)
    assert np.abs(np.exp(fitted.log_target(design.matrix)) / design.label - 1).max() < 0.05


def test_labels_of_zero_are_taken_as_the_least():
    design = made(200)
    design.label[:3] = 0.0
    assert np.isfinite(formula.fit(design, PATTERNS).log_target(design.matrix)).all()


def test_onnx_says_the_same_holes_included():
    design = made()
    design.matrix[::7, 3] = -1.0
    fitted = formula.fit(design, PATTERNS)
    graph = Graph(width=len(INPUTS))
    model = graph.finish(fitted.log_target_onnx(graph))
    served = answer(open_session(model), design.matrix)
    assert np.abs(served - fitted.log_target(design.matrix)).max() < 1e-5


def test_the_native_form_is_plain_json():
    content = json.loads(json.dumps(formula.fit(made(), PATTERNS).as_json()))
    assert [one["name"] for one in content["inputs"]] == ["past", "size", "extra", "kind"]
    assert len(content["patterns"]) == 2


def test_names_are_all_that_patterns_read():
    assert formula.names(PATTERNS) == {"past", "size", "extra", "kind"}
    own = {one.name for one in training_rows.MODEL.inputs}
    assert formula.names(training_rows.MODEL.candidate.patterns) <= own
