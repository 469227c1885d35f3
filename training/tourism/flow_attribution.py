"""What moves the visitor forecasts: the service's explanation, of many test rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from tambo.requesttime.tourism import day_number
from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.variants import DRIVERS, variants_of
from tambo.requesttime.tourism.words import Words, with_visitors
from tambo.serving.attribution import Attribution, attribute
from tambo.serving.spec import Input
from training.design import Matrix
from training.forecast.attribution import Attributions
from training.forecast.horizon import TARGET_DAY
from training.forecast.task import Forecast
from training.tourism.flow_rows import values_of

MOST_ROWS = 100
"""Test rows at most, drawn at random: each is answered once a coalition, up to 256 times."""

_MIDDLE = 1


def attributions(
    rows: pa.Table,
    inputs: tuple[Input, ...],
    predict: Callable[[Matrix], Floats],
    seed: int,
    *,
    task: Forecast,
) -> Attributions:
    """Attribute the forecasts of some rows to the drivers of the service's explanations.

    Args:
        rows: with their features, in order of their origins.
        inputs: of the model.
        predict: the model as it is served: float64 [n, steps * 3].
        seed: which rows are drawn.
        task: what a forecast is.
    """

    def middle(matrix: Matrix) -> Floats:
        return predict(matrix).reshape(len(matrix), task.steps, 3)[..., _MIDDLE]

    hourly = task.unit == "hour"
    days, each, features = task.steps // (24 if hourly else 1), [], []
    drawn = _drawn(rows, seed)
    for row in drawn:
        first = day_number(row[TARGET_DAY]) or 0
        variants, found = variants_of(inputs, row["location"], row, first, days, hourly=hourly)
        each.append(attribute(variants, middle))
        features.append(found)
    return Attributions(
        drivers=tuple(driver.value for driver in DRIVERS),
        each=each,
        rows=rows.num_rows,
        block=task.block,
        block_name=task.block_name,
        example=_example(drawn[-1], each[-1], features[-1], hourly=hourly),
    )


def _drawn(rows: pa.Table, seed: int) -> list[dict[str, Any]]:
    """At most so many of the rows, in order, the newest among them."""
    number = rows.num_rows
    order = np.random.default_rng(seed).permutation(number - 1)[: MOST_ROWS - 1]
    kept = rows.take(pa.array([*np.sort(order).tolist(), number - 1]))
    columns = {name: values_of(kept.column(name)) for name in kept.column_names}
    return [{name: values[at] for name, values in columns.items()} for at in range(len(kept))]


def _example(
    row: Mapping[str, Any], found: Attribution, features: Mapping[str, Floats], *, hourly: bool
) -> dict[str, Any]:
    """Say what moves the step of a forecast that is farthest from its ordinary one."""
    away = np.where(features["is_closed"] > 0.0, 0.0, np.abs(found.answer - found.ordinary))
    step = int(away.argmax())
    first = date.fromisoformat(row[TARGET_DAY])
    day = first + timedelta(days=step // 24 if hourly else step)
    words, values = Words(row, features), found.values[:, step]
    return {
        "location": row["location"],
        "origin": first.isoformat(),
        "date": day.isoformat(),
        **({"hour": step % 24} if hourly else {}),
        "p50": float(found.answer[step]),
        "ordinary": float(found.ordinary[step]),
        "drivers": {DRIVERS[number].value: float(values[number]) for number in range(len(DRIVERS))},
        "says": [
            with_visitors(words.say(DRIVERS[number], day, step), float(values[number]))
            for number in np.argsort(-np.abs(values), kind="stable")
        ],
    }
