"""Does a forecast of 28 days gain by a model that was fitted yesterday?

    python -m benchmarks.forecast_refit [--estimators xgboost lstm]

It runs in a home with a release of tourism. An estimator is fitted once, before the calibration, as
a training does; and again before each test origin, on all rows whose targets were over by then,
with as many rounds. Both answer the same test rows; their middle is measured, as Markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from tambo.settings import Settings, get_settings
from training.card import table
from training.design import Design
from training.estimators import Estimator, FitOptions, as_long, predict
from training.forecast.rolling import RollingOrigin
from training.labels import LabelTable, read_labels
from training.metrics import Floats
from training.splits import TRAIN, Bounds
from training.tourism.visitor_flow import ASKED, MODEL

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from training.scoring import Data

SHOWN = ("mase", "wape", "bias")
HORIZON = timedelta(days=28)
LATEST = timedelta(hours=4)
"""An origin is six hours after the midnight at which the last target was over."""


class ToTheEnd(RollingOrigin):
    """The same origins, and training rows up to the newest whose targets are over."""

    def read(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, as_of: datetime
    ) -> tuple[dict[str, pa.Table], Bounds]:
        """Read the rows of each part; the training rows are to be cut where a fit begins."""
        parts, bounds = super().read(connection, table, as_of)
        labels = read_labels(connection, table, known_by=as_of)
        ask = self.horizon.local(labels)
        known = ask.counts(labels)
        before = self._counts(connection, table, bounds.calibration_start)
        scales = {name: one.seasonal_error() for name, one in before.items()}
        end = max(one.first + len(one.values) for one in known.values()) - self.horizon.days + 1
        return parts | {TRAIN: ask.rows(known, self._past(known, end), scales)}, bounds


def compare(settings: Settings, names: Sequence[str]) -> Iterator[list[str]]:
    """Metrics of each estimator, fitted once and fitted at each origin."""
    from tambo.lake import releases
    from training.experiment import encode_parts
    from training.frame import build_frame

    spec = replace(MODEL, split=ToTheEnd(ASKED))
    frame = build_frame(settings, spec, releases.get(settings, None))
    data = encode_parts(spec, frame.parts, settings.seed)
    for estimator in (*MODEL.rivals, MODEL.candidate):
        if estimator.name in names:
            options = FitOptions(settings.seed, settings.threads)
            start = frame.bounds.calibration_start
            once = estimator.fit(_over(data.train, start), data.stop, options)
            answers = {"once": predict(once, data.test)}
            again = as_long(options, once)
            answers["at each origin"] = _anew(estimator, data, again)
            for when, found in answers.items():
                metrics = MODEL.task.measure(data.test, found)
                yield [estimator.name, when, *(f"{metrics[name]:.3f}" for name in SHOWN)]


def _anew(estimator: Estimator, data: Data, options: FitOptions) -> Floats:
    """Answers to the test rows by a fit of the day."""
    origins = data.test.columns["event_timestamp"]
    found = np.empty((len(data.test), 3 * data.test.label.shape[1]))
    for origin in sorted(set(origins.tolist())):
        own = origins == origin
        fitted = estimator.fit(_over(data.train, origin), data.stop, options)
        found[own] = predict(fitted, data.test.take(own))
    return found


def _over(rows: Design, instant: datetime) -> Design:
    """The rows whose targets are over."""
    origins = rows.columns["event_timestamp"]
    return rows.take(np.array([one < instant - HORIZON + LATEST for one in origins], np.bool_))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--estimators", nargs="+", default=["xgboost", "lstm"])
    options = parser.parse_args(arguments)
    rows = list(compare(get_settings(), options.estimators))
    sys.stdout.write("\n".join(table(["estimator", "fitted", *SHOWN], rows)) + "\n")


if __name__ == "__main__":
    main()
