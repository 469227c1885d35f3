"""Survival: hazards of two causes by interval, measured on rows of which many saw no event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tambo.serving import survival
from tambo.serving.survival import FAILURE, Survival
from training import plots
from training.card import table
from training.design import Design, lists
from training.metrics import Floats
from training.survival.card import SHOWN, calibrated, compared, row
from training.survival.metrics import (
    brier,
    concordance,
    covered,
    kaplan_meier,
    lead_time,
    negative_log_likelihood,
)
from training.survival.outcome import Outcomes
from training.survival.spread import by_unit, calibration, parts

if TYPE_CHECKING:
    from training.grouped import Unseen
    from training.trained import Trained

BINS = 10


@dataclass(frozen=True)
class TimeToEvent:
    """Answers are hazards: float64 [n, intervals * 2], of a failure and of other maintenance.

    Attributes:
        edges: days at which intervals begin and end.
        chances: days within which failures are asked for.
        alarm: of these, the days whose chance gives an alarm.
        ahead: days before a failure in which an alarm is of it.
        false_alarms: share of quiet rows that may alarm.
        level: share of the outcomes that shall lie in the interval of days.
        unit: column whose rows say nearly the same, which intervals of figures draw together;
            None: no such intervals.
    """

    edges: tuple[int, ...]
    chances: tuple[int, ...] = (7, 30, 90)
    alarm: int = 30
    ahead: int = 30
    false_alarms: float = 0.1
    level: float = 0.8
    unit: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What names the unit."""
        return () if self.unit is None else (self.unit,)

    def labels(self, values: pa.ChunkedArray) -> Floats:
        """Outcomes: float64 [n, 3]."""
        rows = lists(values)
        return np.stack(rows) if rows else np.empty((0, 3))  # type: ignore[arg-type]

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Measure hazards against outcomes.

        Returns:
            rows; events and failures that were seen; nll, minus the log likelihood of a row;
            concordance of the days to any maintenance, and concordance_failure of those to a
            failure within the days of an alarm, other maintenance being censoring; mae_seen, the
            error of the median in days, of rows whose maintenance was seen: those are the earlier
            ones, so it flatters who says early; brier_7 and so on, of the chance that a failure
            comes first; alarmed and lead_days, see `lead_time`.
        """
        found, outcomes = survival.hazards(answers), Outcomes.of(rows.label)
        until, horizon = outcomes.until(self.edges), float(self.edges[-1])
        median = self.median(found)
        failed = outcomes.cause == FAILURE
        risk = survival.chance_of_failure(found, self.edges, self.alarm)
        return {
            "rows": float(len(rows)),
            "events": float(outcomes.seen.sum()),
            "failures": float(failed.sum()),
            "nll": negative_log_likelihood(found, outcomes),
            "concordance": concordance(-median, until, outcomes.seen, horizon),
            "concordance_failure": concordance(
                risk, np.minimum(until, self.alarm), failed & (until < self.alarm), self.alarm
            ),
            "mae_seen": _mean(np.abs(median - outcomes.days)[outcomes.seen]),
            **{
                f"brier_{days}": brier(
                    survival.chance_before_other(found, self.edges, days), outcomes, until, days
                )
                for days in self.chances
            },
            **lead_time(risk, outcomes, until, self.false_alarms, self.ahead),
        }

    def sure(
        self, found: Floats, outcomes: Outcomes, part: Mapping[int, NDArray[np.int64]]
    ) -> dict[str, float]:
        """The metrics that are told with an interval, and chances beside what came.

        Args:
            found: hazards.
            outcomes: of the same rows.
            part: groups of the rows, by days of a chance; see `spread.parts`.
        """
        until, median = outcomes.until(self.edges), self.median(found)
        risk = survival.chance_of_failure(found, self.edges, self.alarm)
        told = {
            "nll": negative_log_likelihood(found, outcomes),
            "concordance": concordance(-median, until, outcomes.seen, float(self.edges[-1])),
            "mae_seen": _mean(np.abs(median - outcomes.days)[outcomes.seen]),
            **lead_time(risk, outcomes, until, self.false_alarms, self.ahead),
        }
        for days, groups in part.items():
            chance = survival.chance_before_other(found, self.edges, days)
            told |= calibration(chance, outcomes, until, days, groups)
        return told

    def median(self, found: Floats) -> Floats:
        """Days by which maintenance is as likely as not, at most the horizon: float64 [n]."""
        return np.minimum(survival.quantile(found, self.edges, 0.5), self.edges[-1])

    def levels(self, found: Floats, outcomes: Outcomes) -> tuple[Floats, Floats]:
        """How much of the curves was over when maintenance came: levels, and shares up to them.

        Where curves are right, that is spread evenly; rows without event are censored at theirs
        (Kaplan and Meier, 1958).
        """
        reached = survival.chance_by(found, self.edges, outcomes.until(self.edges))
        at, left = kaplan_meier(reached, outcomes.seen)
        return at, 1.0 - left

    def size(self, rows: Design, answers: Floats, unseen: Unseen | None) -> SizedTimeToEvent:
        """Find the levels of the curve between which so many outcomes lie.

        Chernozhukov, Wüthrich and Zhu, Distributional conformal prediction, 2021.
        """
        at, over = self.levels(survival.hazards(answers), Outcomes.of(rows.label))
        outer = (1.0 - self.level) / 2.0
        low = float(at[np.searchsorted(over, outer)]) if (over >= outer).any() else outer
        beyond = over >= 1.0 - outer
        high = float(at[beyond.argmax()]) if beyond.any() else 1.0 - outer
        known = np.isfinite(rows.matrix)
        ordinary = tuple(
            float(np.median(column[there])) if there.any() else None
            for column, there in zip(rows.matrix.T, known.T, strict=True)
        )
        names = [one.name for one in rows.inputs]
        return SizedTimeToEvent(
            self, low, max(high, low + 1e-3), dict(zip(names, ordinary, strict=True))
        )

    def against(self, trained: Trained) -> dict[str, dict[str, float]]:
        """Metrics of the registered model less those of each other; see `Paired`."""
        test, mine = trained.data.test, trained.best.predicted
        return {
            name: self.less(test, mine, one.predicted)
            for name, one in trained.scored.items()
            if name != trained.winner
        }

    def less(self, rows: Design, answers: Floats, others: Floats) -> dict[str, float]:
        """Metrics of answers less those of others, of the same vessels in each draw."""
        both = survival.hazards(answers), survival.hazards(others)

        def figures(drawn: NDArray[np.int64]) -> dict[str, float]:
            outcomes = Outcomes.of(rows.label[drawn])
            one, other = (self.sure(found[drawn], outcomes, {}) for found in both)
            return {name: one[name] - other[name] for name in one}

        whole = figures(np.arange(len(rows)))
        if self.unit is None or self.unit not in rows.columns:
            return whole
        return whole | by_unit(rows.columns[self.unit].tolist(), figures)

    def scale(self, answers: Floats) -> Floats:
        """A hazard is a share already."""
        return np.ones_like(answers)

    def draw(self, folder: Path, trained: Trained) -> None:
        """Whether chances are met, and the mean curve beside what was seen."""
        test, answers = trained.data.test, trained.best.predicted
        found, outcomes = survival.hazards(answers), Outcomes.of(test.label)
        chance = survival.chance_before_other(found, self.edges, self.alarm)
        until = outcomes.until(self.edges)
        failed = (outcomes.cause == FAILURE) & (until <= self.alarm)
        known = outcomes.seen & (until <= self.alarm) | (until >= self.alarm)
        if known.any():
            path = folder / "reliability.png"
            plots.reliability(path, chance[known], failed[known], BINS)
        at, left = kaplan_meier(until, outcomes.seen)
        days = np.arange(1, self.edges[-1] + 1)
        seen = np.concatenate([[1.0], left])[np.searchsorted(at, days, side="right")]
        curves = {"seen": seen.tolist()}
        for name, one in trained.scored.items():
            hazards = survival.hazards(one.predicted)
            mean = [
                1.0 - float(survival.chance_by(hazards, self.edges, np.full(len(test), day)).mean())
                for day in days.astype(np.float64)
            ]
            curves[name] = mean
        plots.curves(folder / "curves.png", curves, "days", "share without maintenance")

    def figures(self, reports: Mapping[str, Any], estimator: str) -> list[str]:
        """Metrics by estimator, of unseen groups, and by group."""
        head = ["estimator", *SHOWN.values()]
        rows = [[name, *row(found)] for name, found in reports["metrics"].items()]
        unseen = [
            [name, f"{grouping} {variant}".replace("_", " ").strip(), *row(found)]
            for name, groupings in reports["unseen"].items()
            for grouping, variants in groupings.items()
            for variant, found in variants.items()
        ]
        groups = [
            [by, name, f"{found['rows']:,.0f}", f"{found['failures']:,.0f}", *row(found)]
            for by, parts in reports["by_group"][estimator].items()
            for name, found in parts.items()
        ]
        one = reports["metrics"][estimator]
        return [
            f"Test rows: {one['rows']:,.0f}, of which {one['events']:,.0f} saw the next maintenance"
            f" and {one['failures']:,.0f} a failure as it. The interval of {self.level:.0%} holds "
            f"{one['coverage']:.0%}.",
            "",
            *table(head, rows),
            "",
            *compared(reports.get("against", {}), estimator),
            *calibrated(one, self.chances),
            *table(["estimator", "rows", *SHOWN.values()], unseen),
            "",
            *table(["by", "group", "rows", "failures", *SHOWN.values()], groups),
        ]


@dataclass(frozen=True)
class SizedTimeToEvent:
    """Survival with the levels of the curve between which outcomes lie.

    Attributes:
        task: what was asked.
        low, high: the levels.
        ordinary: median of each input.
    """

    task: TimeToEvent
    low: float
    high: float
    ordinary: Mapping[str, float | None]

    @property
    def served(self) -> Survival:
        """As a service knows it."""
        return Survival(
            edges=self.task.edges,
            level=self.task.level,
            low=self.low,
            high=self.high,
            ordinary=dict(self.ordinary),
        )

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """The metrics, with the share of outcomes in the interval."""
        outcomes, edges = Outcomes.of(rows.label), self.task.edges
        until = outcomes.until(edges)
        low, high = self.served.interval(survival.hazards(answers))
        inside = covered(low, high, outcomes, until, float(edges[-1]))
        return self.task.measure(rows, answers) | {"coverage": inside}

    def spread(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Intervals of 95 %, named <metric>_low and _high, and what came of what was said."""
        task = self.task
        if task.unit is None or task.unit not in rows.columns:
            return {}
        found = survival.hazards(answers)
        part = {
            days: parts(survival.chance_before_other(found, task.edges, days))
            for days in task.chances
        }

        def figures(drawn: NDArray[np.int64]) -> dict[str, float]:
            again = {days: one[drawn] for days, one in part.items()}
            return task.sure(found[drawn], Outcomes.of(rows.label[drawn]), again)

        ends = by_unit(rows.columns[task.unit].tolist(), figures)
        whole = figures(np.arange(len(rows)))
        told = {name: whole[name] for name in whole if name.startswith(("said", "came"))}
        return told | {name: one for name, one in ends.items() if not name.startswith("said")}

    def after(self, rows: Design, answers: Floats) -> SizedTimeToEvent:
        """The same: rows that test it do not size it."""
        return self

    def serving(self) -> dict[str, Any]:
        """Intervals, levels, and an ordinary row."""
        made = Survival(
            edges=self.task.edges, level=self.task.level, low=self.low, high=self.high,
            ordinary=dict(self.ordinary),
        )  # fmt: skip
        return {"survival": made}


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
