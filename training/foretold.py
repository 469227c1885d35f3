"""Features that a model makes: its answers at origins of the past, each kept with its origin.

What is asked of whom, by which model, and into which raw table the answers go, is declared in
training/<domain>/foretold.py; `training.out_of_time` answers, `training.foretelling` keeps the
answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from tambo.domains import slices
from training.spec import ModelSpec

Units = Callable[[duckdb.DuckDBPyConnection, datetime], pa.Table]
"""Keys of whom is asked about at an origin, from what was known by then."""


@dataclass(frozen=True)
class Foretold:
    """Answers of a model that are a feature.

    The model's own feature service must not hold them: it would learn from itself.

    Attributes:
        table: raw table of the model's domain that takes them: the keys of `units`, and
            predicted_at, the answer, estimator and release.
        spec: the model; one that is made of labelled rows, split by time.
        value: column of the answer.
        units: whom it is asked about.
        origins: instants at which it is asked, after the first of two and up to the second.
    """

    table: str
    spec: ModelSpec
    value: str
    units: Units
    origins: Callable[[datetime, datetime], list[datetime]]

    @property
    def domain(self) -> str:
        """Its slice."""
        return self.spec.domain


def month_begins(after: datetime, until: datetime) -> list[datetime]:
    """First instants of the months after an instant, up to another; naive, UTC.

    >>> [str(one.date()) for one in month_begins(datetime(2025, 11, 1), datetime(2026, 1, 1, 4))]
    ['2025-12-01', '2026-01-01']
    """
    found = []
    year, month = after.year, after.month
    while (begin := datetime(year + month // 12, month % 12 + 1, 1)) <= until:
        found.append(begin)
        year, month = begin.year, begin.month
    return found


def all_foretold() -> list[Foretold]:
    """What training/<domain>/foretold.py of each domain calls FORETOLD."""
    return [one for module in slices("training", "foretold").values() for one in module.FORETOLD]
