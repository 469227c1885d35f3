"""The trained schedules behind the service, and the features that they are asked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bentos.fleet.asked import beyond, stored_vessels
from bentos.fleet.maintenance_schedule.demand import Booked
from bentos.fleet.maintenance_schedule.schemas import MAX_VESSELS, MaintenanceScheduleRequest
from bentos.fleet.maintenance_schedule.vessels import Known, Values
from bentos.inference.features import ModelFeatures, is_known
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.planning.fleet.demand import ANY
from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.parameters import Floats
from tambo.planning.fleet.policies import ACTIONS
from tambo.planning.fleet.schedules import Schedules
from tambo.requesttime import fleet as requesttime
from tambo.serving.model import ServedModel

ENTITY = ("aircraft_id", "base", "vessel_type")


@dataclass(frozen=True)
class _Asked:
    """One vessel, or one base and kind of vessel."""

    asked_at: datetime | None
    aircraft_id: str | None = None
    base: str | None = None
    vessel_type: str | None = None


class Trained:
    """The trained schedules with their features.

    Args:
        model: the network.
        reader: the online features of its feature service.
        folder: of its artefact.

    Raises:
        ServingError: the network reads something else, or answers something else.
        PlanError: the folder holds no schedules.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, folder: Path) -> None:
        inputs = tuple(one.name for one in model.spec.inputs)
        if inputs != NAMES or model.spec.actions != ACTIONS:
            raise ServingError(
                f"model {model.spec.model} reads or answers something else than this service",
                remedy="train maintenance_schedule again and bundle it",
            )
        self.features = ModelFeatures(model, reader, entity=ENTITY, computed=NAMES)
        self.schedules = Schedules.read(folder)
        self.known_vessels = model.spec.known_values("aircraft_id") or ()
        self._model = model

    def value(self, seen: NDArray[np.float32]) -> Floats:
        """What the network holds of staying and entering; see `policies.Valued`."""
        found = self._model.predict_matrix(seen.reshape(-1, len(NAMES)))
        return found.reshape(*seen.shape[:-1], len(ACTIONS))

    def read(self, request: MaintenanceScheduleRequest) -> list[tuple[str, OnlineRow]]:
        """The vessels of which something is stored.

        Raises:
            ProblemError: one that the request names is not among them, or there is none.
        """

        def read(names: Sequence[str]) -> list[OnlineRow | None]:
            rows = self.features.read([_Asked(request.asked_at, name) for name in names])
            return [row if is_known(row) else None for row in rows]

        return stored_vessels(request.aircraft_ids, self.known_vessels[:MAX_VESSELS], read)

    def values(self, row: OnlineRow) -> Values:
        """Features of a vessel, by full name."""
        return {**row.values, **self.features.on_demand(requesttime.ON_DEMAND, None, row)}

    def booked(self, vessels: Sequence[Known], request: MaintenanceScheduleRequest) -> Booked:
        """What is booked where the vessels are based, of their kinds and of any."""
        kinds = self.schedules.kinds
        named = {(known.base, kinds[known.kind]) for known in vessels}
        cells = sorted(named | {(base, ANY) for base, _ in named})
        rows = self.features.read(
            [_Asked(request.asked_at, base=base, vessel_type=kind) for base, kind in cells]
        )
        return Booked({cell: row.values for cell, row in zip(cells, rows, strict=True)}, kinds)


def left_out(known: Sequence[str], request: MaintenanceScheduleRequest) -> list[str]:
    """Vessels that may want the same slots and trips, and are not asked for."""
    if request.aircraft_ids is None:
        return beyond(None, known, MAX_VESSELS)
    rest = len(set(known) - set(request.aircraft_ids))
    says = (
        f"{rest} vessels that the model knows are not asked for: no slots are kept for them,"
        " and all that is booked at a base is taken for trips of those that are"
    )
    return [says] if rest else []
