"""From a fleet to its alerts: read all vessels, find the reasons, rank them."""

from __future__ import annotations

from collections.abc import Sequence

from bentos.fleet.maintenance_alerts.schemas import (
    Alert,
    AlertsRequest,
    MaintenanceAlerts,
    Reason,
)
from bentos.fleet.maintenance_alerts.urgency import reasons, urgency
from bentos.fleet.maintenance_due.expecting import expected_cost
from bentos.fleet.outlook import IN_MAINTENANCE, SCORE, Outlook, Outlooks
from tambo.featurestore.online import OnlineReader
from tambo.serving.model import ServedModel


class FleetAlerter:
    """Answers which vessels need attention; may be used by several threads.

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

    def answer(
        self, requests: Sequence[AlertsRequest], batch: bool = False
    ) -> list[MaintenanceAlerts]:
        """Answer for some fleets; see `Answerer`."""
        del batch  # a fleet is one request
        return [self._of_fleet(one) for one in requests]

    def _of_fleet(self, request: AlertsRequest) -> MaintenanceAlerts:
        fleet = self._outlooks.fleet(request.aircraft_ids, request.asked_at)
        return self._answer(request, fleet)

    def _answer(
        self, request: AlertsRequest, fleet: Sequence[tuple[str, Outlook]]
    ) -> MaintenanceAlerts:
        hangar = [name for name, one in fleet if one.value(IN_MAINTENANCE) is True]
        rest = [(name, one) for name, one in fleet if name not in hangar]
        why = {name: reasons(one, request.horizon, request.least_chance) for name, one in rest}
        urgent = [(name, one) for name, one in rest if why[name]]
        ranked = sorted(
            urgent,
            key=lambda pair: (
                why[pair[0]][0].deadline,
                why[pair[0]][0].kind != "waiting",
                -pair[1].failure(request.horizon),
                pair[0],
            ),
        )
        unread = [name for name, one in rest if one.number(SCORE) is None]
        row, outlooks = fleet[0][1].row, self._outlooks
        return MaintenanceAlerts(
            alerts=[
                self._alert(rank, name, one, why[name], request.horizon)
                for rank, (name, one) in enumerate(ranked, 1)
            ],
            quiet=[name for name, _ in rest if not why[name]],
            in_maintenance=hangar,
            horizon=request.horizon,
            least_chance=request.least_chance,
            model=outlooks.version,
            release=row.release,
            as_of=row.as_of,
            asked_at=row.asked_at,
            warnings=outlooks.features.warnings(
                row, [*outlooks.left_out(request.aircraft_ids), *_warnings(unread)]
            ),
        )

    def _alert(
        self, rank: int, name: str, one: Outlook, why: Sequence[Reason], horizon: int
    ) -> Alert:
        today = one.row.asked_at.date()
        return Alert(
            rank=rank,
            aircraft_id=name,
            urgency=urgency(why[0].deadline, today),
            deadline=why[0].deadline,
            reasons=list(why),
            chance_of_failure=round(one.failure(horizon), 4),
            cost=expected_cost(one, self._outlooks),
        )


def _warnings(unread: Sequence[str]) -> list[str]:
    """Says so where nobody knows how vessels do: that they are quiet says little."""
    if not unread:
        return []
    return [
        f"no reading of the engines of {', '.join(unread)} is known then: their chances of a"
        " failure are foretold without any"
    ]
