"""How the figures of models are called, and written with their units."""

from __future__ import annotations

import math

from app import look

SHARES = {
    "coverage",
    "mape",
    "wape",
    "accuracy",
    "accuracy_told",
    "named",
    "calibration_error",
}
"""Figures that are shares, shown in percent."""

AMOUNTS = {"rmse", "mae", "mae_seen", "width", "bias", "pinball"}
"""Figures in the unit of what the model answers."""

COUNTS = {"rows", "queries"}
"""Figures that are whole numbers."""

ACRONYMS = {"mase", "rmse", "mae", "mape", "wape", "r2", "ndcg", "mrr", "nll"}
"""First words of figures that are written in capitals."""

PARTS = ("said_", "came_")
"""First words of figures of one part of the rows."""


def title(name: str) -> str:
    """What a figure is called.

    >>> title("rmse"), title("log_loss"), title("ndcg_5")
    ('RMSE', 'Log loss', 'NDCG 5')
    """
    first, _, rest = name.partition("_")
    head = first.upper() if first in ACRONYMS else first.capitalize()
    return f"{head} {look.words(rest)}".rstrip()


def of_a_part(name: str) -> bool:
    """Whether a figure is of one part of the rows, as calibration is told in a model's card.

    >>> of_a_part("came_30_1"), of_a_part("said_7_3"), of_a_part("brier_30")
    (True, True, False)
    """
    return name.startswith(PARTS)


def figure(name: str, value: float, unit: str = "") -> str:
    """A figure with its unit.

    >>> figure("rmse", 103.57, "BRL"), figure("hit_rate_5", 0.291), figure("r2", 0.98301)
    ('BRL 103.57', '29.1 %', '0.983')
    >>> figure("rows", 9376.0), figure("mae", 12.345, "visitors")
    ('9,376', '12.35 visitors')
    """
    if not math.isfinite(value):
        return "no figure"
    if name in COUNTS:
        return look.count(value)
    if is_share(name):
        return look.percent(value, 1)
    if name not in AMOUNTS:
        return f"{value:,.3f}"
    return look.money(value) if unit == look.CURRENCY else f"{value:,.2f} {unit}".rstrip()


def is_share(name: str) -> bool:
    """Whether a figure is a share, shown in percent."""
    return name in SHARES or name.startswith("hit_rate")
