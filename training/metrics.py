"""Metrics of regressions and of prediction intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


def coverage(label: Floats, low: Floats, high: Floats) -> dict[str, float]:
    """Measure intervals: the share of labels inside, and the mean width in the label's unit."""
    return {
        "coverage": float(((label >= low) & (label <= high)).mean()),
        "width": float((high - low).mean()),
    }
