"""Scoring: one fitted model on the test rows, as its service will answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training import onnx_export
from training.backtest import Answered
from training.design import Design, stack
from training.estimators import Fitted, predict
from training.gate import Check
from training.grouped import Unseen
from training.metrics import Floats
from training.onnx_export import Parity
from training.spec import ModelSpec
from training.task import Measure, Sized

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

    def mixed(self) -> Data:
        """The same with every row tested, and every row trained on but those that stop a fit.

        For folds, where no row is older than another.
        """
        others = stack([self.train, self.calibrate, self.test])
        return replace(self, train=others, test=stack([others, self.stop]))


@dataclass(frozen=True)
class Scored:
    """One model with all that is known of it.

    Attributes:
        fitted: the native model.
        onnx: the model as it is served.
        parity: distance of the two.
        sized: how sure its answers are.
        predicted: its answers to the test rows.
        metrics: of the test rows.
        groups: the same by group, by what groups them.
        unseen: scores on unseen groups, by grouping.
        behaviour: what the behaviour tests found.
    """

    fitted: Fitted
    onnx: ModelProto
    parity: Parity
    sized: Sized
    predicted: Floats
    metrics: dict[str, float]
    groups: dict[str, dict[str, dict[str, float]]]
    unseen: Mapping[str, Unseen]
    behaviour: Sequence[Check]


@dataclass(frozen=True)
class Referenced:
    """A reference with what is known of it; the fields are those of `Scored`."""

    predicted: Floats
    metrics: dict[str, float]
    groups: dict[str, dict[str, dict[str, float]]]

    def rows(self) -> NDArray[np.bool_]:
        """Which test rows it answered: bool [n]."""
        return np.asarray(np.isfinite(self.predicted).all(axis=1), np.bool_)


def score_reference(spec: ModelSpec, predicted: Floats, data: Data) -> Referenced:
    """Measure a reference on the test rows that it answered."""
    return Referenced(
        predicted,
        spec.task.measure(data.test, predicted),
        {
            name: by_group(spec.task.measure, data.test, predicted, groups)
            for name, groups in spec.report_groups(data.test).items()
        },
    )


def score(
    spec: ModelSpec,
    fitted: Fitted,
    data: Data,
    unseen: Mapping[str, Unseen],
    earlier: Answered | None = None,
) -> Scored:
    """Export a fitted model, and measure the export on the test rows.

    Args:
        spec: the model's declaration.
        fitted: the native model.
        data: rows of all parts.
        unseen: its scores on unseen groups; the first says how sure it is of what is unseen.
        earlier: what a backtest answered, which says how sure it is as well.
    """
    model = fitted.to_onnx()
    session = onnx_export.open_session(model)

    def answer(rows: Design) -> Floats:
        return onnx_export.answer(session, rows.select(fitted.inputs))

    test = data.test
    first = next(iter(unseen.values()), None)
    sizing = Answered(data.calibrate, answer(data.calibrate))
    if earlier is not None:
        sizing = earlier.with_those_of(sizing)
    predicted = answer(test)
    sized = spec.task.size(sizing.rows, sizing.answers, first).after(test, predicted)
    # Rows as they are, rows of categories alone, rows without anything: holes must agree as well.
    numbers = [one.name for one in test.inputs if one.kind != "category"]
    sample = test.sample(MOST_PARITY_ROWS, seed=0)
    holed = stack([sample, sample.without(numbers), sample.without([i.name for i in test.inputs])])
    native = predict(fitted, holed)
    return Scored(
        fitted=fitted,
        onnx=model,
        parity=onnx_export.compare(answer(holed), native, spec.task.scale(native)),
        sized=sized,
        predicted=predicted,
        metrics=sized.measure(test, predicted) | sized.spread(test, predicted),
        groups={
            name: by_group(sized.measure, test, predicted, groups)
            for name, groups in spec.report_groups(test).items()
        },
        unseen=unseen,
        behaviour=spec.behaviour(answer, test),
    )


def by_group(
    measure: Measure, rows: Design, answers: Floats, groups: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Measure each group alone; the groups are sorted by name."""
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return {
        str(name): measure(rows.take(codes == code), answers[codes == code])
        for code, name in enumerate(names)
    }
