"""Rows of the visitor forecast: what each day or hour ahead is known by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tambo.requesttime.tourism import (
    FLOW_REQUEST_FEATURES,
    FLOW_REQUEST_STORED,
    day_number,
    horizon_features,
)
from tambo.requesttime.tourism.variants import VIEW
from training.design import lists
from training.forecast.horizon import TARGET_DAY
from training.metrics import Floats


def entity_rows(rows: pa.Table) -> pa.Table:
    """What `visitor_flow_v1` is asked for: the location at the origin, and the first day."""
    return rows.select(["location", "event_timestamp", TARGET_DAY])


def days_ahead(rows: pa.Table, days: int, *, label: str, hourly: bool = False) -> pa.Table:
    """Put the request-time features of all steps in place of those of the first day.

    They are computed by the function behind the on-demand view, of the stored features in the same
    row. A step on a day that was announced to be shut is no label: nobody need forecast it.

    Args:
        rows: rows with the features of `visitor_flow_v1` and `TARGET_DAY`.
        days: how many.
        label: column of the labels of all steps.
        hourly: whether the steps are the hours of these days.

    Returns:
        The rows, with each request-time feature as a list of the steps.
    """
    stored = {
        name: values_of(rows.column(f"{view}__{name}"))
        for name, view in FLOW_REQUEST_STORED.items()
    }
    found: dict[str, list[Floats]] = {name: [] for name in FLOW_REQUEST_FEATURES}
    for at, day in enumerate(rows.column(TARGET_DAY).to_pylist()):
        one = {name: values[at] for name, values in stored.items()}
        features = horizon_features(day_number(day) or 0, days, one, hourly=hourly)
        for name, values in features.items():
            found[name].append(values)
    for name, steps in found.items():
        rows = _replace(rows, f"{VIEW}__{name}", steps)
    return _replace(rows, label, _without_closed(rows, label, found["is_closed"]))


def values_of(column: pa.ChunkedArray) -> list[Any]:
    """A stored feature of all rows as the features of the request are computed from it."""
    if pa.types.is_list(column.type) and not pa.types.is_string(column.type.value_type):
        found: list[Any] = lists(column)
        return found
    others: list[Any] = column.to_pylist()
    return others


def _replace(rows: pa.Table, name: str, values: list[Floats]) -> pa.Table:
    column = pa.array(values, pa.list_(pa.float64()))
    return rows.set_column(rows.column_names.index(name), name, column)


def _without_closed(rows: pa.Table, label: str, closed: list[Floats]) -> list[Floats]:
    labels = lists(rows.column(label))
    return [
        np.where(shut > 0.5, np.nan, counts)
        for counts, shut in zip(labels, closed, strict=True)
        if counts is not None
    ]
