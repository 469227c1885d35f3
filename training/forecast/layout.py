"""The layout: which series of a model are what."""

from __future__ import annotations

from dataclasses import dataclass

from tambo.serving.spec import Input


@dataclass(frozen=True)
class Layout:
    """Which series of a model are what.

    Attributes:
        window: past counts, oldest first; the newest `level` of them give the level.
        steps: how many steps are forecast.
        level: how many.
        usual: counts of the steps before, best first: what a step is measured from.
        counts: all series in counts.
        ratios: series in shares of a mean.
        amounts: series of sums from 0 on, whose logarithm is read.
        distances: series of days, cut at `farthest`.
        plain: series read as they are.
        changes: which of the ratios also count as the change since the first step.
        series: the category of a row's series, for example its location.
        factor: the ratio that stands in where none of `usual` is known.
        closed: series that is 1 where nobody can come: the answer is 0.
        farthest: beyond it a distance says nothing.
    """

    window: str
    steps: int
    level: int
    usual: tuple[str, ...]
    counts: tuple[str, ...]
    ratios: tuple[str, ...]
    amounts: tuple[str, ...]
    distances: tuple[str, ...]
    plain: tuple[str, ...]
    changes: tuple[str, ...]
    series: str
    factor: str
    closed: str
    farthest: float = 14.0

    @property
    def known(self) -> tuple[str, ...]:
        """All that is known of the steps, in the order of the head's `known`."""
        return (*self.of_steps, *(f"change of {name}" for name in self.changes))

    @property
    def of_steps(self) -> tuple[str, ...]:
        """All series of the steps that are read, apart from `closed`."""
        return (*self.counts, *self.ratios, *self.amounts, *self.distances, *self.plain)

    @property
    def names(self) -> tuple[str, ...]:
        """All inputs that are read."""
        return tuple(dict.fromkeys((self.series, self.window, *self.of_steps, self.closed)))

    def inputs(self, inputs: tuple[Input, ...]) -> tuple[Input, ...]:
        """The inputs that are read, in the order of the matrix."""
        by_name = {one.name: one for one in inputs}
        return tuple(by_name[name] for name in self.names)
