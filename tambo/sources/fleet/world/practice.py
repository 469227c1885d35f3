"""How maintenance is planned today: at fixed hours or days, whichever comes first."""

from __future__ import annotations

import numpy as np

from tambo.sources.fleet.world.operations import Operations
from tambo.sources.sample.draws import Floats, Ints

AHEAD = 30
"""Days before it is due that a maintenance is planned."""
USUAL_DAYS = 60
"""Days whose mean use tells when the hours will be reached."""


class Practice:
    """Today's practice: plans at fixed intervals, and mends what has failed.

    Args:
        operations: the fleet that it is of.
        share: of the usual interval; 1 is today's.
    """

    def __init__(self, operations: Operations, share: float = 1.0) -> None:
        fleet = operations.fleet
        self._operations = operations
        self._hours = share * fleet.of("practice_hours")
        self._days = share * fleet.of("practice_days")
        self._use: list[Floats] = []
        self.planned: dict[int, tuple[int, int]] = {}
        """Day of planning and due day of each vessel that has a plan."""

    def enter(self) -> list[int]:
        """Vessels that are to enter a hangar today: the failed ones, then those longest due."""
        state = self._operations.state
        self._plan()
        due = [(day, vessel) for vessel, (_, day) in self.planned.items() if day <= state.day]
        failed = np.flatnonzero(state.failed).tolist()
        return [*failed, *(vessel for _, vessel in sorted(due) if vessel not in failed)]

    def learn(self, hours: Floats, entered: list[int]) -> None:
        """Take note of the day: what was used, and who needs no plan any more."""
        self._use = [*self._use[-USUAL_DAYS + 1 :], hours]
        for vessel in entered:
            self.planned.pop(vessel, None)

    def _plan(self) -> None:
        state = self._operations.state
        for vessel, due in enumerate(self._due().tolist()):
            unplanned = vessel not in self.planned and not state.hangar[vessel]
            if unplanned and due <= state.day + AHEAD:
                self.planned[vessel] = (state.day, max(due, state.day + 1))

    def _due(self) -> Ints:
        """Day on which each vessel reaches its hours or days."""
        state = self._operations.state
        use = np.mean(self._use, axis=0) if self._use else np.full(len(self._hours), 1.0)
        by_hours = (self._hours - state.hours) / np.maximum(use, 0.05)
        left = np.minimum(by_hours, self._days - state.days)
        return np.asarray(state.day + np.maximum(np.floor(left), 0).astype(np.int64))
