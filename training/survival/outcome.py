"""Outcomes: how far a row was watched, and what ended it; the label of a survival model.

A row is watched for whole intervals: one whose event came inside an interval that was not watched
to its end is censored before it, like the rows of which nothing was told. Else those with an event
would be heard of first, and hazards come out too high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tambo.serving.survival import FAILURE, OTHER
from training.metrics import Floats

OUTCOME = "outcome"
"""Column of a labelled row: intervals watched, days to the event (NaN: none), and its cause."""
NONE = -1
"""Cause of a row that is censored."""
DAY = np.timedelta64(1, "D")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Outcomes:
    """Outcomes of some rows.

    Attributes:
        watched: intervals that were watched from their beginning, without event: int64 [n].
        days: days to the event; NaN where it was not seen: float64 [n].
        cause: FAILURE, OTHER or NONE: int64 [n].
    """

    watched: Ints
    days: Floats
    cause: Ints

    @classmethod
    def of(cls, label: Floats) -> Outcomes:
        """Read labels: float64 [n, 3]."""
        watched, days, cause = label.T
        return cls(watched.astype(np.int64), days, cause.astype(np.int64))

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Rows whose event was seen."""
        return np.asarray(self.cause != NONE)

    def until(self, edges: Sequence[int]) -> Floats:
        """Days to the event, or those that were watched without one: float64 [n]."""
        return np.where(self.seen, self.days, np.array(edges, np.float64)[self.watched])


def outcomes(rows: pa.Table, edges: Sequence[int]) -> pa.Table:
    """Add the outcome to rows of the label mart.

    Args:
        rows: event_timestamp, days_to_maintenance, maintenance_kind, observed_until, as they were
            known at one instant.
        edges: of the intervals; each step of `observed_until` is one of them.
    """
    begin = rows.column("event_timestamp").to_numpy().astype("datetime64[us]")
    end = rows.column("observed_until").to_numpy().astype("datetime64[us]")
    days = rows.column("days_to_maintenance").to_numpy().astype(np.float64)
    kinds = np.array(rows.column("maintenance_kind").to_pylist(), dtype=object)
    found = watch((end - begin) / DAY, days, kinds == "unscheduled", edges)
    column = pa.array(found.tolist(), pa.list_(pa.float64()))
    return rows.append_column(OUTCOME, column)


def watch(told: Floats, days: Floats, failed: NDArray[np.bool_], edges: Sequence[int]) -> Floats:
    """Censor events that came after what was told of all: float64 [n, 3].

    >>> told, days = np.array([30.0, 30.0, 30.0]), np.array([np.nan, 12.0, 31.0])
    >>> watch(told, days, np.array([False, True, True]), (0, 7, 14, 30, 45)).tolist()
    [[3.0, nan, -1.0], [1.0, 12.0, 0.0], [3.0, nan, -1.0]]
    """
    ends = np.array(edges[1:], np.float64)
    whole = np.searchsorted(ends, told, side="right")
    interval = np.searchsorted(ends, np.nan_to_num(days, nan=np.inf), side="left")
    seen = interval < whole
    cause = np.where(failed, FAILURE, OTHER)
    return np.column_stack(
        [
            np.where(seen, interval, whole).astype(np.float64),
            np.where(seen, days, np.nan),
            np.where(seen, cause, NONE).astype(np.float64),
        ]
    )
