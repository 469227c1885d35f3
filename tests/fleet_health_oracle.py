"""What `aircraft_health` must say at an instant, worked out reading by reading."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from fleet_oracle import Raw, Row, State

HOUR = timedelta(hours=1)
MOST = {"engine_health_score": 100, "temperature_variance": 10000}
"""What a sensor reads at most; the least is 0."""
MEASURES = tuple(MOST)


def exact(value: float | None) -> Fraction | None:
    """A number as it is written."""
    return None if value is None else Fraction(str(value))


def judged(raw: Raw, row: Row, measure: str) -> tuple[float | None, Any, Any, bool]:
    """z-score of a reading among those before it that were known when it came; flags of both rules,
    and whether it is an outlier."""
    before = sorted(
        (
            r
            for r in raw.lines["telemetry"]
            if r["aircraft_id"] == row["aircraft_id"]
            and r["_known_at"] <= row["_known_at"] < r["_ended_at"]
            and row["read_at"] - 168 * HOUR <= r["read_at"] < row["read_at"]
            and r[measure] is not None
        ),
        key=lambda r: r["read_at"],
    )
    values = [exact(r[measure]) for r in before]
    if len(values) < 8:
        return None, None, None, False
    value, ordered = exact(row[measure]), sorted(values)
    low, high = (ordered[math.ceil(len(ordered) * share) - 1] for share in (0.25, 0.75))
    spread = statistics.stdev(values)
    if value is None:
        return None, None, None, False
    by_iqr = value > high + 3 * (high - low) or value < low - 3 * (high - low)
    if not spread:
        return None, None, by_iqr, False
    score = float(value - statistics.mean(values)) / float(spread)
    off = abs(value - values[-1]) > 4 * spread
    told = max(-1000.0, min(score, 1000.0))
    return told, abs(score) > 4, by_iqr, bool(abs(score) > 4 and by_iqr and off)


def health(raw: Raw, vessel: str, t: datetime) -> State | None:
    """The newest reading of a vessel and the windows that end with it."""
    told = [r for start, r in raw.ever("telemetry") if r["aircraft_id"] == vessel and start <= t
            and r["_ended_at"] > start]  # fmt: skip
    if not told:
        return None
    newest = max(r["read_at"] for r in told)
    readings = sorted(
        (
            r
            for r in raw.standing("telemetry", t)
            if r["aircraft_id"] == vessel and newest - 672 * HOUR < r["read_at"] <= newest
        ),
        key=lambda r: r["read_at"],
    )
    if not readings:
        return None
    week = [r for r in readings if r["read_at"] > newest - 168 * HOUR]
    state: State = {
        "read_at": readings[-1]["read_at"].replace(microsecond=0),
        "readings_7d": len(week),
    }
    for measure in MEASURES:
        state |= _measured(raw, measure, readings, newest)
    return state


def _measured(raw: Raw, measure: str, readings: Sequence[Row], newest: datetime) -> State:
    last = readings[-1]
    found = [(r, judged(raw, r, measure)) for r in readings]
    score, by_score, by_iqr, outlier = found[-1][1]
    good = [
        (r["read_at"], exact(r[measure]))
        for r, said in found
        if not said[3] and r[measure] is not None
    ]
    near = [value for at, value in good if at >= newest - 24 * HOUR]
    week = [value for at, value in good if at > newest - 168 * HOUR]
    clean = float(near[-1]) if near else None
    return {
        measure: clean,
        f"{measure}_read": last[measure],
        f"{measure}_zscore": score,
        f"{measure}_is_far_by_zscore": by_score,
        f"{measure}_is_far_by_iqr": by_iqr,
        f"{measure}_is_outlier": outlier,
        f"{measure}_is_filled": clean is not None and (outlier or last[measure] is None),
        f"{measure}_mean_7d": float(statistics.mean(week)) if week else None,
        f"{measure}_std_7d": float(statistics.stdev(week)) if len(week) > 1 else None,
        f"{measure}_trend_28d": _slope(good, MOST[measure]),
        f"{measure}_outliers_28d": sum(said[3] for _, said in found),
    }


def _slope(good: Sequence[tuple[datetime, Any]], most: int) -> float | None:
    """Slope a day by least squares, of a day's readings at least."""
    times, values = [at for at, _ in good], [value for _, value in good]
    if len(good) < 8 or times[-1] - times[0] < 24 * HOUR:
        return None
    days = [Fraction((at - times[0]) // timedelta(microseconds=1), 86_400_000_000) for at in times]
    slope = float(statistics.linear_regression(days, values).slope)
    return max(-most, min(slope, most))
