"""What the sample world's own wear says of failures: the mark that no history can beat."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from tambo.errors import ContractError
from training.metrics import Floats

USED_WITHOUT = 30.0
"""Hours of 30 days where a vessel's use is not known yet."""


@dataclass(frozen=True)
class TrueWear:
    """The wear of each vessel on each morning, and what it does.

    Attributes:
        wear: by vessel and day.
        figures: those of its kind, with its own quality, by vessel.
    """

    wear: Mapping[tuple[str, str], float]
    figures: Mapping[str, Mapping[str, float]]

    @classmethod
    def read(cls, world: Path) -> TrueWear:
        """Read the truth that lies beside the raw files.

        Raises:
            ContractError: there is none.
        """
        path = world / "_truth.json"
        if not path.exists():
            raise ContractError(
                f"{world} holds no truth of a sample fleet.", remedy="tambo world fleet"
            )
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        figures = {
            one["name"]: {**told["kinds"][one["kind"]], "quality": one["quality"]}
            for one in told["vessels"]
        }
        with (world / "_truth_days.csv").open(encoding="utf-8", newline="") as lines:
            wear = {
                (row["aircraft_id"], row["day"]): float(row["wear"])
                for row in csv.DictReader(lines)
            }
        return cls(wear, figures)

    def chance_of_failure(
        self, vessels: Sequence[str], times: Sequence[datetime], used: Floats, days: int
    ) -> Floats:
        """Chance of a failure where no maintenance comes before, of vessels used as they were.

        Wear grows by its mean, and failures come as `tambo.sources.fleet.world.wear` says. Trips
        that are booked are not looked at: use is the mean of the newest 30 days.

        Args:
            vessels: names.
            times: mornings, UTC.
            used: hours of the 30 days before each; NaN: not known.
            days: that are looked ahead.
        """
        hours = np.nan_to_num(used, nan=USED_WITHOUT) / 30.0
        of = {
            name: np.array([self.figures[one][name] for one in vessels])
            for name in ("quality", "wear_hour", "wear_day", "hazard", "steepness")
        }
        keys = [(one, at.date().isoformat()) for one, at in zip(vessels, times, strict=True)]
        wear = np.array([self.wear[key] for key in keys])
        grows = of["quality"] * (hours * of["wear_hour"] + of["wear_day"])
        ahead = wear[:, None] + grows[:, None] * np.arange(days)
        rate = of["hazard"][:, None] * np.exp(of["steepness"][:, None] * ahead)
        return np.asarray(-np.expm1(-(hours[:, None] * rate).sum(axis=1)))
