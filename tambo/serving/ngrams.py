"""A name as the short runs of letters in it, hashed, for models that read names.

Hashing (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009) needs no
list of runs, so nothing that a model is stored with spells a name.

>>> sorted(ngrams("Zé"))
['$', '^', '^z', '^zé', '^zé$', 'z', 'zé', 'zé$', 'é', 'é$']
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LONGEST = 5
"""Letters of the longest run; the edges of the name count as one each."""

EDGE = "^"
"""Before the first letter; a run that every name has, and nothing else."""

LONGEST_NAME = 64
"""Letters of a name that are read; there is nothing to learn from more."""


def _read(name: str) -> str:
    """A name as it is read: one form for each letter, the same in any case."""
    return unicodedata.normalize("NFC", name.strip()).casefold()[:LONGEST_NAME]


def alphabet(names: Sequence[object]) -> str:
    """All letters of some names, sorted; what is not text has none.

    >>> alphabet(["Zé", None, "O'Ana 2"])
    'anozé'
    """
    texts = (_read(name) for name in names if isinstance(name, str))
    return "".join(sorted({letter for text in texts for letter in text if letter.isalpha()}))


def ngrams(name: str) -> frozenset[str]:
    """Runs of 1 to `LONGEST` letters, with "^" before the first letter and "$" after the last."""
    letters = _read(name)
    if not letters:
        return frozenset()
    edged = f"{EDGE}{letters}$"
    return frozenset(
        edged[start : start + size]
        for size in range(1, LONGEST + 1)
        for start in range(len(edged) - size + 1)
    )


@lru_cache(maxsize=100_000)
def bucket(run: str, buckets: int) -> int:
    """The column of a run: the same on every machine."""
    digest = hashlib.blake2b(run.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


def encode(names: Sequence[object], buckets: int, known: str | None = None) -> NDArray[np.float32]:
    """1 in the column of each run that a name has: float32 [names, buckets].

    What is not text, None and NaN for instance, has no runs.

    Args:
        names: texts.
        buckets: columns.
        known: a name with none of these letters has no runs either: that it lacks the runs of
            names in another script says nothing. None: all letters are known.
    """
    found = np.zeros((len(names), buckets), dtype=np.float32)
    for row, name in enumerate(names):
        if isinstance(name, str) and (known is None or not set(known).isdisjoint(_read(name))):
            found[row, [bucket(run, buckets) for run in ngrams(name)]] = 1.0
    return found
