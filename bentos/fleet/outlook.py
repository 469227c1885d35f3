"""What is known and foretold of vessels: read once, answered by all models of the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bentos.fleet.asked import AskedVessel, beyond, stored_vessels
from bentos.inference.answers import ModelVersion
from bentos.inference.features import Asking, ModelFeatures, is_known
from bentos.inference.requests import MAX_ITEMS
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.requesttime import fleet
from tambo.serving.model import ServedModel
from tambo.serving.spec import Interval
from tambo.serving.survival import Survival, chance_by, chance_of_failure, quantile

ENTITY = ("aircraft_id",)
KIND = "aircraft_profile__aircraft_type"
SCORE = "aircraft_health__engine_health_score"
IN_MAINTENANCE = "aircraft_maintenance__in_maintenance"
WAITING = "aircraft_maintenance__waiting_since"

Floats = NDArray[np.float64]
Inputs = Mapping[str, object]


class OfVessel(Asking, Protocol):
    """A request about one vessel."""

    @property
    def aircraft_id(self) -> str:
        """Tail or hull number."""
        ...


@dataclass(frozen=True)
class Cost:
    """What the next maintenance is expected to cost, with its interval."""

    amount: float
    low: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """One vessel.

    Attributes:
        row: what is stored.
        computed: features of the request's time, by full name.
        inputs: all that models read.
        hazards: of the due model, float64 [intervals, 2].
        survival: what the hazards mean.
        cost: None where no cost model serves.
    """

    row: OnlineRow
    computed: Mapping[str, object]
    inputs: Inputs
    hazards: Floats
    survival: Survival
    cost: Cost | None

    def value(self, name: str) -> object:
        """A feature by its full name; None where there is none."""
        return self.inputs.get(name)

    def number(self, name: str) -> float | None:
        """A feature that is a number."""
        found = self.value(name)
        return float(found) if isinstance(found, int | float) and np.isfinite(found) else None

    def failure(self, days: float) -> float:
        """Chance of a failure within some days where no other maintenance comes first."""
        return float(chance_of_failure(self.hazards[None], self.survival.edges, days)[0])

    def due(self, level: float = 0.5) -> float | None:
        """Days by which maintenance has begun with some chance; None beyond the horizon."""
        found = float(quantile(self.hazards[None], self.survival.edges, level)[0])
        return found if np.isfinite(found) else None

    def by(self, days: float) -> float:
        """Chance that any maintenance begins within some days."""
        return float(chance_by(self.hazards[None], self.survival.edges, np.array([days]))[0])

    def day(self, days: float | None) -> date | None:
        """The day, UTC, that lies so many days after the request."""
        return None if days is None else (self.row.asked_at + timedelta(days=days)).date()


class Coster:
    """Says what maintenance will cost, from the row that the due model reads.

    Args:
        cost: the champion of the cost.
        model: the champion of the next maintenance.
        reader: its online features.

    Raises:
        ServingError: the model wants another feature, or answers no cost.
    """

    def __init__(self, cost: ServedModel, model: ServedModel, reader: OnlineReader) -> None:
        missing = set(cost.spec.columns) - {*ENTITY, *model.manifest.feature_names}
        if missing or cost.spec.interval is None:
            raise ServingError(
                f"model {cost.spec.model} wants {', '.join(sorted(missing)) or 'an interval'}, "
                f"which the features of {model.spec.model} do not give",
                remedy="train maintenance_due and maintenance_cost again and bundle them",
            )
        self._cost = cost
        self.interval: Interval = cost.spec.interval
        self.currency = cost.spec.unit
        self.version = ModelFeatures(cost, reader, entity=ENTITY).version

    def costs(self, inputs: Sequence[Inputs]) -> list[Cost]:
        """The cost of the next maintenance of some vessels."""
        made = []
        for one, value in zip(inputs, self._cost.predict(inputs), strict=True):
            kind, amount = one.get(KIND), max(0.0, float(value))
            ends = self.interval.bounds(amount, None if kind is None else str(kind))
            made.append(Cost(amount, *ends))
        return made


class Outlooks:
    """Reads vessels and asks the models of them; may be used by several threads.

    Args:
        model: the champion of the next maintenance.
        reader: the online features of its feature service.
        cost: the champion of its cost; None: there is none.

    Raises:
        ServingError: a model wants an input that no feature gives, or answers something else.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, cost: ServedModel | None) -> None:
        self.features = ModelFeatures(model, reader, entity=ENTITY)
        spec = model.spec
        if spec.survival is None:
            raise ServingError(
                f"model {spec.model} answers no hazards",
                remedy="train maintenance_due again and bundle it",
            )
        self.survival: Survival = spec.survival
        self.model = model
        self.coster = None if cost is None else Coster(cost, model, reader)

    @property
    def version(self) -> ModelVersion:
        """Of the due model."""
        return self.features.version

    def known_vessels(self) -> tuple[str, ...]:
        """The vessels that were there when the model was trained."""
        return self.model.spec.known_values(ENTITY[0]) or ()

    def fleet(
        self, named: Sequence[str] | None, asked_at: datetime | None
    ) -> list[tuple[str, Outlook]]:
        """Answer for the vessels of a fleet of which something is stored.

        Args:
            named: in a request; None: the first that the model knows, as many as one may name.
            asked_at: of the request.

        Raises:
            ProblemError: nothing is stored of one that is named, or of any.
        """

        def read(names: Sequence[str]) -> list[Outlook | None]:
            return self.look([AskedVessel(asked_at, name) for name in names])

        return stored_vessels(named, self.known_vessels()[:MAX_ITEMS], read)

    def left_out(self, named: Sequence[str] | None) -> list[str]:
        """Says so where `fleet` leaves out vessels that the model knows."""
        return beyond(named, self.known_vessels(), MAX_ITEMS)

    def look(self, requests: Sequence[OfVessel]) -> list[Outlook | None]:
        """Answer for some vessels in one look-up; None for one of which nothing is stored."""
        features = self.features
        rows = features.read(requests)
        computed = [
            features.on_demand(fleet.ON_DEMAND, one, row)
            for one, row in zip(requests, rows, strict=True)
        ]
        inputs = [
            {**features.entity(one), **row.values, **extra}
            for one, row, extra in zip(requests, rows, computed, strict=True)
        ]
        hazards = self.survival.hazards(self.model.predict(inputs))
        costs: Sequence[Cost | None] = [None] * len(inputs)
        if self.coster is not None:
            costs = self.coster.costs(inputs)
        return [
            Outlook(row, extra, given, found, self.survival, cost) if is_known(row) else None
            for row, extra, given, found, cost in zip(
                rows, computed, inputs, hazards, costs, strict=True
            )
        ]
