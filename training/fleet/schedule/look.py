"""What a schedule sees of simulated fleets, by `tambo.planning.fleet.look`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import NAMES, Standing
from tambo.planning.fleet.look import look as features_of
from tambo.planning.fleet.parameters import Flags, Ints
from training.fleet.schedule.fleets import Fleets

__all__ = ["NAMES", "Look", "look", "standing"]


@dataclass(frozen=True)
class Look:
    """What is seen.

    Attributes:
        features: float32 [fleet, vessel, feature], in the order of `NAMES`.
        may_enter: a hangar today, if there is a slot; nothing else may be chosen [fleet, vessel].
        must_enter: failed, or at a legal limit: it can do nothing else [fleet, vessel].
        slots: free ones [fleet, base].
    """

    features: NDArray[np.float32]
    may_enter: Flags
    must_enter: Flags
    slots: Ints


def standing(fleets: Fleets) -> Standing:
    """Where some fleets stand this morning; their wear stays hidden."""
    morning, day = fleets.morning, fleets.day
    return Standing(
        roster=fleets.roster,
        score=fleets.shown,
        hours=morning.hours / fleets.of("hours_limit"),
        days=morning.days / fleets.of("days_limit"),
        failed=morning.failed,
        hangar=morning.hangar,
        back_in=np.maximum(morning.back - day, 0).astype(float),
        booked=np.stack([trips.booked_ahead[:, day] for trips in fleets.trips], axis=1),
        season=np.array([trips.usual_ahead[day] for trips in fleets.trips]),
        weekday=int(fleets.weekday[day]),
    )


def look(fleets: Fleets) -> Look:
    """See some fleets as they stand this morning."""
    seen = standing(fleets)
    return Look(features_of(seen), seen.may_enter, seen.must_enter, seen.slots_left)
