"""Random numbers as a function of what they are for: (seed, purpose, ids) → number.

No generator carries state, so a number does not depend on what was drawn before it: neither the
size of a chunk nor the order of work can change the world. The function is the finaliser of
splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Ids = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def ids(*parts: ArrayLike) -> Ids:
    """One id for each combination of whole numbers; arrays broadcast as in numpy."""
    combined = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            combined = combined * _PAIR + np.asarray(part).astype(np.uint64)
    return combined


@dataclass(frozen=True)
class Draws:
    """Every random number of one world."""

    seed: int

    def _bits(self, purpose: str, of: Ids) -> Ids:
        digest = blake2b(f"{self.seed}/{purpose}".encode(), digest_size=8).digest()
        with np.errstate(over="ignore"):
            bits = of * _STEP + np.uint64(int.from_bytes(digest, "little"))
            bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
            bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
            return np.asarray(bits ^ (bits >> np.uint64(31)))

    def uniform(self, purpose: str, of: Ids) -> Floats:
        """Uniform on the open interval (0, 1)."""
        bits = self._bits(purpose, of) >> np.uint64(11)
        return np.asarray((bits.astype(np.float64) + 0.5) * 2.0**-53)

    def normal(self, purpose: str, of: Ids) -> Floats:
        """Standard normal, by Box and Muller."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(f"{purpose}/radius", of)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.uniform(f"{purpose}/angle", of)))

    def gumbel(self, purpose: str, of: Ids) -> Floats:
        """Standard Gumbel: the largest of (utility + gumbel) is a draw from softmax(utility)."""
        return np.asarray(-np.log(-np.log(self.uniform(purpose, of))))

    def whole(self, purpose: str, of: Ids, low: int, high: int) -> Ints:
        """Whole numbers from low to high, both included, equally likely."""
        return low + np.floor(self.uniform(purpose, of) * (high - low + 1)).astype(np.int64)

    def pick(self, purpose: str, of: Ids, cumulative: Floats) -> Ints:
        """One index a row, given cumulative probabilities along the last axis."""
        drawn = self.uniform(purpose, of)[..., None]
        # The last probability is 1 but for rounding; it is left out so that no index runs over.
        return np.asarray((drawn > cumulative[..., :-1]).sum(axis=-1))

    def stream(self, purpose: str, *of: int) -> np.random.Generator:
        """A generator with a state of its own, for what one place takes many numbers of.

        Its numbers depend on the order in which they are drawn.
        """
        name = f"{self.seed}/{purpose}/{of}".encode()
        key = int.from_bytes(blake2b(name, digest_size=16).digest(), "little")
        return np.random.Generator(np.random.Philox(key=key))

    def poisson(self, purpose: str, of: Ids, mean: Floats) -> Ints:
        """Poisson counts, by inversion; meant for means below about 20."""
        drawn = self.uniform(purpose, of)
        term = np.exp(-mean)
        below = term.copy()
        count = np.zeros(drawn.shape, dtype=np.int64)
        for step in range(1, 100):
            more = drawn > below
            if not more.any():
                break
            count += more
            term = term * mean / step
            below += term
        return count


def cumulative(weights: Floats) -> Floats:
    """Cumulative probabilities along the last axis."""
    sums = np.cumsum(weights, axis=-1)
    return np.asarray(sums / sums[..., -1:])
