"""From requests to what moves their forecasts: exact Shapley values over groups of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bentos.tourism.visitor_flow.forecasting import of_location
from bentos.tourism.visitor_flow.locations import Asked, Locations, starts
from bentos.tourism.visitor_flow.schemas import (
    DriverOfStep,
    ExplainedStep,
    Explanation,
    VisitorFlowRequest,
)
from tambo.featurestore.online import OnlineReader
from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.variants import DRIVERS, variants_of
from tambo.requesttime.tourism.words import Words, with_visitors
from tambo.serving.attribution import Attribution, Matrix, attribute
from tambo.serving.model import ServedModel

_DIGITS = 2
_MIDDLE = 1


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

    def answer(
        self, requests: Sequence[VisitorFlowRequest], positions: Sequence[int], batch: bool
    ) -> list[Explanation]:
        """Explain the forecasts of some locations; see `Locations.read`."""
        asked = self._locations.read(requests, positions, batch)
        return [self._explain(one) for one in asked]

    def _explain(self, asked: Asked) -> Explanation:
        variants, features = variants_of(
            self._model.spec.inputs,
            asked.request.location,
            asked.values,
            asked.first_number,
            self._locations.days,
            hourly=self._locations.hourly,
            expected=asked.expected,
        )
        found = attribute(variants, self._middle)
        return Explanation(
            **of_location(self._locations, asked),
            explained=self._steps(asked, found, features),
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
                driver, visitors = DRIVERS[number], float(values[number])
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
