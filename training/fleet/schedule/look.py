"""What a schedule sees of a fleet on a morning: figures of each vessel, its base and its demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.parameters import Flags, Floats, Ints
from training.fleet.schedule.trips import AHEAD

NAMES = (
    "health",
    "hours",
    "days",
    "failed",
    "yacht",
    "in_hangar",
    "away",
    "free_slots",
    "waiting",
    "worse_vessels",
    "ready_vessels",
    *(f"booked_{first}_{last}" for first, last in AHEAD),
    "season",
    "weekday_sin",
    "weekday_cos",
    "slots_a_vessel",
)
"""Features of a vessel: shares of legal limits, of its base's slots, of the kind's usual demand."""
LEAST_SCORE = 5.0


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


def look(fleets: Fleets) -> Look:
    """See some fleets as they stand this morning."""
    morning, roster, day = fleets.morning, fleets.roster, fleets.day
    shape = morning.wear.shape
    legal = fleets.legal()
    slots = fleets.slots_left()
    here = (roster.base[:, None] == np.arange(len(roster.slots))).astype(float)
    waiting = (morning.failed & ~morning.hangar) @ here / roster.slots
    angle = 2 * np.pi * fleets.weekday[day] / 7
    ready, booked, season = _cells(fleets, legal)
    columns = {
        "health": -np.log(np.clip(fleets.shown, LEAST_SCORE, 100) / 100),
        "hours": morning.hours / fleets.of("hours_limit"),
        "days": morning.days / fleets.of("days_limit"),
        "failed": morning.failed,
        "yacht": np.broadcast_to(roster.kind, shape),
        "in_hangar": morning.hangar,
        "away": morning.back > day,
        "free_slots": (slots / roster.slots)[:, roster.base],
        "waiting": waiting[:, roster.base],
        "worse_vessels": _worse(fleets),
        "ready_vessels": ready,
        **{f"booked_{one}_{last}": booked[..., n] for n, (one, last) in enumerate(AHEAD)},
        "season": season,
        "weekday_sin": np.full(shape, np.sin(angle)),
        "weekday_cos": np.full(shape, np.cos(angle)),
        "slots_a_vessel": np.broadcast_to((roster.slots / here.sum(axis=0))[roster.base], shape),
    }
    features = np.stack([columns[name] for name in NAMES], axis=-1).astype(np.float32)
    return Look(features, fleets.may_enter(), morning.failed | ~legal, slots)


def _worse(fleets: Fleets) -> Floats:
    """Vessels of the base whose sensors show less, those in hangars left out, by slot of it."""
    shown = np.where(fleets.morning.hangar, np.inf, fleets.shown)
    found = np.zeros(shown.shape)
    for base, slots in enumerate(fleets.roster.slots.tolist()):
        vessels = np.flatnonzero(fleets.roster.base == base)
        order = np.argsort(shown[:, vessels], axis=1, kind="stable")
        found[:, vessels] = np.argsort(order, axis=1, kind="stable") / max(1, slots)
    return found


def _cells(fleets: Fleets, legal: Flags) -> tuple[Floats, Floats, Floats]:
    """Ready vessels, booked demand and season of those that can stand in for each other."""
    morning, shape = fleets.morning, fleets.morning.wear.shape
    ready, season = np.zeros(shape), np.zeros(shape)
    booked = np.zeros((*shape, len(AHEAD)))
    usable = ~morning.hangar & ~morning.failed & legal
    for (_, _, vessels), trips in zip(fleets.roster.cells, fleets.trips, strict=True):
        ready[:, vessels] = usable[:, vessels].mean(axis=1, keepdims=True)
        booked[:, vessels] = trips.booked_ahead[:, fleets.day, None]
        season[:, vessels] = trips.usual_ahead[fleets.day]
    return ready, booked, season
