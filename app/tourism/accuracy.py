"""How well visitors were foretold on past weeks, from the reports of a version's run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

Measured: TypeAlias = Mapping[str, float]
"""Figures by name."""

ASKED_FOR = 0.8
"""Share of what comes that P10 to P90 is made to hold."""

FIGURES = ("mase", "wape", "rmse", "mae", "bias", "pinball", "coverage", "width")
BY_BLOCK = ("mase", "coverage", "bias")
"""Figures that are also told week by week (day by day) of the horizon."""

_BLOCK = re.compile(r"mase_([a-z]+)_(\d+)")


@dataclass(frozen=True)
class Accuracy:
    """The figures of one version on its rolling origins.

    Attributes:
        serves: name of the estimator that answers.
        metrics: of each estimator.
        by_location: of each estimator, by location.
        by_origin: of each estimator, by origin; empty if the version was not asked for it.
    """

    serves: str
    metrics: Mapping[str, Measured]
    by_location: Mapping[str, Mapping[str, Measured]]
    by_origin: Mapping[str, Mapping[str, Measured]]

    @classmethod
    def of(cls, serves: str, reports: Mapping[str, Any]) -> Accuracy:
        """Read it from the reports of a run."""
        groups: Mapping[str, Any] = reports["by_group"]
        return cls(
            serves=serves,
            metrics=reports["metrics"],
            by_location={name: one["location"] for name, one in groups.items()},
            by_origin={name: one["origin"] for name, one in groups.items() if "origin" in one},
        )

    @property
    def estimators(self) -> list[str]:
        """Names of all that were tested; what serves comes first."""
        return sorted(self.metrics, key=lambda name: name != self.serves)

    @property
    def block(self) -> str:
        """What a part of the horizon is called: week or day."""
        return self._blocks()[0]

    @property
    def blocks(self) -> list[int]:
        """Their numbers."""
        return list(range(1, self._blocks()[1] + 1))

    def _blocks(self) -> tuple[str, int]:
        found = [
            (name[1], int(name[2]))
            for key in self.metrics[self.serves]
            if (name := _BLOCK.fullmatch(key))
        ]
        return max(found, key=lambda one: one[1])

    def side_by_side(self) -> pd.DataFrame:
        """One row an estimator: its figures."""
        return _table("estimator", {name: self.metrics[name] for name in self.estimators})

    def locations(self, estimator: str) -> pd.DataFrame:
        """One row a location: figures of one estimator, the worst MASE first."""
        found = _table("location", self.by_location[estimator], "targets")
        return found.sort_values(["mase", "location"], ascending=[False, True], ignore_index=True)

    def ahead(self, figure: str, estimators: Sequence[str]) -> pd.DataFrame:
        """One row an estimator and part of the horizon: estimator, block, value."""
        rows = [(name, number, value) for name in estimators
                for number, value in self._ahead(self.metrics[name], figure)]  # fmt: skip
        return pd.DataFrame(rows, columns=["estimator", "block", "value"])

    def locations_ahead(self, figure: str, estimator: str) -> pd.DataFrame:
        """One row a location and part of the horizon: location, block, value."""
        rows = [(name, number, value) for name, found in self.by_location[estimator].items()
                for number, value in self._ahead(found, figure)]  # fmt: skip
        return pd.DataFrame(rows, columns=["location", "block", "value"])

    def over_time(self, figure: str, estimators: Sequence[str]) -> pd.DataFrame:
        """One row an estimator and origin: estimator, origin (its day), value."""
        rows = [
            (name, pd.Timestamp(origin).normalize(), found[figure])
            for name in estimators
            for origin, found in self.by_origin.get(name, {}).items()
        ]
        return pd.DataFrame(rows, columns=["estimator", "origin", "value"])

    def _ahead(self, found: Measured, figure: str) -> list[tuple[int, float]]:
        return [(number, found[f"{figure}_{self.block}_{number}"]) for number in self.blocks]


def _table(key: str, found: Mapping[str, Measured], *more: str) -> pd.DataFrame:
    columns = [*more, *FIGURES]
    rows = [[name, *(one.get(column) for column in columns)] for name, one in found.items()]
    return pd.DataFrame(rows, columns=[key, *columns])
