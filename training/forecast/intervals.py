"""Intervals of forecasts: low and high are moved to where they hold on rows not fitted on.

Romano, Patterson and Candes, Conformalized quantile regression, 2019; of logarithms, so that a
small place and a large one count alike. Forecasts of one series follow each other, so they are not
exchangeable: a forecast is sized on all that was over when it was made, as it is in service.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tambo.serving.spec import Forecast as ServedForecast
from training.design import Design
from training.forecast.metrics import LEVELS
from training.metrics import Floats

if TYPE_CHECKING:
    from training.forecast.task import Forecast

FEWEST_RESIDUALS = 50
"""Fewer do not say where a quantile lies."""


@dataclass(frozen=True)
class Residuals:
    """How far counts lay above low and high, in logarithms.

    Attributes:
        origins: of each row: datetimes [n].
        low: float64 [n, steps]; NaN where nobody counted.
        high: likewise.
    """

    origins: NDArray[np.object_]
    low: Floats
    high: Floats

    @classmethod
    def of(cls, rows: Design, quantiles: Floats) -> Residuals:
        """Of answers to some rows: float64 [n, steps, 3]."""
        logs, found = np.log1p(rows.label), np.log1p(quantiles)
        origins = rows.columns["event_timestamp"]
        return cls(origins, logs - found[..., 0], logs - found[..., 2])

    def with_those_of(self, other: Residuals) -> Residuals:
        """Both."""
        pairs = [(getattr(self, name), getattr(other, name)) for name in ("origins", "low", "high")]
        return Residuals(*(np.concatenate(pair) for pair in pairs))

    def begun_by(self, at: datetime) -> Residuals:
        """Those of origins up to an instant."""
        kept = np.array([origin <= at for origin in self.origins], np.bool_)
        return Residuals(self.origins[kept], self.low[kept], self.high[kept])

    def ends(self, task: Forecast) -> ServedForecast:
        """Where the outer quantiles lie, block by block."""
        low: list[float] = []
        high: list[float] = []
        for start in range(0, task.steps, task.block):
            part = slice(start, start + task.block)
            count = min(task.block, task.steps - start)
            low += [_end(self.low, part, LEVELS[0])] * count
            high += [_end(self.high, part, LEVELS[2])] * count
        return ServedForecast(
            steps=task.steps, unit=task.unit, levels=LEVELS, low=tuple(low), high=tuple(high)
        )


@dataclass(frozen=True)
class SizedForecast:
    """A forecast with the corrections of its quantiles.

    Attributes:
        task: what a forecast is.
        residuals: of all rows that size it.
        forecast: the corrections from all of them, which serve.
        at: those that a test origin had, from what was over by then, by origin.
    """

    task: Forecast
    residuals: Residuals
    forecast: ServedForecast
    at: Mapping[datetime, ServedForecast]

    @classmethod
    def on(cls, task: Forecast, residuals: Residuals) -> SizedForecast:
        """Sized on some residuals."""
        return cls(task, residuals, residuals.ends(task), {})

    def after(self, rows: Design, answers: Floats) -> SizedForecast:
        """The same, with rows that test it: each sizes those that begin when it is over."""
        steps = self.task.steps
        found = Residuals.of(rows, answers.reshape(len(answers), steps, 3))
        residuals = self.residuals.with_those_of(found)
        # An origin is at the same local hour as the one before, which in summer time is another.
        span = timedelta(**{f"{self.task.unit}s": steps}) - timedelta(hours=2)
        at = {
            origin: residuals.begun_by(origin - span).ends(self.task)
            for origin in sorted(set(rows.columns["event_timestamp"].tolist()))
        }
        return replace(
            self, residuals=residuals, forecast=residuals.ends(self.task), at={**self.at, **at}
        )

    def quantiles(self, rows: Design, answers: Floats) -> Floats:
        """Corrected quantiles of some rows, as they were when each was made: [n, steps, 3]."""
        found: Floats = self.forecast.quantiles(answers)
        origins = rows.columns["event_timestamp"]
        for origin, forecast in self.at.items():
            own = origins == origin
            if own.any():
                found[own] = forecast.quantiles(answers[own])
        return found

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """The metrics of the corrected quantiles."""
        return self.task.measure_quantiles(rows, self.quantiles(rows, answers))

    def spread(self, rows: Design, answers: Floats) -> dict[str, float]:
        """None is said."""
        return {}

    def serving(self) -> dict[str, Any]:
        """The corrections."""
        return {"forecast": self.forecast}


def _end(residuals: Floats, part: slice, level: float) -> float:
    """Where the quantile of some steps lies; that of all steps where they are few.

    Of n residuals the outer (n + 1)-th share is taken: one more will lie among them.
    """
    found = residuals[:, part][np.isfinite(residuals[:, part])]
    if len(found) < FEWEST_RESIDUALS:
        found = residuals[np.isfinite(residuals)]
    if not len(found):
        return 0.0
    outer = math.floor((len(found) + 1) * min(level, 1.0 - level)) / len(found)
    return float(np.quantile(found, outer if level < 0.5 else 1.0 - outer))
