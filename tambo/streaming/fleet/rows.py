"""Readings of one vessel as numbers: times in microseconds since 1970, values in millionths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = {"engine_health_score": 100, "temperature_variance": 10000}
"""What a sensor reads at most, by measure; the least is 0."""
MEASURES = tuple(MOST)
HOUR = 3_600_000_000
DAY, WEEK, WINDOW = 24 * HOUR, 168 * HOUR, 672 * HOUR
KEPT = WINDOW + WEEK
"""A late reading within the window is judged by the week before it."""

NOBODY_SAYS = -1
"""A flag that is null."""

Table = NDArray[np.void]

_MEASURE = np.dtype(
    [
        ("value", "i8"),
        ("was_read", "?"),
        ("zscore", "f8"),
        ("by_zscore", "i1"),
        ("by_iqr", "i1"),
        ("is_outlier", "?"),
    ]
)
ROW = np.dtype(
    [
        ("read_at", "i8"),
        ("known_at", "i8"),
        ("stands", "?"),
        *((measure, _MEASURE) for measure in MEASURES),
    ]
)
"""The newest version of a reading; one that was taken back does not stand. A z-score that is null
is not a number."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A version of a reading.

    Attributes:
        read_at: when it was read.
        known_at: when it arrived.
        values: of each measure, in millionths; None where that sensor did not read.
        withdrawn: whether it is taken back.
    """

    read_at: int
    known_at: int
    values: tuple[int | None, ...]
    withdrawn: bool = False

    def row(self) -> Table:
        """As a row that was not judged yet."""
        row = np.zeros(1, ROW)
        row["read_at"], row["known_at"], row["stands"] = (
            self.read_at,
            self.known_at,
            not self.withdrawn,
        )
        for measure, value in zip(MEASURES, self.values, strict=True):
            row[measure] = (value or 0, value is not None, np.nan, NOBODY_SAYS, NOBODY_SAYS, False)
        return row

    @classmethod
    def of(cls, row: Any) -> Reading:
        """The version that a row holds."""
        return cls(
            int(row["read_at"]), int(row["known_at"]), values_of(row), not bool(row["stands"])
        )

    def says_the_same(self, row: Any) -> bool:
        """Whether a row holds the same, however it was judged."""
        if self.withdrawn or not row["stands"]:
            return self.withdrawn and not row["stands"]
        return values_of(row) == self.values


def values_of(row: Any) -> tuple[int | None, ...]:
    """Each measure in millionths; None where that sensor did not read."""
    return tuple(int(row[m]["value"]) if row[m]["was_read"] else None for m in MEASURES)
