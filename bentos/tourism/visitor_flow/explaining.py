"""From requests to what moves their forecasts: exact Shapley values over groups of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bentos.tourism.visitor_flow.forecasting import of_location
from bentos.tourism.visitor_flow.locations import Asked, Locations, inputs_of, starts
from bentos.tourism.visitor_flow.schemas import (
    DriverOfStep,
    ExplainedStep,
    Explanation,
    VisitorFlowRequest,
)
from bentos.tourism.visitor_flow.words import Words, with_visitors
from tambo.featurestore.online import OnlineReader
from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.drivers import WAYS, Driver, features_without, sides_of
from tambo.serving.attribution import NONE, Attribution, Matrix, Numbers, Variants, attribute
from tambo.serving.model import ServedModel

_DIGITS = 2
_MIDDLE = 1
_DRIVERS = tuple(Driver)


class Explainer:
    """Explains the forecasts of one model; may be used by several threads.

    Args:
        model: the champion.
        reader: the online features of its feature service.
        unit: day or hour.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, unit: str) -> None:
        self._model = model
        self._locations = Locations(model, reader, unit)
        self._first, self._second = _players(model)

    def answer(
        self, requests: Sequence[VisitorFlowRequest], positions: Sequence[int], batch: bool
    ) -> list[Explanation]:
        """Explain the forecasts of some locations; see `Locations.read`."""
        asked = self._locations.read(requests, positions, batch)
        return [self._explain(one) for one in asked]

    def _explain(self, asked: Asked) -> Explanation:
        ways = [
            features_without(
                absent,
                asked.first_number,
                self._locations.days,
                asked.stored,
                hourly=self._locations.hourly,
                expected=asked.expected,
            )
            for absent in WAYS
        ]
        rows = self._model.spec.encode([inputs_of(asked, *way) for way in ways])
        found = attribute(Variants(rows, self._first, self._second, len(_DRIVERS)), self._middle)
        return Explanation(
            **of_location(self._locations, asked),
            explained=self._steps(asked, found, ways[-1][0]),
        )

    def _middle(self, matrix: Matrix) -> Floats:
        return self._model.predict_matrix(matrix)[..., _MIDDLE]

    def _steps(
        self, asked: Asked, found: Attribution, features: Mapping[str, Floats]
    ) -> list[ExplainedStep]:
        steps, words = [], Words(asked.values, features)
        for position in range(asked.request.steps):
            day, hour, instant = starts(asked, position, self._locations.hourly)
            values = found.values[:, position]
            drivers = []
            for number in np.argsort(-np.abs(values), kind="stable"):
                driver, visitors = _DRIVERS[number], float(values[number])
                says = with_visitors(words.say(driver, day, position), visitors)
                drivers.append(
                    DriverOfStep(driver=driver, visitors=round(visitors, _DIGITS), says=says)
                )
            steps.append(
                ExplainedStep(
                    date=day,
                    hour=hour,
                    starts_at=instant,
                    closed=bool(features["is_closed"][position] > 0.5),
                    p50=round(float(found.answer[position]), _DIGITS),
                    ordinary=round(float(found.ordinary[position]), _DIGITS),
                    says=drivers[0].says,
                    drivers=drivers,
                )
            )
        return steps


def _players(model: ServedModel) -> tuple[Numbers, Numbers]:
    """The driver of either side that each column of the model's matrix is of."""
    inputs = model.spec.inputs
    sides = [
        [NONE if driver is None else _DRIVERS.index(driver) for driver in sides_of(one.name)]
        for one in inputs
    ]
    first, second = np.repeat(np.array(sides, np.int64), [one.width for one in inputs], axis=0).T
    return first, second
