"""Which vessels a fleet has, and where they are at home."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Roster:
    """Which vessels there are.

    Attributes:
        kind, base: of each vessel, numbers.
        slots: of each base.
    """

    kind: Ints
    base: Ints
    slots: Ints

    @property
    def count(self) -> int:
        """How many vessels there are."""
        return len(self.kind)

    @cached_property
    def cells(self) -> tuple[tuple[int, int, Ints], ...]:
        """Base, kind and vessels of each pair that has any: they can stand in for each other."""
        found = []
        for base, kind in sorted(set(zip(self.base.tolist(), self.kind.tolist(), strict=True))):
            here = np.flatnonzero((self.base == base) & (self.kind == kind))
            found.append((base, kind, here.astype(np.int64)))
        return tuple(found)

    @cached_property
    def homes(self) -> tuple[Ints, ...]:
        """Vessels of each base."""
        bases = range(len(self.slots))
        return tuple(np.flatnonzero(self.base == base).astype(np.int64) for base in bases)
