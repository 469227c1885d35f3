"""Splits that keep some of the days: rows of one day after the other say nearly the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from training.labels import LabelTable
from training.splits import Bounds, TimeSplit, draw, refuse_few, time_bounds


@dataclass(frozen=True)
class ThinnedSplit:
    """A split by time of which each unit keeps one day in so many.

    Each unit has days of its own, so that all weekdays are there.

    Attributes:
        whole: the split by time.
        unit: column that names the unit.
        every: days from one row of a unit to the next.
        then: makes columns of the rows that are kept.
    """

    whole: TimeSplit
    unit: str
    every: int
    then: Callable[[pa.Table], pa.Table] = lambda rows: rows

    @property
    def by_time(self) -> bool:
        """Yes."""
        return True

    def read(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, as_of: datetime
    ) -> tuple[dict[str, pa.Table], Bounds]:
        """Read the labels of each part as known at the end of that part.

        Raises:
            FewLabelsError: a part has too few rows.
        """
        table = self._with_gap(connection, table, as_of)
        parts, bounds = self.whole.read(connection, table, as_of)
        kept = {name: self.then(rows.filter(self._kept(rows))) for name, rows in parts.items()}
        refuse_few(table, kept, self.whole.least_rows)
        return kept, bounds

    def _with_gap(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, as_of: datetime
    ) -> LabelTable:
        """The table with a gap of a third of the calibration at most: a short history has rows."""
        bounds = time_bounds(connection, table, self.whole, as_of)
        most = (bounds.test_start - bounds.calibration_start) / 3
        return replace(table, window=min(table.window, most))

    def _kept(self, rows: pa.Table) -> pa.Array:
        times = rows.column("event_timestamp").to_numpy().astype("datetime64[D]").astype(np.int64)
        units = rows.column(self.unit).to_pylist()
        first = {unit: int(draw(unit, 0) * self.every) for unit in set(units)}
        return pa.array(times % self.every == np.array([first[unit] for unit in units]))
