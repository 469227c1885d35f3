"""Regression: one number above zero, with a prediction interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tambo.serving.spec import Interval
from training import plots
from training.card import MOST_GROUPS, table
from training.design import Design
from training.intervals import IntervalRule, conformal, ends
from training.metrics import Floats, coverage, regression

if TYPE_CHECKING:
    from training.grouped import Unseen
    from training.trained import Trained


@dataclass(frozen=True)
class Regression:
    """Answers are numbers above zero: float64 [n].

    Attributes:
        interval: how the prediction interval is built.
    """

    interval: IntervalRule = field(default_factory=IntervalRule)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that intervals differ by."""
        return () if self.interval.group_by is None else (self.interval.group_by,)

    def labels(self, values: pa.ChunkedArray) -> Floats:
        """The label as it is."""
        found: Floats = values.cast(pa.float64()).to_numpy()
        return found

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """The metrics of `training.metrics.regression`."""
        return regression(rows.label, answers)

    def size(self, rows: Design, answers: Floats, unseen: Unseen | None) -> SizedRegression:
        """Size the interval, and that of what is unseen."""
        found = conformal(
            rows.label,
            answers,
            self.groups(rows),
            self.interval,
            None if unseen is None else (unseen.label, unseen.predicted),
        )
        return SizedRegression(self, found)

    def scale(self, answers: Floats) -> Floats:
        """A difference is a share of the answer."""
        return np.abs(answers)

    def groups(self, rows: Design) -> list[str]:
        """The value by which a row's interval is chosen; "" where one holds for all rows."""
        if self.interval.group_by is None:
            return [""] * len(rows)
        return [str(value) for value in np.asarray(rows.columns[self.interval.group_by])]

    def draw(self, folder: Path, trained: Trained) -> None:
        """Answers against labels, residuals, and the error over time."""
        test, answers, unit = trained.data.test, trained.best.predicted, trained.spec.unit
        groups = self.groups(test)
        plots.predicted_against_actual(
            folder / "predicted_against_actual.png", test.label, answers, groups, unit
        )
        plots.residuals(folder / "residuals.png", test.label, answers, groups, unit)
        times = test.columns["event_timestamp"].tolist()
        plots.over_time(folder / "over_time.png", times, test.label, answers)

    def figures(self, reports: Mapping[str, Any], estimator: str) -> list[str]:
        """Errors by estimator, then by group."""
        return [
            *_errors(reports["metrics"], reports["unseen"]),
            "",
            *_groups(reports["by_group"][estimator]),
        ]


@dataclass(frozen=True)
class SizedRegression:
    """A regression with its interval."""

    task: Regression
    interval: Interval

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """The metrics, with coverage and width of the interval."""
        low, high = ends(self.interval, answers, self.task.groups(rows))
        return self.task.measure(rows, answers) | coverage(rows.label, low, high)

    def spread(self, rows: Design, answers: Floats) -> dict[str, float]:
        """None is said."""
        return {}

    def after(self, rows: Design, answers: Floats) -> SizedRegression:
        """The same: rows that test it do not size it."""
        return self

    def serving(self) -> dict[str, Any]:
        """The interval."""
        return {"interval": self.interval}


def _errors(metrics: Mapping[str, Any], unseen: Mapping[str, Any]) -> list[str]:
    head = ["estimator", "RMSE", "MAE", "MAPE", "R²", "90 % interval holds", "mean width"]
    groupings = list(next(iter(unseen.values())))
    head += [f"{name.replace('_', ' ')}: RMSE (R²)" for name in groupings]
    rows = []
    for name, found in metrics.items():
        row = [name, f"{found['rmse']:.1f}", f"{found['mae']:.1f}", f"{found['mape']:.1%}"]
        row += [f"{found['r2']:.3f}", f"{found['coverage']:.1%}", f"{found['width']:.0f}"]
        for grouping in groupings:
            one = unseen[name][grouping][""]
            row.append(f"{one['rmse']:.1f} ({one['r2']:.3f})")
        rows.append(row)
    return table(head, rows)


def _groups(groups: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    head = ["by", "group", "rows", "RMSE", "MAPE", "bias", "90 % interval holds"]
    rows = []
    for by, found in groups.items():
        if len(found) <= MOST_GROUPS:
            rows += [_group(by, name, one) for name, one in found.items()]
        else:
            ranked = sorted(found.items(), key=lambda item: item[1]["mape"])
            rows += [_group(f"{by}, best", *ranked[0]), _group(f"{by}, worst", *ranked[-1])]
    return table(head, rows)


def _group(by: str, name: str, found: Mapping[str, float]) -> list[str]:
    row = [by, name.replace("|", " → "), f"{found['rows']:,.0f}", f"{found['rmse']:.1f}"]
    row += [f"{found['mape']:.1%}", f"{found['bias']:+.1f}", f"{found['coverage']:.1%}"]
    return row
