"""Scoring: one fitted model on the test rows, as its service will answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tambo.serving.spec import Interval
from training import onnx_export
from training.design import Design, stack
from training.estimators import Fitted, predict
from training.gate import Check
from training.grouped import Unseen
from training.intervals import conformal, ends
from training.metrics import Floats, by_group, coverage
from training.onnx_export import Parity
from training.spec import ModelSpec

if TYPE_CHECKING:
    from onnx import ModelProto

MOST_PARITY_ROWS = 20_000


@dataclass(frozen=True)
class Data:
    """Encoded rows of all parts.

    Attributes:
        train: what models are fitted on.
        stop: half of the calibration rows: where fitting stops.
        calibrate: the other half: what sizes the intervals.
        test: the newest rows: what models are judged on.
    """

    train: Design
    stop: Design
    calibrate: Design
    test: Design


@dataclass(frozen=True)
class Scored:
    """One model with all that is known of it.

    Attributes:
        fitted: the native model.
        onnx: the model as it is served.
        parity: distance of the two.
        interval: its prediction interval.
        predicted: its answers to the test rows.
        metrics: of the test rows, interval included.
        groups: the same by group, by what groups them.
        unseen: scores on unseen groups, by grouping.
        behaviour: what the behaviour tests found.
    """

    fitted: Fitted
    onnx: ModelProto
    parity: Parity
    interval: Interval
    predicted: Floats
    metrics: dict[str, float]
    groups: dict[str, dict[str, dict[str, float]]]
    unseen: Mapping[str, Unseen]
    behaviour: Sequence[Check]


def score(spec: ModelSpec, fitted: Fitted, data: Data, unseen: Mapping[str, Unseen]) -> Scored:
    """Export a fitted model, and measure the export on the test rows.

    Args:
        spec: the model's declaration.
        fitted: the native model.
        data: rows of all parts.
        unseen: its scores on unseen groups; the first sizes the interval of what is unseen.
    """
    model = fitted.to_onnx()
    session = onnx_export.open_session(model)

    def answer(rows: Design) -> Floats:
        return onnx_export.answer(session, rows.select(fitted.inputs))

    test, group = data.test, spec.group_of_interval(data.test)
    first = next(iter(unseen.values()), None)
    interval = conformal(
        data.calibrate.label,
        answer(data.calibrate),
        spec.group_of_interval(data.calibrate),
        spec.interval,
        None if first is None else (first.label, first.predicted),
    )
    predicted = answer(test)
    low, high = ends(interval, predicted, group)
    # Rows as they are, rows without any number, rows without anything: holes must agree as well.
    numbers = [one.name for one in test.inputs if one.kind == "number"]
    sample = test.sample(MOST_PARITY_ROWS, seed=0)
    holed = stack([sample, sample.without(numbers), sample.without([i.name for i in test.inputs])])
    return Scored(
        fitted=fitted,
        onnx=model,
        parity=onnx_export.compare(answer(holed), predict(fitted, holed)),
        interval=interval,
        predicted=predicted,
        metrics=spec.measure(test.label, predicted) | coverage(test.label, low, high),
        groups=_by_group(spec, test, predicted, low, high),
        unseen=unseen,
        behaviour=spec.behaviour(answer, test),
    )


def _by_group(
    spec: ModelSpec, test: Design, predicted: Floats, low: Floats, high: Floats
) -> dict[str, dict[str, dict[str, float]]]:
    return {
        name: by_group(spec.measure, test.label, predicted, groups, low, high)
        for name, groups in spec.report_groups(test).items()
    }
