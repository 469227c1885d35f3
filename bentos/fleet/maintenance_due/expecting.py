"""From vessels to their next maintenance: read the features, run the models, say why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from bentos.fleet.maintenance_due.reasons import moved_by
from bentos.fleet.maintenance_due.schemas import (
    DayInterval,
    ExpectedCost,
    Failure,
    MaintenanceDue,
    VesselRequest,
)
from bentos.fleet.outlook import IN_MAINTENANCE, SCORE, Outlook, Outlooks
from bentos.inference.requests import path, refuse
from tambo.featurestore.online import OnlineReader
from tambo.serving.model import ServedModel
from tambo.serving.problem import field_error
from tambo.serving.survival import chance_before_other

WITHIN = (7, 30, 90)
"""Days whose chance of a failure is answered."""
MOST_EXPLAINED = 100
"""Vessels of one call, at most, of which it is said what moved them: that takes the longest."""


class DueExpecter:
    """Answers when vessels need maintenance; may be used by several threads.

    Args:
        model: the champion of the next maintenance.
        reader: the online features of its feature service.
        cost: the champion of its cost; None: costs are not foretold.
        cost_reader: those of its feature service, which is the same.

    Raises:
        ServingError: a model wants an input that no feature gives, or answers something else.
    """

    def __init__(
        self,
        model: ServedModel,
        reader: OnlineReader,
        cost: ServedModel | None = None,
        cost_reader: OnlineReader | None = None,
    ) -> None:
        del cost_reader
        self._outlooks = Outlooks(model, reader, cost)

    def answer(self, requests: Sequence[VesselRequest], batch: bool = True) -> list[MaintenanceDue]:
        """Answer for some vessels; see `Answerer`."""
        found = self._outlooks.look(requests)
        unknown = (
            field_error(path(at, batch, "aircraft_id"), f"nothing is stored of {one.aircraft_id}")
            for at, (one, outlook) in enumerate(zip(requests, found, strict=True))
            if outlook is None
        )
        refuse(unknown)
        explained = len(requests) <= MOST_EXPLAINED
        return [
            self._answer(one.aircraft_id, outlook, explained)
            for one, outlook in zip(requests, known(found), strict=True)
        ]

    def _answer(self, aircraft_id: str, one: Outlook, explained: bool) -> MaintenanceDue:
        survival, row = one.survival, one.row
        days, outlooks = one.due(), self._outlooks
        moved = moved_by(outlooks.model, survival, one.inputs) if explained else []
        return MaintenanceDue(
            aircraft_id=aircraft_id,
            days=None if days is None else round(days, 1),
            date=one.day(days),
            horizon=survival.horizon,
            interval=_interval(one),
            failure=[
                Failure(
                    within_days=within,
                    chance=round(one.failure(within), 4),
                    chance_before_other=round(
                        float(chance_before_other(one.hazards[None], survival.edges, within)[0]), 4
                    ),
                )
                for within in WITHIN
            ],
            cost=expected_cost(one, outlooks),
            moved_by=moved,
            model=outlooks.version,
            release=row.release,
            as_of=row.as_of,
            asked_at=row.asked_at,
            warnings=outlooks.features.warnings(row, _warnings(aircraft_id, one, outlooks)),
            features=outlooks.features.shown(row, one.computed),
        )


def known(found: Iterable[Outlook | None]) -> list[Outlook]:
    """Those of which something is stored."""
    return [one for one in found if one is not None]


def expected_cost(one: Outlook, outlooks: Outlooks) -> ExpectedCost | None:
    """The cost as answers show it."""
    cost, coster = one.cost, outlooks.coster
    if cost is None or coster is None:
        return None
    return ExpectedCost(
        amount=round(cost.amount, 2),
        currency=coster.currency,
        level=coster.interval.level,
        low=round(cost.low, 2),
        high=round(cost.high, 2),
        model=coster.version,
    )


def _interval(one: Outlook) -> DayInterval:
    survival = one.survival
    low, end = (float(found[0]) for found in survival.interval(one.hazards[None]))
    high = end if math.isfinite(end) else None
    begin = one.day(low)
    assert begin is not None  # noqa: S101 - its days are a number
    return DayInterval(
        level=survival.level,
        earliest_days=low,
        latest_days=high,
        earliest=begin,
        latest=one.day(high),
    )


def _warnings(aircraft_id: str, one: Outlook, outlooks: Outlooks) -> list[str]:
    found = []
    if aircraft_id not in outlooks.known_vessels():
        found.append(f"{aircraft_id} was not there when the model was trained")
    if one.value(IN_MAINTENANCE) is True:
        found.append(f"{aircraft_id} is in maintenance: the answer is of the one after it")
    if one.number(SCORE) is None:
        found.append("no reading of its engines is known")
    if outlooks.coster is None:
        found.append("no costs of maintenance are known, so none is foretold")
    elif outlooks.coster.version.baseline:
        baseline = outlooks.coster.version.estimator
        found.append(f"no trained cost model beat the baseline {baseline}")
    return found
