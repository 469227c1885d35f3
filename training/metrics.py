"""Metrics: of regressions, by group, and of prediction intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Measure = Callable[[Floats, Floats], dict[str, float]]
"""Metrics by name of predictions against labels, in this order; each model names its own."""


def regression(label: Floats, predicted: Floats) -> dict[str, float]:
    """Measure predictions against labels.

    Returns:
        rows; rmse, mae and bias (mean of predicted - label) in the label's unit; mape (mean of
        |error| / |label| over rows whose label is not zero) and wape (sum of |error| / sum of
        |label|) as shares; r2, NaN where the labels do not vary.
    """
    error = predicted - label
    spread = float(np.square(label - label.mean()).sum())
    total = float(np.abs(label).sum())
    nonzero = label != 0
    return {
        "rows": float(len(label)),
        "rmse": float(np.sqrt(np.square(error).mean())),
        "mae": float(np.abs(error).mean()),
        "bias": float(error.mean()),
        "mape": float(np.abs(error[nonzero] / label[nonzero]).mean()) if nonzero.any() else np.nan,
        "wape": float(np.abs(error).sum() / total) if total else np.nan,
        "r2": 1.0 - float(np.square(error).sum()) / spread if spread else np.nan,
    }


def by_group(
    measure: Measure,
    label: Floats,
    predicted: Floats,
    groups: Sequence[str],
    low: Floats,
    high: Floats,
) -> dict[str, dict[str, float]]:
    """Measure each group alone, its interval included; the groups are sorted by name."""
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    found = {}
    for code, name in enumerate(names):
        mine = codes == code
        found[str(name)] = measure(label[mine], predicted[mine]) | coverage(
            label[mine], low[mine], high[mine]
        )
    return found


def coverage(label: Floats, low: Floats, high: Floats) -> dict[str, float]:
    """Measure intervals: the share of labels inside, and the mean width in the label's unit."""
    return {
        "coverage": float(((label >= low) & (label <= high)).mean()),
        "width": float((high - low).mean()),
    }
