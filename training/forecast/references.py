"""References: forecasts fitted anew to each series at each origin, from its counts alone.

They answer from a whole history, which no feature holds, so they cannot serve; a model must beat
them. They are fitted at every test origin, the model once before the first: the comparison favours
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from training.forecast.horizon import EPOCH, Counts
from training.metrics import Floats
from training.splits import draw

if TYPE_CHECKING:
    import pandas as pd

Histories = Mapping[datetime, Mapping[str, Counts]]
LEVEL = 80
"""Percent between low and high."""


@dataclass(frozen=True)
class Reference:
    """A model of statsforecast, fitted to the logarithm of a series.

    Attributes:
        name: the reference's name.
        model: makes the model.
        season: steps of its season.
        steps: how many steps are forecast.
        days: newest days of a history that it is fitted to.
        series: column that names a series.
        most_series: series at most, drawn at random; the others are not answered.
    """

    name: str
    model: Callable[[int], Any]
    season: int
    steps: int
    days: int
    series: str
    most_series: int

    def answer(self, histories: Histories, rows: pa.Table, threads: int) -> Floats:
        """Answer some rows from the counts known at their origins.

        Args:
            histories: counts by origin and series.
            rows: event_timestamp, the series and target_day of each.
            threads: processes of the fits.

        Returns:
            float64 [n, steps * 3]; NaN for a series that was not drawn, or has too little to fit.
        """
        origins = rows.column("event_timestamp").to_pylist()
        names = rows.column(self.series).to_pylist()
        days = [_number(day) for day in rows.column("target_day").to_pylist()]
        drawn = set(sorted(set(names), key=lambda name: draw(name, 1))[: self.most_series])
        pasts = {}
        for row, (at, name, day) in enumerate(zip(origins, names, days, strict=True)):
            past = self._past(histories[at].get(name), day) if name in drawn else None
            if past is not None:
                pasts[row] = past
        answers = np.full((len(names), self.steps, 3), np.nan)
        if pasts:
            found = self._forecast(pasts, threads)
            for row, quantiles in found.items():
                answers[row] = quantiles
        return answers.reshape(len(names), -1)

    def _past(self, counts: Counts | None, day: int) -> Floats | None:
        """Newest counts before a day, flat, unknown ones from a season before; None: too few."""
        if counts is None:
            return None
        start = max(counts.first, day - self.days)
        values = counts.window(start, day - start).reshape(-1)
        values = _filled(values, self.season)
        return None if len(values) < 3 * self.season else np.log1p(values)

    def _forecast(self, pasts: Mapping[int, Floats], threads: int) -> dict[int, Floats]:
        from statsforecast import StatsForecast

        engine = StatsForecast([self.model(self.season)], freq=1, n_jobs=threads)
        table = engine.forecast(df=_long(pasts), h=self.steps, level=[LEVEL])
        found = {}
        columns = [f"{self._column}-lo-{LEVEL}", self._column, f"{self._column}-hi-{LEVEL}"]
        for row in pasts:
            part = table[table["unique_id"] == row].sort_values("ds")
            logs = part[columns].to_numpy(dtype=np.float64)
            found[row] = np.maximum(np.expm1(logs), 0.0)
        return found

    @property
    def _column(self) -> str:
        return str(self.model(self.season))


def auto_ets(season: int) -> Any:
    """Exponential smoothing whose form is chosen by AICc (Hyndman et al., 2008)."""
    from statsforecast.models import AutoETS

    return AutoETS(season_length=season)


def auto_arima(season: int) -> Any:
    """Seasonal ARIMA whose orders are chosen by AICc (Hyndman and Khandakar, 2008).

    Orders are compared by exact likelihood. The approximation that R takes for long series needs a
    seventh of the time, and was a tenth worse on the bike hours: too weak to be held against.
    """
    from statsforecast.models import AutoARIMA

    return AutoARIMA(season_length=season)


def _number(day: str) -> int:
    return datetime.fromisoformat(day).toordinal() - EPOCH


def _filled(values: Floats, season: int) -> Floats:
    """Unknown values from a season before; leading ones are cut off."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return values[:0]
    found = values[known[0] :].copy()
    for at in np.flatnonzero(np.isnan(found)):
        found[at] = found[at - season] if at >= season else found[at - 1]
    return found


def _long(pasts: Mapping[int, Floats]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "unique_id": np.repeat(list(pasts), [len(one) for one in pasts.values()]),
            "ds": np.concatenate([np.arange(len(one)) for one in pasts.values()]),
            "y": np.concatenate(list(pasts.values())),
        }
    )
