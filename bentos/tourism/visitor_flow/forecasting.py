"""From requests to forecasts: read the features, run the model, say what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bentos.tourism.visitor_flow.locations import Asked, Locations, starts
from bentos.tourism.visitor_flow.schemas import VisitorFlow, VisitorFlowRequest, VisitorsOfStep
from tambo.featurestore.online import OnlineReader
from tambo.requesttime.tourism import horizon_features
from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.variants import VIEW
from tambo.serving.model import ServedModel

_DIGITS = 1


class Forecaster:
    """Forecasts days, or hours, with one model; may be used by several threads.

    Args:
        model: the champion.
        reader: the online features of its feature service.
        unit: day or hour.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, unit: str) -> None:
        self._model = model
        self._locations = Locations(model, reader, unit)

    def answer(
        self, requests: Sequence[VisitorFlowRequest], positions: Sequence[int], batch: bool
    ) -> list[VisitorFlow]:
        """Forecast some locations in one look-up and one run; see `Locations.read`."""
        asked = self._locations.read(requests, positions, batch)
        features = [
            horizon_features(
                one.first_number,
                self._locations.days,
                one.stored,
                hourly=self._locations.hourly,
                expected=one.expected,
            )
            for one in asked
        ]
        quantiles = self._model.predict(
            [
                {
                    "location": one.request.location,
                    **one.values,
                    **{f"{VIEW}__{name}": values for name, values in found.items()},
                }
                for one, found in zip(asked, features, strict=True)
            ]
        )
        return [
            self._answer(one, found["is_closed"], answer)
            for one, found, answer in zip(asked, features, quantiles, strict=True)
        ]

    def _answer(self, asked: Asked, closed: Floats, quantiles: Floats) -> VisitorFlow:
        locations = self._locations
        steps = []
        shown = np.round(quantiles, _DIGITS).tolist()
        for position in range(asked.request.steps):
            day, hour, instant = starts(asked, position, locations.hourly)
            low, middle, high = shown[position]
            steps.append(
                VisitorsOfStep(
                    date=day,
                    hour=hour,
                    starts_at=instant,
                    closed=bool(closed[position] > 0.5),
                    p10=low,
                    p50=middle,
                    p90=high,
                )
            )
        return VisitorFlow(**of_location(locations, asked), visitors=steps)


def of_location(locations: Locations, asked: Asked) -> dict[str, Any]:
    """What every answer says of a location."""
    return {
        "location": asked.request.location,
        "unit": asked.request.unit,
        "new_to_model": locations.is_new(asked),
        "origin": asked.origin,
        "model": locations.features.version,
        "release": asked.row.release,
        "as_of": asked.row.as_of,
        "asked_at": asked.row.asked_at,
        "warnings": locations.warnings(asked),
        "freshness": locations.freshness(asked.row),
    }


class ByUnit:
    """Answers requests for days with one model, and those for hours with another.

    Args:
        make: makes what answers one unit.
        daily: champion of the days.
        daily_reader: its online features.
        hourly: champion of the hours.
        hourly_reader: its online features.
    """

    def __init__(
        self,
        make: Callable[[ServedModel, OnlineReader, str], Any],
        daily: ServedModel,
        daily_reader: OnlineReader,
        hourly: ServedModel,
        hourly_reader: OnlineReader,
    ) -> None:
        self._by_unit = {
            "day": make(daily, daily_reader, "day"),
            "hour": make(hourly, hourly_reader, "hour"),
        }

    def answer(self, requests: Sequence[VisitorFlowRequest], batch: bool = True) -> list[Any]:
        """Answer some requests, in one look-up and one run a unit; see `Answerer`."""
        found: dict[int, Any] = {}
        for unit, answerer in self._by_unit.items():
            positions = [at for at, one in enumerate(requests) if one.unit == unit]
            if positions:
                own = [requests[at] for at in positions]
                found |= zip(positions, answerer.answer(own, positions, batch), strict=True)
        return [found[at] for at in range(len(requests))]
