"""Cold start: teach a model, and measure on it, requests whose history is not known.

A served model meets routes, fares and travellers that nobody has flown yet, whose stored features
are all null. History holds few such rows, so copies of training rows are added with the same
columns taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tambo.serving.spec import Input
from training.design import Design, stack


@dataclass(frozen=True)
class Missing:
    """One way in which a request's history can be missing.

    Attributes:
        name: what is not known, for example "unseen route".
        prefixes: inputs whose names begin so are missing.
        share: copies added to the training rows, as a share of them.
    """

    name: str
    prefixes: tuple[str, ...]
    share: float

    def names(self, inputs: Sequence[Input]) -> list[str]:
        """The inputs that are missing."""
        return [one.name for one in inputs if one.name.startswith(self.prefixes)]


def augment(design: Design, cases: Sequence[Missing], seed: int) -> Design:
    """Add copies of random rows with the inputs of each case missing.

    The copies come after the rows themselves, which stay as they are.
    """
    random = np.random.default_rng(seed)
    parts = [design]
    for case in cases:
        count = round(case.share * len(design))
        drawn = np.sort(random.choice(len(design), size=count, replace=False))
        parts.append(design.take(drawn.astype(np.int64)).without(case.names(design.inputs)))
    return stack(parts)
