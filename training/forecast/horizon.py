"""The horizon: what a forecast is asked at each origin, and the counts that follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tambo.errors import TrainingError
from training.design import lists
from training.metrics import Floats

EPOCH = date(1970, 1, 1).toordinal()
SCALE = "seasonal_error"
"""Column of a row: mean absolute difference of counts a week apart, before the test; NaN: none."""
TARGET_DAY = "target_day"
WEEK = 7
FEWEST_DAYS = 7
"""Days that must have been counted in the eight weeks before an origin to forecast from it."""


@dataclass(frozen=True)
class Counts:
    """Counts of one series by day, without holes.

    Attributes:
        first: number of the first day, days since 1970-01-01.
        values: float64 [days, counts a day]; NaN where nobody counted.
    """

    first: int
    values: Floats

    def window(self, day: int, days: int) -> Floats:
        """Counts of some days from a day on: float64 [days, counts a day]."""
        found = np.full((days, self.values.shape[1]), np.nan)
        start, end = max(day, self.first), min(day + days, self.first + len(self.values))
        if start < end:
            found[start - day : end - day] = self.values[start - self.first : end - self.first]
        return found

    def known(self, day: int, days: int) -> int:
        """Of some days from a day on, those with a count."""
        return int(np.isfinite(self.window(day, days)).any(axis=1).sum())

    def seasonal_error(self) -> float:
        """Mean absolute difference of counts a week apart: what MASE is a share of.

        Hyndman and Koehler, Another look at measures of forecast accuracy, 2006.
        """
        apart = np.abs(self.values[WEEK:] - self.values[:-WEEK])
        return float(np.nanmean(apart)) if np.isfinite(apart).any() else np.nan


@dataclass(frozen=True)
class Horizon:
    """What a forecast is asked at each origin: some days, or the hours of some days.

    An origin is a local time of day: what was known then is used, and that day is the first target.

    Attributes:
        series: column that names a series, for example its location.
        day: column of the local day.
        label: column of the counts: a number a day, or a list of its hours.
        days: how many days ahead.
        zone: the days are days of this zone; None: of the one that the labels name.
        ahead: adds the features of each step to rows with their features.
        hourly: whether each hour of the days is asked for.
        at: how long after local midnight an origin is.
    """

    series: str
    day: str
    label: str
    days: int
    ahead: Callable[[pa.Table], pa.Table]
    zone: ZoneInfo | None = None
    hourly: bool = False
    at: timedelta = timedelta(hours=6)

    @property
    def steps(self) -> int:
        """Numbers that are forecast."""
        return self.days * (24 if self.hourly else 1)

    def local(self, labels: pa.Table) -> Horizon:
        """The same horizon in the zone of rows of the label mart, column `time_zone`.

        Raises:
            TrainingError: they name none, or several.
        """
        if self.zone is not None:
            return self
        zones = labels.column("time_zone").unique().to_pylist()
        if len(zones) != 1:
            raise TrainingError(f"The labels are of days in {len(zones)} zones: {zones}.")
        return replace(self, zone=ZoneInfo(zones[0]))

    def origin(self, day: int) -> datetime:
        """The origin of a day: naive, UTC; of a horizon whose zone is known (`local`)."""
        local = datetime.combine(date.fromordinal(day + EPOCH), time(), self.zone) + self.at
        return local.astimezone(UTC).replace(tzinfo=None)

    def asked(self, labels: pa.Table) -> pa.Table:
        """Rows of the label mart as rows that ask for the day after each, at their own time."""
        days = pc.add(labels.column(self.day).cast(pa.int32()), pa.scalar(1, pa.int32()))
        after = pc.strftime(days.cast(pa.date32()), format="%Y-%m-%d")
        return labels.append_column(TARGET_DAY, after)

    def counts(self, labels: pa.Table) -> dict[str, Counts]:
        """The counts of each series, from rows of the label mart."""
        days = labels.column(self.day).cast(pa.int32()).to_numpy()
        values = self._values(labels)
        names = np.array(labels.column(self.series).to_pylist(), dtype=object)
        found = {}
        for name in sorted(set(names.tolist())):
            own = np.flatnonzero(names == name)
            first, last = int(days[own].min()), int(days[own].max())
            dense = np.full((last - first + 1, values.shape[1]), np.nan)
            dense[days[own] - first] = values[own]
            found[name] = Counts(first, dense)
        return found

    def _values(self, labels: pa.Table) -> Floats:
        column = labels.column(self.label)
        if not self.hourly:
            by_day: Floats = column.cast(pa.float64()).to_numpy()
            return by_day[:, None]
        unknown = np.full(24, np.nan)
        return np.stack([unknown if one is None else one for one in lists(column)] or [unknown])

    def rows(
        self,
        counts: Mapping[str, Counts],
        origins: Iterable[tuple[int, str]],
        scales: Mapping[str, float],
    ) -> pa.Table:
        """One row for each origin of a series from which there is something to learn.

        Args:
            counts: of each series, as far as they may be known.
            origins: day and series of each row, in order.
            scales: `Counts.seasonal_error` of the series that have one.

        Returns:
            series, event_timestamp, target_day, the label as a list of the steps, and `SCALE`.
        """
        kept = [
            (day, name)
            for day, name in origins
            if counts[name].known(day, self.days)
            and counts[name].known(day - 56, 56) >= FEWEST_DAYS
        ]
        label = [counts[name].window(day, self.days).reshape(-1) for day, name in kept]
        return pa.table(
            {
                self.series: pa.array([name for _, name in kept], pa.string()),
                "event_timestamp": pa.array(
                    [self.origin(day) for day, _ in kept], pa.timestamp("us")
                ),
                TARGET_DAY: pa.array(
                    [date.fromordinal(day + EPOCH).isoformat() for day, _ in kept], pa.string()
                ),
                self.label: pa.array(label, pa.list_(pa.float64())),
                SCALE: pa.array([scales.get(name, np.nan) for _, name in kept], pa.float64()),
            }
        )
