"""Measurements kept as they are made, so that a killed benchmark goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import Cost


@dataclass(frozen=True)
class Measured:
    """One stage at one size.

    Attributes:
        asked: rows the size was asked for; names it.
        rows: rows there were.
        stage: what was measured.
        cost: what it cost.
    """

    asked: int
    rows: int
    stage: str
    cost: Cost


class Journal:
    """A file with one JSON object a measurement; of several of one stage the last counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, measured: Measured) -> None:
        """Append a measurement."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(f"{json.dumps(asdict(measured))}\n")

    def stages(self, asked: int) -> dict[str, Measured]:
        """What was measured of a size, by stage."""
        return {one.stage: one for one in self._lines() if one.asked == asked}

    def sizes(self) -> list[int]:
        """Sizes of which anything was measured, ascending."""
        return sorted({one.asked for one in self._lines()})

    def _lines(self) -> Iterator[Measured]:
        if not self._path.exists():
            return
        for line in self._path.read_text().splitlines():
            fields = json.loads(line)
            yield Measured(**{**fields, "cost": Cost(**fields["cost"])})
