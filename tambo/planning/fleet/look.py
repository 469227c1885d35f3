"""What a schedule sees of fleets on a morning: figures of each vessel, its base and its demand.

The same for a fleet that is simulated and for one that the feature service tells of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.roster import Ints, Roster

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AHEAD = ((1, 3), (4, 7), (8, 14))
"""First and last day ahead of the windows in which booked revenue is seen."""
NAMES = (
    "health",
    "hours",
    "days",
    "failed",
    "kind",
    "in_hangar",
    "away",
    "free_slots",
    "waiting",
    "hangar_days",
    "worse_vessels",
    "ready_vessels",
    "fresher_vessels",
    "hours_of_cell",
    "health_of_cell",
    *(f"booked_{first}_{last}" for first, last in AHEAD),
    "season",
    "weekday_sin",
    "weekday_cos",
    "slots_a_vessel",
)
"""Features of a vessel: shares of legal limits, of its base's slots, of the kind's usual demand."""
LEAST_SCORE = 5.0
HANGAR_DAYS = 10.0
"""Days that a slot is taken for, where the feature is 1."""


@dataclass(frozen=True)
class Standing:
    """Where fleets stand on a morning; arrays are [fleet, vessel] where nothing else is said.

    Attributes:
        roster: of each fleet.
        score: health as shown, 0 to 100.
        hours, days: since the last maintenance, as shares of what the law allows.
        failed: cannot be used until it is maintained.
        hangar: is in maintenance.
        back_in: days until it is back from a trip or a hangar; 0: it is here.
        booked: revenue a vessel booked in the windows of `AHEAD`, as a share of what the kind is
            asked for on average [fleet, cell, window].
        season: what the season lets expect of the days ahead, likewise [cell].
        weekday: of the day, Monday 0.
    """

    roster: Roster
    score: Floats
    hours: Floats
    days: Floats
    failed: Flags
    hangar: Flags
    back_in: Floats
    booked: Floats
    season: Floats
    weekday: int

    @property
    def legal(self) -> Flags:
        """Vessels that the law lets be used."""
        return np.asarray((self.hours < 1) & (self.days <= 1))

    @property
    def may_enter(self) -> Flags:
        """Vessels that could enter a hangar today if there is a slot."""
        return np.asarray(~self.hangar & (self.back_in <= 0))

    @property
    def must_enter(self) -> Flags:
        """Failed, or at a legal limit: they can do nothing else."""
        return np.asarray(self.failed | ~self.legal)

    @property
    def usable(self) -> Flags:
        """Neither in a hangar nor in need of one."""
        return np.asarray(~self.hangar & ~self.must_enter)

    @property
    def slots_left(self) -> Ints:
        """Free slots [fleet, base]."""
        used = [self.hangar[:, here].sum(axis=1) for here in self.roster.homes]
        return np.asarray(self.roster.slots - np.stack(used, axis=1))


def look(standing: Standing) -> NDArray[np.float32]:
    """Features of each vessel, in the order of `NAMES`: float32 [fleet, vessel, feature]."""
    columns = _own(standing) | _base(standing) | _cells(standing)
    shape = standing.score.shape
    every = [np.broadcast_to(columns[name], shape) for name in NAMES]
    return np.stack(every, axis=-1).astype(np.float32)


def _own(standing: Standing) -> dict[str, NDArray[np.generic]]:
    angle = 2 * np.pi * standing.weekday / 7
    return {
        "health": -np.log(np.clip(standing.score, LEAST_SCORE, 100) / 100),
        "hours": standing.hours,
        "days": standing.days,
        "failed": standing.failed,
        "kind": standing.roster.kind,
        "in_hangar": standing.hangar,
        "away": (standing.back_in > 0) & ~standing.hangar,
        "weekday_sin": np.asarray(np.sin(angle)),
        "weekday_cos": np.asarray(np.cos(angle)),
    }


def _base(standing: Standing) -> dict[str, NDArray[np.generic]]:
    """Of the base: its slots, and who else is in need of one."""
    names = ("free_slots", "waiting", "hangar_days", "worse_vessels", "slots_a_vessel")
    found: dict[str, NDArray[np.generic]] = {name: np.zeros(standing.score.shape) for name in names}
    left = standing.slots_left
    shown = np.where(standing.hangar, np.inf, standing.score)
    for base, here in enumerate(standing.roster.homes):
        slots = max(1, int(standing.roster.slots[base]))
        waiting = (standing.failed & ~standing.hangar)[:, here].sum(axis=1)
        taken = np.where(standing.hangar, standing.back_in, 0.0)[:, here].sum(axis=1)
        order = np.argsort(shown[:, here], axis=1, kind="stable")
        found["free_slots"][:, here] = left[:, base, None] / slots
        found["waiting"][:, here] = waiting[:, None] / slots
        found["hangar_days"][:, here] = taken[:, None] / slots / HANGAR_DAYS
        found["worse_vessels"][:, here] = np.argsort(order, axis=1, kind="stable") / slots
        found["slots_a_vessel"][:, here] = slots / max(1, len(here))
    return found


def _cells(standing: Standing) -> dict[str, NDArray[np.generic]]:
    """Of those that can stand in for each other: how they are, and what they are asked for."""
    booked = [f"booked_{first}_{last}" for first, last in AHEAD]
    names = ("ready_vessels", "fresher_vessels", "hours_of_cell", "health_of_cell", "season")
    shape = standing.score.shape
    found: dict[str, NDArray[np.generic]] = {name: np.zeros(shape) for name in (*names, *booked)}
    usable = standing.usable
    health = -np.log(np.clip(standing.score, LEAST_SCORE, 100) / 100)
    for cell, (_, _, here) in enumerate(standing.roster.cells):
        ready, hours = usable[:, here], standing.hours[:, here]
        number = np.maximum(1, ready.sum(axis=1, keepdims=True))
        fresher = (hours[:, None, :] < hours[:, :, None]) & ready[:, None, :]
        found["ready_vessels"][:, here] = ready.mean(axis=1, keepdims=True)
        found["fresher_vessels"][:, here] = fresher.mean(axis=2)
        found["hours_of_cell"][:, here] = (hours * ready).sum(axis=1, keepdims=True) / number
        of_cell = (health[:, here] * ready).sum(axis=1, keepdims=True)
        found["health_of_cell"][:, here] = of_cell / number
        found["season"][:, here] = standing.season[cell]
        for window, name in enumerate(booked):
            found[name][:, here] = standing.booked[:, cell, window, None]
    return found
