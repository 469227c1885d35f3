"""Trees of costs: means that add up, and graphs that answer as the trees do."""

from __future__ import annotations

import numpy as np
import pytest

from tambo.serving.spec import Input
from training import onnx_export
from training.amounts import AmountBoosted, AmountForest
from training.design import Design
from training.estimators import FitOptions, predict

INPUTS = (
    Input(name="wear", kind="number"),
    Input(name="kind", kind="category", vocabulary=("jet", "yacht")),
    Input(name="noise", kind="number"),
)
READS = ("wear", "kind")
ESTIMATORS = (AmountForest(READS), AmountBoosted(READS))
OPTIONS = FitOptions(seed=3, threads=1)


def design(rows: int, seed: int) -> Design:
    """Costs of the kind, that grow with wear; one in four is three times as dear by chance."""
    random = np.random.default_rng(seed)
    wear, kind = random.uniform(0, 1, rows), random.integers(0, 2, rows)
    usual = np.where(kind == 0, 90_000.0, 50_000.0) * (1 + wear)
    cost = usual * np.where(random.random(rows) < 0.25, 3.0, 1.0)
    cost *= np.exp(0.1 * random.standard_normal(rows))
    wear = np.where(random.random(rows) < 0.1, np.nan, wear)
    matrix = np.stack([wear, kind, random.random(rows)], axis=1).astype(np.float32)
    return Design(INPUTS, matrix, cost, {})


@pytest.mark.parametrize("one", ESTIMATORS, ids=lambda one: one.name)
def test_means_are_learnt_and_served(one) -> None:
    train, stop, test = design(1_500, 1), design(300, 2), design(1_500, 3)
    fitted = one.fit(train, stop, OPTIONS)
    assert [each.name for each in fitted.inputs] == list(READS)
    assert sum(fitted.gains().values()) == pytest.approx(1.0)
    session = onnx_export.open_session(fitted.to_onnx())
    for rows in (test, test.without(["wear"]), test.without(READS)):
        served = onnx_export.answer(session, rows.select(fitted.inputs))
        assert served == pytest.approx(predict(fitted, rows), rel=1e-5)
        assert served.min() > 0
    found = predict(fitted, test)
    for kind in (0, 1):
        own = test.matrix[:, 1] == kind
        # A median would be a third too low: a budget adds costs up.
        assert found[own].mean() == pytest.approx(test.label[own].mean(), rel=0.12)
    dear = found[test.matrix[:, 0] > 0.8].mean()
    assert dear > 1.2 * found[test.matrix[:, 0] < 0.2].mean()
