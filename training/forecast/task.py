"""Forecasting: quantiles of every step, moved to where they hold on rows not fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from training import plots
from training.card import MOST_GROUPS, table
from training.design import Design, lists
from training.forecast.horizon import SCALE
from training.forecast.intervals import Residuals, SizedForecast
from training.forecast.metrics import forecast_metrics
from training.metrics import Floats

if TYPE_CHECKING:
    from training.grouped import Unseen
    from training.trained import Trained


@dataclass(frozen=True)
class Forecast:
    """Answers are quantiles at `LEVELS`, step after step: float64 [n, steps * 3].

    Attributes:
        steps: days or hours ahead.
        unit: what a step is.
        block: steps that share one correction and are reported together: a week, or a day.
        block_name: what such a block is called.
    """

    steps: int
    unit: Literal["day", "hour"]
    block: int
    block_name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """What MASE is a share of."""
        return (SCALE,)

    def labels(self, values: pa.ChunkedArray) -> Floats:
        """The counts: float64 [n, steps]."""
        unknown = np.full(self.steps, np.nan)
        rows = [unknown if one is None else one for one in lists(values)]
        return np.stack(rows) if rows else np.empty((0, self.steps))

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """The metrics of `forecast_metrics`, and MASE, bias and coverage block by block."""
        return self.measure_quantiles(rows, answers.reshape(len(answers), self.steps, 3))

    def measure_quantiles(self, rows: Design, quantiles: Floats) -> dict[str, float]:
        """The same of quantiles: float64 [n, steps, 3]."""
        scale = rows.columns[SCALE].astype(np.float64)
        found = forecast_metrics(rows.label, quantiles, scale)
        for number, start in enumerate(range(0, self.steps, self.block), 1):
            part = slice(start, start + self.block)
            one = forecast_metrics(rows.label[:, part], quantiles[:, part], scale)
            found |= {f"{name}_{self.block_name}_{number}": one[name] for name in BY_BLOCK}
        return found

    def size(self, rows: Design, answers: Floats, unseen: Unseen | None) -> SizedForecast:
        """Find by how much low and high must be moved to hold as often as they say."""
        quantiles = answers.reshape(len(answers), self.steps, 3)
        return SizedForecast.on(self, Residuals.of(rows, quantiles))

    def scale(self, answers: Floats) -> Floats:
        """A difference is a share of the answer, and of one visitor where nobody comes."""
        return np.abs(answers) + 1.0

    def draw(self, folder: Path, trained: Trained) -> None:
        """MASE by block of every estimator, and the newest forecasts beside what came."""
        blocks = range(1, 1 + -(-self.steps // self.block))
        curves = {
            name: [metrics[f"mase_{self.block_name}_{number}"] for number in blocks]
            for name, metrics in trained.all_metrics.items()
        }
        plots.curves(folder / "mase.png", curves, f"{self.block_name} ahead", "MASE")
        test, best = trained.data.test, trained.best
        quantiles = _sized(best.sized).quantiles(test, best.predicted)
        name = trained.spec.report_groups(test)
        titles = next(iter(name.values()), [""] * len(test))
        newest = range(max(0, len(test) - 6), len(test))
        plots.forecasts(
            folder / "forecasts.png",
            [(titles[row], test.label[row], quantiles[row]) for row in newest],
            f"{self.unit}s ahead",
            trained.spec.unit,
        )

    def figures(self, reports: Mapping[str, Any], estimator: str) -> list[str]:
        """Metrics by estimator, by block, and by group."""
        metrics = reports["metrics"]
        blocks = range(1, 1 + -(-self.steps // self.block))
        steps = [
            [name, *(f"{found[f'mase_{self.block_name}_{number}']:.3f}" for number in blocks)]
            for name, found in metrics.items()
        ]
        head = ["MASE", *(f"{self.block_name} {number}" for number in blocks)]
        return [
            *table(_HEAD, [[name, *_row(found)] for name, found in metrics.items()]),
            "",
            *table(head, steps),
            "",
            *_groups(reports["by_group"][estimator]),
            *(self._drivers(reports["attribution"]) if "attribution" in reports else ()),
        ]

    def _drivers(self, found: Mapping[str, Any]) -> list[str]:
        """What moves the forecasts, and one of them in words."""
        blocks = found[f"by_{self.block_name}"]
        head = [
            f"{self.block_name} {number + 1}" for number in range(len(next(iter(blocks.values()))))
        ]
        rows = [
            [name.replace("_", " "), f"{moved:,.1f}", *(f"{one:,.1f}" for one in blocks[name])]
            for name, moved in found["mean_absolute"].items()
        ]
        one = found["example"]
        when = f"{one['date']} {one['hour']:02d}:00" if "hour" in one else one["date"]
        return [
            "",
            f"Mean absolute Shapley value in visitors, of {found['rows']} of the "
            f"{found['of_rows']} test rows (mean forecast {found['forecast']:,.0f}, "
            f"mean of the ordinary ones {found['ordinary']:,.0f}):",
            "",
            *table(["driver", "all", *head], rows),
            "",
            f"One of them, {one['location']} on {when}, forecast on {one['origin']}: "
            f"{one['p50']:,.0f} visitors, where {one['ordinary']:,.0f} are ordinary. "
            f"{'; '.join(one['says'])}.",
        ]


BY_BLOCK = ("mase", "bias", "coverage")
_HEAD = ["estimator", "MASE", "WAPE", "RMSE", "MAE", "bias", "pinball", "P10 to P90 holds", "width"]


def _sized(sized: object) -> SizedForecast:
    if not isinstance(sized, SizedForecast):
        raise TypeError(f"{sized!r} is no forecast")
    return sized


def _row(found: Mapping[str, float]) -> list[str]:
    shown = [f"{found['mase']:.3f}", f"{found['wape']:.1%}", f"{found['rmse']:,.0f}"]
    shown += [f"{found['mae']:,.0f}", f"{found['bias']:+,.0f}", f"{found['pinball']:,.1f}"]
    return [*shown, f"{found['coverage']:.1%}", f"{found['width']:,.0f}"]


def _groups(groups: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    rows = []
    for by, parts in groups.items():
        ranked = sorted(parts.items(), key=lambda item: item[1]["mase"])
        if len(ranked) > MOST_GROUPS:
            ranked = [ranked[0], ranked[len(ranked) // 2], ranked[-1]]
        rows += [[by, name, f"{one['targets']:,.0f}", *_row(one)] for name, one in ranked]
    return table(["by", "group", "targets", *_HEAD[1:]], rows)
