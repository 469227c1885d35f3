"""On-demand views in training see what they see in serving: their declared inputs, nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from typing import Any

import pyarrow as pa
from feast.on_demand_feature_view import OnDemandFeatureView  # noqa: TID253 - imported lazily
from feast.transformation.python_transformation import PythonTransformation  # noqa: TID253


class DeclaredInputs:
    """An on-demand view that is given its request fields, its sources' features and the join keys.

    Feast hands a view in historical retrieval every column of the frame, the label among them,
    though online it has only these. It also turns each of them into Python values first. A view
    that is written for one row at a time (singleton) gets its columns there, and breaks: here it
    gets its rows.

    Args:
        view: the view.
        keys: join keys of the rows.
    """

    def __init__(self, view: OnDemandFeatureView, keys: Collection[str]) -> None:
        self.view = copy.copy(view)
        self.view.feature_transformation = _Once(_by_columns(view) if view.singleton else view)
        features = {
            name
            for source in view.source_feature_view_projections.values()
            for feature in source.features
            for name in (feature.name, f"{source.name}__{feature.name}")
        }
        self._inputs = {*features, *view.get_request_data_schema(), *keys}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.view, name)

    def transform_arrow(self, table: pa.Table, full_feature_names: bool = False) -> pa.Table:
        """Compute the view's features on the columns that it may see."""
        seen = [name for name in table.column_names if name in self._inputs]
        return self.view.transform_arrow(table.select(seen), full_feature_names)


class _Once:
    """A view's transformation that turns a column into Python values once.

    Feast gives a view each stored feature under two names, and turned each of them.
    """

    def __init__(self, view: OnDemandFeatureView) -> None:
        self._own = view.feature_transformation

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def transform_arrow(self, table: pa.Table, features: list[Any]) -> pa.Table:
        """Compute the features of a view that is written in Python for columns."""
        if not isinstance(self._own, PythonTransformation):
            return self._own.transform_arrow(table, features)
        values: dict[tuple[int, ...], list[Any]] = {}
        columns = {}
        for name in table.column_names:
            column = table.column(name)
            place = _place(column)
            if place not in values:
                values[place] = column.to_pylist()
            columns[name] = values[place]
        return pa.Table.from_pydict(self._own.udf(columns))


def _place(column: pa.ChunkedArray) -> tuple[int, ...]:
    """Where the values of a column lie in memory: equal for one column under two names."""
    return tuple(
        part
        for chunk in column.chunks
        for part in (
            chunk.offset,
            len(chunk),
            *(0 if one is None else one.address for one in chunk.buffers()),
        )
    )


def _by_columns(view: OnDemandFeatureView) -> OnDemandFeatureView:
    """A view for one row at a time, as a view for columns."""
    wide = copy.copy(view)
    wide.feature_transformation = copy.copy(view.feature_transformation)
    wide.feature_transformation.udf = _rows(view.feature_transformation.udf, view)
    return wide


def _rows(
    function: Callable[[dict[str, Any]], dict[str, Any]], view: OnDemandFeatureView
) -> Callable[[dict[str, list[Any]]], dict[str, list[Any]]]:
    def on_columns(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        rows = [
            function(dict(zip(columns, values, strict=True)))
            for values in zip(*columns.values(), strict=True)
        ]
        return {one.name: [row[one.name] for row in rows] for one in view.features}

    return on_columns
