"""A survival model's figures as cells of its card."""

from __future__ import annotations

import math
from collections.abc import Mapping

from training.card import table
from training.survival.spread import PARTS

SHOWN = {
    "nll": "minus log likelihood",
    "concordance": "concordance",
    "concordance_failure": "of failures in 30 days",
    "mae_seen": "MAE seen, days",
    "brier_7": "Brier 7",
    "brier_30": "Brier 30",
    "brier_90": "Brier 90",
    "alarmed": "announced",
    "lead_days": "lead, days",
}
"""Heads of the columns, by metric."""
_DIGITS = {"mae_seen": 1, "lead_days": 1, "brier_7": 4, "brier_30": 4}
_PARTS = ("lowest third", "middle third", "highest third")


def row(found: Mapping[str, float]) -> list[str]:
    """Metrics in the order of `SHOWN`, with intervals where there are any."""
    return [_figure(found, name, _DIGITS.get(name, 3)) for name in SHOWN]


def compared(against: Mapping[str, Mapping[str, float]], estimator: str) -> list[str]:
    """How much less or more an estimator has than each other; nothing of versions that do not tell.

    Args:
        against: differences and the ends of their intervals, by the other estimator.
        estimator: whose they are.
    """
    names = [one for one in SHOWN if all(one in found for found in against.values())]
    rows = [
        [other, *(_figure(found, one, _DIGITS.get(one, 3), "+") for one in names)]
        for other, found in against.items()
    ]
    head = [f"{estimator} less", *(SHOWN[one] for one in names)]
    return [*table(head, rows), ""] if rows else []


def _figure(found: Mapping[str, float], name: str, digits: int, sign: str = "") -> str:
    """A figure, with its interval where there is one."""
    low, high = found.get(f"{name}_low"), found.get(f"{name}_high")
    form = f"{sign}.{digits}f"
    told = f"{found[name]:{form}}"
    if low is None or high is None:
        return told
    return f"{told} ({low:{form}} to {high:{form}})"


def calibrated(found: Mapping[str, float], chances: tuple[int, ...]) -> list[str]:
    """What came where chances were said; nothing of versions that do not tell."""
    rows = [
        [
            f"{days} days",
            _PARTS[group - 1],
            f"{found[f'said_{days}_{group}']:.3f}",
            _figure(found, f"came_{days}_{group}", 3),
        ]
        for days in chances
        for group in range(1, PARTS + 1)
        if math.isfinite(found.get(f"came_{days}_{group}", math.nan))
    ]
    head = ["chance of a failure within", "rows by the chance", "said, mean", "came, share"]
    return [*table(head, rows), ""] if rows else []
