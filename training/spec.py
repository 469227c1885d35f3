"""What a model module declares: the same shape for every tabular model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tambo.serving.spec import Input
from training.backtest import Backtest
from training.behaviour import Predict
from training.candidates import RELEVANCE, Candidates
from training.design import Design, Matrix
from training.estimators import Estimator
from training.forecast.attribution import Attributions
from training.forecast.horizon import Horizon
from training.forecast.references import Reference
from training.gate import Check, GateRule
from training.labels import LabelTable
from training.metrics import Floats
from training.search import Dimension
from training.splits import Split, TimeSplit
from training.task import Task

Behaviour = Callable[[Predict, Design], Sequence[Check]]
"""Tests of how a model behaves, on rows that it has not seen."""

Attribute = Callable[[pa.Table, tuple[Input, ...], Callable[[Matrix], Floats], int], Attributions]
"""Shares the answers to some rows out; given the rows, the model's inputs, the model, a seed."""


@dataclass(frozen=True)
class Grouping:
    """A grouped split: what the model answers for groups that it has never seen.

    The rows of the groups held out are left out of training. When they are scored, everything
    that their history could tell is missing, as for a request that nobody has made before.

    Attributes:
        name: what is unseen, for example "unseen_route".
        group: the group of a row, from its values by column.
        columns: columns that `group` reads.
        missing: inputs that are missing when the rows are scored.
        variants: further scores of the same models, by name, with more inputs missing.
    """

    name: str
    columns: tuple[str, ...]
    group: Callable[..., str]
    missing: tuple[str, ...]
    variants: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def groups(self, design: Design) -> list[str]:
        """The group of each row."""
        values = [design.columns[name] for name in self.columns]
        return [self.group(*row) for row in zip(*values, strict=True)]


@dataclass(frozen=True)
class ModelSpec:
    """A model: what it predicts, from what, how it is split, judged and served.

    Attributes:
        name: registered name.
        domain: its slice.
        description: what it predicts, in a sentence.
        label: the label mart.
        unit: unit of the target.
        task: what kind of answer it gives.
        feature_service: the only source of its features.
        entity_rows: label rows to the entity rows that the feature service wants.
        inputs: columns of the matrix; a category without vocabulary learns it from training rows.
        unit_of_split: column whose rows are never on both sides of a random halving.
        report_by: columns (joined by "|" where there are several) that metrics are broken down by.
        split: which rows train, and which test.
        optional: whether the road goes on without it where a release holds too few labels. A
            service that cannot answer without it is then not built.
        made: column that the split makes of the label mart's, where a label is made of several;
            None: the label mart's column is the label.
        candidates: what each label row is chosen from; None: the label is predicted itself.
        horizon: what is asked at each origin; None: a row is answered by itself.
        groupings: the grouped splits; the first gives the interval of what is unseen.
        baselines: what must be beaten.
        candidate: the model itself.
        rivals: other estimators that serve in its place where they pass the gate and are better.
        references: forecasts that must be beaten, and that cannot serve.
        space: what the search varies; empty: no search.
        trials: how many trials the search has.
        gate: margins and tolerances.
        behaviour: behaviour tests.
        backtest: an earlier fit whose answers size the intervals too; None: there is none.
        attributions: shares answers out among groups of inputs; None: it declares no such groups.
        shown: metrics that a version carries, and of which the first two are told in its line.
    """

    name: str
    domain: str
    description: str
    label: LabelTable
    unit: str
    task: Task
    feature_service: str
    entity_rows: Callable[[pa.Table], pa.Table]
    inputs: tuple[Input, ...]
    unit_of_split: str
    report_by: dict[str, tuple[str, ...]]
    baselines: tuple[Estimator, ...]
    candidate: Estimator
    behaviour: Behaviour
    shown: tuple[str, ...]
    gate: GateRule
    split: Split = field(default_factory=TimeSplit)
    made: str | None = None
    optional: bool = False
    candidates: Candidates | None = None
    horizon: Horizon | None = None
    rivals: tuple[Estimator, ...] = ()
    references: tuple[Reference, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    space: dict[str, Dimension] = field(default_factory=dict)
    trials: int = 8
    attributions: Attribute | None = None
    backtest: Backtest | None = None

    @property
    def target(self) -> str:
        """Column of the frame that is predicted."""
        if self.made is not None:
            return self.made
        return self.label.label if self.candidates is None else RELEVANCE

    @property
    def query(self) -> str | None:
        """Column that names the query of a row; None where each is answered by itself."""
        return None if self.candidates is None else self.candidates.query

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns kept beside the matrix: for reports, groups and halving."""
        grouped = [name for one in self.groupings for name in one.columns]
        reported = [name for names in self.report_by.values() for name in names]
        names = ["event_timestamp", self.unit_of_split, *self.task.columns]
        return tuple(dict.fromkeys([*names, *reported, *grouped]))

    def report_groups(self, design: Design) -> dict[str, list[str]]:
        """The groups that metrics are broken down by, for each row."""
        return {
            name: [
                "|".join(map(str, row))
                for row in zip(*(design.columns[one] for one in columns), strict=True)
            ]
            for name, columns in self.report_by.items()
        }
