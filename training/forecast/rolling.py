"""Rolling origins: train on the past, and test at origins that lie one horizon apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from tambo.errors import TrainingError
from training.forecast.horizon import Counts, Horizon
from training.labels import LabelTable, read_labels
from training.splits import CALIBRATION, TEST, TRAIN, Bounds, draw, refuse_few


@dataclass(frozen=True)
class RollingOrigin:
    """Test at the newest origins whose targets are all over; calibrate before, train before that.

    Targets of a part are over before the next begins. Models are fitted once, before the first
    origin of the calibration.

    Tashman, Out-of-sample tests of forecasting accuracy, 2000.

    Attributes:
        horizon: what is asked at an origin.
        origins: test origins of each series.
        every: days between them.
        calibration_origins: origins of each series that stop fits and size intervals.
        calibration_every: days between those.
        most_rows: training rows at most; with many series, origins lie further apart.
        least_rows: fewest rows that each part must have.
    """

    horizon: Horizon
    origins: int = 6
    every: int = 28
    calibration_origins: int = 12
    calibration_every: int = 7
    most_rows: int = 4_000
    least_rows: int = 6

    @property
    def by_time(self) -> bool:
        """Yes."""
        return True

    def read(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, as_of: datetime
    ) -> tuple[dict[str, pa.Table], Bounds]:
        """Read the rows of each part, with counts as known at the end of that part.

        Raises:
            TrainingError: a part has too few rows.
        """
        labels = read_labels(connection, table, known_by=as_of)
        if not labels.num_rows:
            raise TrainingError(
                f"{table.name} holds no label known by {as_of:%Y-%m-%d %H:%M}.",
                remedy="tambo ingest <folder> && tambo build && tambo validate && tambo release",
            )
        ask = self.horizon.local(labels)
        known = ask.counts(labels)
        last = max(one.first + len(one.values) for one in known.values()) - ask.days
        test = [last - self.every * back for back in reversed(range(self.origins))]
        newest = test[0] - ask.days
        calibration = [
            newest - self.calibration_every * back
            for back in reversed(range(self.calibration_origins))
        ]
        bounds = Bounds(ask.origin(calibration[0]), ask.origin(test[0]), as_of)
        before = self._counts(connection, table, bounds.calibration_start)
        scales = {name: one.seasonal_error() for name, one in before.items()}
        between = self._counts(connection, table, bounds.test_start)
        parts = {
            TRAIN: ask.rows(before, self._past(before, calibration[0] - ask.days), scales),
            CALIBRATION: ask.rows(between, _each(calibration, between), scales),
            TEST: ask.rows(known, _each(test, known), scales),
        }
        refuse_few(table, parts, self.least_rows)
        return parts, bounds

    def _counts(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, known_by: datetime
    ) -> dict[str, Counts]:
        return self.horizon.counts(read_labels(connection, table, known_by=known_by))

    def histories(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, rows: pa.Table
    ) -> dict[datetime, dict[str, Counts]]:
        """The counts of each series as known at each origin of some rows."""
        origins = sorted(set(rows.column("event_timestamp").to_pylist()))
        return {at: self._counts(connection, table, at) for at in origins}

    def _past(self, counts: Mapping[str, Counts], end: int) -> list[tuple[int, str]]:
        """Origins of the training rows, before a day; each series at days of its own."""
        days = sum(max(0, end - one.first) for one in counts.values())
        stride = max(1, math.ceil(days / self.most_rows))
        stride += stride % 7 == 0  # all weekdays
        return sorted(
            (day, name)
            for name, one in counts.items()
            for day in range(one.first + int(draw(name, 0) * stride), end, stride)
        )


def _each(days: list[int], counts: Mapping[str, Counts]) -> Iterator[tuple[int, str]]:
    return ((day, name) for day in days for name in sorted(counts))
