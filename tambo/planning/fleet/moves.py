"""Other days on which one vessel of a dated plan could enter, and what each is expected to cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tambo.planning.fleet.course import Hindrance
from tambo.planning.fleet.expected import Expectation, Expected
from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.options import first_over
from tambo.planning.fleet.parameters import Flags, Ints, Parameters

MoveKind = Literal["today", "planned", "week_later", "not_within"]
LATER = 7
"""Days that a move to a later day is."""


@dataclass(frozen=True)
class Move:
    """Another day for one vessel, all others as they are planned.

    Attributes:
        kind: today, on the day of the current plan, a week after it enters by this plan, or not
            within the horizon.
        day: from today on; -1: not within the horizon.
        more: by how much each figure of the fleet is higher then.
        hindrance: what makes it impossible; None: it is possible.
        lapses: day from today on whose morning a legal limit is reached before it enters, so that
            it stands still; -1: none.
    """

    kind: MoveKind
    day: int
    more: Expected
    hindrance: Hindrance | None
    lapses: int


class Moves:
    """Finds other days for vessels of a plan.

    Args:
        standing: of one fleet, this morning.
        expectation: what plans cost.
        enters: the plan, as `Course.enters`.
        current: the current one, likewise.
        allowed: days from today on which vessels may enter [day].
        parameters: of the world.
    """

    def __init__(
        self,
        standing: Standing,
        expectation: Expectation,
        enters: Ints,
        current: Ints,
        allowed: Flags,
        parameters: Parameters,
    ) -> None:
        self._standing, self._expectation = standing, expectation
        self._enters, self._current, self._allowed = enters, current, allowed
        self._reached = first_over(standing, parameters, len(allowed))

    def of(self, vessel: int) -> Iterator[Move]:
        """Other days for a vessel; none for one that is in its hangar."""
        if self._standing.hangar[0, vessel]:
            return
        enters, last = int(self._enters[vessel]), len(self._allowed) - 1
        days: dict[int, MoveKind] = {0: "today", int(self._current[vessel]): "planned"}
        if enters >= 0:
            days.setdefault(min(enters + LATER, last + 1), "week_later")
        days.pop(last + 1, None)
        days[-1] = "not_within"
        for day, kind in days.items():
            if day != enters:
                more = self._expectation.moved(self._enters, vessel, day)
                reached = int(self._reached[vessel])
                in_time = reached < 0 or 0 <= day <= reached
                hindrance = self._hindrance(vessel, day)
                yield Move(kind, day, more, hindrance, -1 if in_time else reached)

    def _hindrance(self, vessel: int, day: int) -> Hindrance | None:
        if day < 0:
            return None
        roster = self._standing.roster
        base, option = int(roster.base[vessel]), self._expectation.options[vessel]
        if roster.slots[base] <= 0:
            return "no_slots"
        if not self._allowed[day]:
            return "closed"
        if day < option.earliest:
            return "away"
        taken = self._expectation.inside(self._enters)
        taken[vessel] = False
        stay = taken[roster.homes[base], day : day + option.stay].sum(axis=0)
        return "taken" if (stay >= roster.slots[base]).any() else None
