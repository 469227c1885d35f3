"""Visitors of the next weeks as the forecast expects them, had no campaign been announced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

import numpy as np

from bentos.tourism.visitor_flow.locations import Asked, Locations
from bentos.tourism.visitor_flow.schemas import VisitorFlowRequest
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.planning.tourism.outlook import ALL, Expected
from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.drivers import Driver, features_without
from tambo.requesttime.tourism.variants import inputs_of
from tambo.serving.model import ServedModel

_WEEK = 7


@dataclass(frozen=True)
class Forecasts:
    """What is expected of some locations.

    Attributes:
        expected: by location and week, of the weeks that the horizon holds as a whole.
        missing: locations that could not be forecast.
        row: what is stored of one of them; it tells the release.
        today: local day of the release's as_of.
    """

    expected: tuple[Expected, ...]
    missing: tuple[str, ...]
    row: OnlineRow
    today: date


class WeeklyForecaster:
    """Forecasts whole weeks; may be used by several threads.

    Args:
        model: champion of the days.
        reader: the online features of its feature service.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader) -> None:
        self._model = model
        self.locations = Locations(model, reader, "day")

    def forecast(self, names: Sequence[str]) -> Forecasts:
        """Forecast some locations, one at least.

        What campaigns that are announced would add is left out too: a plan adds it itself.

        Raises:
            OnlineStoreError: features cannot be read.
        """
        rows, asked = self.locations.find([VisitorFlowRequest(location=name) for name in names])
        answers = self._model.predict([self._row(one) for one in asked]) if asked else np.zeros(0)
        weeks = (
            week
            for one, answer in zip(asked, answers, strict=True)
            for week in _weeks(one.request.location, one.first, answer)
        )
        found = {one.request.location for one in asked}
        # Where nothing can be forecast, no zone is stored.
        zone = next((one.zone for one in asked), UTC)
        return Forecasts(
            expected=tuple(weeks),
            missing=tuple(one for one in names if one not in found),
            row=rows[0],
            today=rows[0].as_of.astimezone(zone).date(),
        )

    def _row(self, asked: Asked) -> dict[str, object]:
        without = features_without(
            (Driver.CAMPAIGNS,), asked.first_number, self.locations.days, asked.stored
        )
        return inputs_of(asked.request.location, asked.values, *without)


def _weeks(location: str, first: date, quantiles: Floats) -> Iterator[Expected]:
    """Sum the days of whole weeks.

    Percentiles are summed as they are: what is wrong about one day is wrong about its week, which
    is the most careful reading.

    Args:
        location: whose.
        first: day of the first quantiles.
        quantiles: of its days, float64 [days, 3].
    """
    start = -first.weekday() % _WEEK
    for at in range(start, len(quantiles) - _WEEK + 1, _WEEK):
        low, middle, high = quantiles[at : at + _WEEK].sum(axis=0).tolist()
        yield Expected(location, ALL, first + timedelta(days=at), low, middle, high)
