"""Survival in intervals: from the hazards that a graph answers to days, dates and chances.

A graph answers two hazards for each interval of days: the chance that it ends with a failure, and
that it ends with any other maintenance, of what has come to its beginning. Inside an interval the
hazard is constant. Tutz and Schmid, Modeling Discrete Time-to-Event Data, 2016, chapters 3 and 8.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from tambo.serving.version import Part

Floats = NDArray[np.float64]
FAILURE, OTHER = 0, 1
"""Positions of the two causes."""
MOST = 1.0 - 1e-9
"""Hazard at most: a curve that has reached zero says nothing more."""


class Survival(Part):
    """What the answer of a survival model is: hazards of two causes, interval after interval."""

    edges: tuple[int, ...] = Field(min_length=2, description="days at which intervals begin, end")
    level: float = Field(gt=0, lt=1, description="share of the outcomes that lie in the interval")
    low: float = Field(ge=0, le=1, description="level of the curve at which the interval begins")
    high: float = Field(ge=0, le=1, description="likewise, at which it ends")
    ordinary: dict[str, float | None] = Field(
        default_factory=dict,
        description="median of each input, encoded; None: missing. What an answer is held against",
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.edges[0] != 0 or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("the edges begin with 0 and rise")
        if not self.low < self.high:
            raise ValueError(f"the interval begins at {self.low}, not below its end {self.high}")
        return self

    @property
    def horizon(self) -> int:
        """Days that the curve reaches."""
        return self.edges[-1]

    @property
    def answers(self) -> int:
        """Numbers in the answer to one row."""
        return 2 * (len(self.edges) - 1)

    def hazards(self, answers: Floats) -> Floats:
        """Read some answers of the graph: float64 [n, intervals, 2]."""
        return hazards(answers)

    def interval(self, found: Floats) -> tuple[Floats, Floats]:
        """Ends of the interval of days, of some hazards; infinite beyond the horizon.

        Both are edges, the nearest outside: when in its interval an event comes is not learnt.
        """
        edges = np.array([*self.edges, np.inf])
        low, high = (quantile(found, self.edges, level) for level in (self.low, self.high))
        before = np.searchsorted(edges[:-1], np.minimum(low, self.horizon), side="right") - 1
        return edges[before], edges[np.searchsorted(edges[:-1], high, side="left")]


def hazards(answers: Floats) -> Floats:
    """Answers [n, 2 * intervals] as hazards [n, intervals, 2]: none below 0, both at most 1."""
    found = np.clip(answers.reshape(len(answers), -1, 2), 0.0, None)
    total = found.sum(axis=2, keepdims=True)
    return np.asarray(found * np.where(total > MOST, MOST / np.maximum(total, MOST), 1.0))


def without_maintenance(found: Floats) -> Floats:
    """Chance that nothing has happened by each edge: float64 [n, intervals + 1]."""
    stays = np.cumprod(1.0 - found.sum(axis=2), axis=1)
    return np.concatenate([np.ones((len(found), 1)), stays], axis=1)


def chance_of_failure(found: Floats, edges: tuple[int, ...], days: float) -> Floats:
    """Chance of a failure within some days where no other maintenance comes first: float64 [n].

    Other maintenance censors a failure, so only failures' share of the rate of an interval counts.

    >>> half = np.array([[[0.5, 0.0], [0.375, 0.375]]])
    >>> [float(chance_of_failure(half, (0, 10, 20), days)[0]) for days in (10, 20)]
    [0.5, 0.75]
    """
    total = found.sum(axis=2)
    stays = np.log1p(-total) * _share(found, total) * _parts(edges, days)
    # Less nothing is 0; minus nothing would read -0.
    return np.asarray(0.0 - np.expm1(stays.sum(axis=1)))


def chance_before_other(found: Floats, edges: tuple[int, ...], days: float) -> Floats:
    """Chance that a failure comes within some days, and before any other maintenance: float64 [n].

    The cumulative incidence of competing risks: what is seen where maintenance goes on as planned.
    """
    total = found.sum(axis=2)
    ends = -np.expm1(np.log1p(-total) * _parts(edges, days))
    first = ends * _share(found, total)
    return np.asarray((without_maintenance(found)[:, :-1] * first).sum(axis=1))


def chance_by(found: Floats, edges: tuple[int, ...], days: Floats) -> Floats:
    """Chance that any maintenance begins by a day of each row's own: float64 [n]."""
    logs = np.log1p(-found.sum(axis=2))
    begin, end = np.array(edges[:-1]), np.array(edges[1:])
    parts = np.clip((days[:, None] - begin) / (end - begin), 0.0, 1.0)
    return np.asarray(0.0 - np.expm1((logs * parts).sum(axis=1)))


def quantile(found: Floats, edges: tuple[int, ...], level: float) -> Floats:
    """Day by which any maintenance has begun with some chance: float64 [n]; inf: beyond the edges.

    >>> half = np.array([[[0.25, 0.25], [0.5, 0.0]]])
    >>> [float(quantile(half, (0, 10, 20), level)[0]) for level in (0.5, 0.75, 0.8)]
    [10.0, 20.0, inf]
    """
    logs = np.log1p(-found.sum(axis=2))
    wanted = np.log1p(-min(level, MOST))
    summed = np.concatenate([np.zeros((len(found), 1)), np.cumsum(logs, axis=1)], axis=1)
    # A hair's breadth: sums of logarithms miss the level that they were made of.
    reached = summed[:, 1:] <= wanted + 1e-12
    first = reached.argmax(axis=1)
    rows = np.arange(len(found))
    step = logs[rows, first]
    part = np.divide(
        wanted - summed[rows, first], step, out=np.zeros_like(step), where=step < 0
    ).clip(0.0, 1.0)
    begin, end = np.array(edges[:-1], float)[first], np.array(edges[1:], float)[first]
    return np.where(reached.any(axis=1), begin + part * (end - begin), np.inf)


def _share(found: Floats, total: Floats) -> Floats:
    """Failures' share of what ends in each interval: float64 [n, intervals]."""
    return np.divide(found[..., FAILURE], total, out=np.zeros_like(total), where=total > 0)


def _parts(edges: tuple[int, ...], days: float) -> Floats:
    """Share of each interval that lies before a day: float64 [intervals]."""
    begin, end = np.array(edges[:-1], float), np.array(edges[1:], float)
    return np.asarray(np.clip((days - begin) / (end - begin), 0.0, 1.0))
