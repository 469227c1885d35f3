"""The vessels of a world and the bases that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tambo.sources.fleet.world.kinds import KINDS, Kind
from tambo.sources.sample.draws import Draws, Floats, Ints, ids

BASES = ("Lima", "Cusco", "Paracas", "Mancora")
MODELS = (("Cuntur 6", "Cuntur 9", "Kuntisuyu X"), ("Wampu 28", "Wampu 40", "Mamaqocha"))
SLOT_SHARE = 0.1
"""Hangar slots of a base by vessel of it; one at least."""


@dataclass(frozen=True)
class Base:
    """Where vessels are at home.

    Attributes:
        name: its name.
        slots: vessels that can be in maintenance at once.
    """

    name: str
    slots: int


@dataclass(frozen=True)
class Vessel:
    """One aircraft or yacht.

    Attributes:
        number: 0, 1, ...
        name: tail or hull number.
        kind: number in `KINDS`.
        model: of its maker.
        base: number of its base.
        since: first day in service, before the world.
        quality: factor of its wear; less is better.
        thirst: factor of its fuel.
        wear: when the world begins.
        hours: since its last maintenance, then.
        days: likewise.
    """

    number: int
    name: str
    kind: int
    model: str
    base: int
    since: date
    quality: float
    thirst: float
    wear: float
    hours: float
    days: int

    @property
    def of_kind(self) -> Kind:
        """What is the same for all of its kind."""
        return KINDS[self.kind]


@dataclass(frozen=True)
class Fleet:
    """Vessels and bases, and the same as arrays by vessel."""

    vessels: tuple[Vessel, ...]
    bases: tuple[Base, ...]

    @property
    def count(self) -> int:
        """How many vessels there are."""
        return len(self.vessels)

    @property
    def kind(self) -> Ints:
        """Number of each vessel's kind."""
        return np.array([one.kind for one in self.vessels])

    @property
    def base(self) -> Ints:
        """Number of each vessel's base."""
        return np.array([one.base for one in self.vessels])

    @property
    def slots(self) -> Ints:
        """Slots of each base."""
        return np.array([one.slots for one in self.bases])

    def of(self, name: str) -> Floats:
        """A figure of each vessel's kind, for example wear_hour."""
        return np.array([float(getattr(one.of_kind, name)) for one in self.vessels])

    def own(self, name: str) -> Floats:
        """A figure of each vessel, for example quality."""
        return np.array([float(getattr(one, name)) for one in self.vessels])

    @classmethod
    def draw(cls, draws: Draws, count: int, first: date) -> Fleet:
        """Draw a fleet: half jets, half yachts, spread over the bases.

        Args:
            draws: the world's random numbers.
            count: vessels.
            first: first day of the world.
        """
        vessels = tuple(_vessel(draws, number, count, first) for number in range(count))
        homes = np.bincount([one.base for one in vessels], minlength=len(BASES))
        slots = np.maximum(1, np.rint(homes * SLOT_SHARE)).astype(int)
        used = [n for n in range(len(BASES)) if homes[n]]
        place = {n: at for at, n in enumerate(used)}
        return cls(
            tuple(_at(one, place[one.base]) for one in vessels),
            tuple(Base(BASES[n], int(slots[n])) for n in used),
        )


def _vessel(draws: Draws, number: int, count: int, first: date) -> Vessel:
    of = ids(number)
    kind = number % len(KINDS)
    # As many bases as leave each with four vessels, so that a slot is worth something.
    bases = max(1, min(len(BASES), count // 4))
    limits = KINDS[kind]
    part = float(draws.uniform("vessel/since maintenance", of))
    models = MODELS[kind]
    model = models[int(draws.whole("vessel/model", of, 0, len(models) - 1))]
    quality = float(np.exp(0.3 * draws.normal("vessel/quality", of)))
    hours = part * limits.practice_hours
    return Vessel(
        number=number,
        name=f"{'OB' if kind == 0 else 'YT'}-{1000 + 7 * number}",
        kind=kind,
        model=model,
        base=(number // len(KINDS)) % bases,
        since=first - timedelta(days=int(draws.whole("vessel/age", of, 400, 5000))),
        quality=quality,
        thirst=float(np.exp(0.06 * draws.normal("vessel/thirst", of))),
        wear=quality * hours * limits.wear_hour,
        hours=hours,
        days=int(part * limits.practice_days * 0.6),
    )


def _at(vessel: Vessel, base: int) -> Vessel:
    return Vessel(**{**vars(vessel), "base": base})
