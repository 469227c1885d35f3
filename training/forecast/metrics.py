"""Metrics of forecasts: of the middle, and of the quantiles around it."""

from __future__ import annotations

import numpy as np

from training.metrics import Floats

LEVELS = (0.1, 0.5, 0.9)
"""The quantiles: low, middle and high."""


def forecast_metrics(label: Floats, quantiles: Floats, scale: Floats) -> dict[str, float]:
    """Measure forecasts against counts; steps without a count or without an answer are left out.

    Args:
        label: float64 [n, steps]; NaN where nobody counted.
        quantiles: float64 [n, steps, 3], at `LEVELS`.
        scale: what MASE is a share of, by row; NaN: the row has none.

    Returns:
        targets; mase, mean of |error| / scale; rmse, mae and bias (middle - label) in visitors;
        wape, sum of |error| / sum of labels; pinball, mean loss of the three quantiles in visitors
        (Koenker and Bassett, Regression quantiles, 1978); coverage and width of low to high.
    """
    low, middle, high = np.moveaxis(quantiles, -1, 0)
    known = np.isfinite(label) & np.isfinite(middle)
    if not known.any():
        return {"targets": 0.0} | dict.fromkeys(NAMES, np.nan)
    error, found = (middle - label)[known], label[known]
    shares = np.abs(error) / np.broadcast_to(scale[:, None], label.shape)[known]
    total = float(found.sum())
    losses = [
        _pinball(found, one[known], q) for one, q in zip((low, middle, high), LEVELS, strict=True)
    ]
    inside = (low[known] <= found) & (found <= high[known])
    return {
        "targets": float(known.sum()),
        "mase": float(np.nanmean(shares)) if np.isfinite(shares).any() else np.nan,
        "rmse": float(np.sqrt(np.square(error).mean())),
        "mae": float(np.abs(error).mean()),
        "wape": float(np.abs(error).sum() / total) if total else np.nan,
        "bias": float(error.mean()),
        "pinball": float(np.mean(losses)),
        "coverage": float(inside.mean()),
        "width": float((high - low)[known].mean()),
    }


NAMES = ("mase", "rmse", "mae", "wape", "bias", "pinball", "coverage", "width")


def _pinball(label: Floats, answer: Floats, level: float) -> float:
    short = label - answer
    return float(np.maximum(level * short, (level - 1.0) * short).mean())
