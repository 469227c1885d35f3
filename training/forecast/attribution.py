"""What moves the forecasts of a model: Shapley values of many rows, summed up, and one in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tambo.serving.attribution import Attribution
from training.metrics import Floats


@dataclass(frozen=True)
class Attributions:
    """Shapley values of the forecasts of some rows, by the model as it is served.

    Attributes:
        drivers: names of the players.
        each: the attribution of each row.
        rows: how many rows they were drawn from.
        block: steps that are reported together.
        block_name: what such a block is called.
        example: one of the forecasts, in words.
    """

    drivers: tuple[str, ...]
    each: Sequence[Attribution]
    rows: int
    block: int
    block_name: str
    example: Mapping[str, Any]

    def moved(self) -> dict[str, float]:
        """Mean absolute value of each driver over all rows and steps, the greatest first."""
        means = np.abs(self._values()).mean(axis=(0, 2))
        found = dict(zip(self.drivers, means.tolist(), strict=True))
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def report(self) -> dict[str, Any]:
        """All of it as plain values."""
        values = np.abs(self._values())
        steps = values.shape[2]
        blocks = {
            driver: [
                float(values[:, number, start : start + self.block].mean())
                for start in range(0, steps, self.block)
            ]
            for number, driver in enumerate(self.drivers)
        }
        moved = self.moved()
        return {
            "rows": len(self.each),
            "of_rows": self.rows,
            "forecast": float(np.mean([one.answer for one in self.each])),
            "ordinary": float(np.mean([one.ordinary for one in self.each])),
            "mean_absolute": moved,
            f"by_{self.block_name}": {driver: blocks[driver] for driver in moved},
            "example": dict(self.example),
        }

    def _values(self) -> Floats:
        """[rows, drivers, steps]."""
        found: Floats = np.stack([one.values for one in self.each])
        return found
