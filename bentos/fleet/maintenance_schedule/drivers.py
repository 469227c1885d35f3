"""What the network holds of letting vessels enter today, and what moves it.

Exact Shapley values of groups of its features, of how much more entering is worth than staying:
against a vessel as new, among others as new, at an empty hangar, with demand as usual. See
`tambo.serving.shapley`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bentos.fleet.maintenance_schedule.schemas import MovedUsd, NetworkSays
from tambo.planning.fleet.look import AHEAD, NAMES, Standing, look
from tambo.planning.fleet.outlook import usual_bookings
from tambo.planning.fleet.parameters import Parameters
from tambo.planning.fleet.policies import ENTER, STAY
from tambo.planning.fleet.schedules import Value
from tambo.serving.shapley import coalitions, shapley_values

USD = 1e5
"""Of a unit of what the network answers."""

GROUPS = {
    "its health": ("health",),
    "hours and days since its maintenance": ("hours", "days"),
    "its failure": ("failed",),
    "the hangar": ("free_slots", "waiting", "hangar_days"),
    "the other vessels": (
        "worse_vessels", "ready_vessels", "fresher_vessels", "hours_of_cell", "health_of_cell",
    ),
    "bookings": tuple(f"booked_{first}_{last}" for first, last in AHEAD),
    "the season": ("season",),
}  # fmt: skip
SHARED = ("kind", "in_hangar", "away", "slots_a_vessel", "weekday_sin", "weekday_cos")
"""What a vessel has in common with the one that it is held against."""


def says(value: Value, standing: Standing, parameters: Parameters) -> list[NetworkSays | None]:
    """What the network holds of each vessel; None of one that could not enter today.

    Args:
        value: what the network answers.
        standing: of one fleet, this morning.
        parameters: of the world.
    """
    asked = np.flatnonzero(standing.may_enter[0])
    found: list[NetworkSays | None] = [None] * standing.roster.count
    if not len(asked):
        return found
    seen = look(standing)[0, asked]
    ordinary = _ordinary(standing, parameters)[asked]
    worth = value(seen) * USD
    shares = _shares(value, seen, ordinary)
    for at, vessel in enumerate(asked.tolist()):
        moved = [
            # Plus nothing: none of them reads -0.0.
            MovedUsd(what=what, usd=round(float(share), 2) + 0.0)
            for what, share in zip(GROUPS, shares[:, at], strict=True)
        ]
        moved = [one for one in moved if one.usd]
        found[vessel] = NetworkSays(
            stay=round(float(worth[at, STAY]), 2),
            enter=round(float(worth[at, ENTER]), 2),
            moved_by=sorted(moved, key=lambda one: (-abs(one.usd), one.what)),
        )
    return found


def _ordinary(standing: Standing, parameters: Parameters) -> NDArray[np.float32]:
    """Features of the vessels that the others are held against [vessel, feature]."""
    none = np.zeros_like(standing.score)
    cells = standing.roster.cells
    calm = replace(
        standing,
        score=np.full_like(none, 100.0),
        hours=none,
        days=none,
        failed=none > 0,
        hangar=none > 0,
        back_in=none,
        booked=np.stack([usual_bookings(parameters.demand[kind]) for _, kind, _ in cells])[None],
        season=np.ones(len(cells)),
    )
    found: NDArray[np.float32] = look(calm)[0]
    # All are as new: none of them is worse.
    found[:, NAMES.index("worse_vessels")] = 0.0
    return found


def _shares(
    value: Value, seen: NDArray[np.float32], ordinary: NDArray[np.float32]
) -> NDArray[np.float64]:
    """USD that each group adds for each vessel [group, vessel]."""
    group = {name: at for at, names in enumerate(GROUPS.values()) for name in names}
    column = np.array([group.get(name, len(GROUPS)) for name in NAMES])
    joined = coalitions(len(GROUPS))
    members = np.concatenate([joined, np.ones((len(joined), 1), bool)], axis=1)[:, column]
    gain = np.empty((len(members), len(seen)))
    for at, member in enumerate(members):
        worth = value(np.where(member, seen, ordinary).astype(np.float32))
        gain[at] = (worth[:, ENTER] - worth[:, STAY]) * USD
    return shapley_values(gain)
