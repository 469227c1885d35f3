"""Rows on their way into the lake: types that its tables hold, times in UTC without a zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa

_TIME = pa.timestamp("us")
_INDEX = re.compile(r"__index_level_\d+__")
"""The index of a pandas frame, which Feast hands on as a column."""


def lake_rows(rows: pa.Table) -> pa.Table:
    """Rows as a table of the lake takes them.

    Times become naive UTC in microseconds, at any depth; what is finer is cut off. Categories
    become their values and vectors of a fixed length lists: the lake has neither.
    """
    kept = [field for field in rows.schema if not _INDEX.fullmatch(field.name)]
    columns = [_cast(rows.column(field.name), lake_type(field.type)) for field in kept]
    return pa.table(columns, names=[field.name for field in kept])


def lake_type(kind: pa.DataType) -> pa.DataType:
    """The Arrow type in which the lake holds another one."""
    if pa.types.is_dictionary(kind):
        return lake_type(kind.value_type)
    return with_leaves(kind, lambda leaf: _TIME if pa.types.is_timestamp(leaf) else leaf)


def zoned_type(kind: pa.DataType) -> pa.DataType:
    """The Arrow type in which what the lake holds is handed out: its naive times are UTC."""

    def zoned(leaf: pa.DataType) -> pa.DataType:
        naive = pa.types.is_timestamp(leaf) and leaf.tz is None
        return pa.timestamp(leaf.unit, "UTC") if naive else leaf

    return with_leaves(kind, zoned)


def with_leaves(kind: pa.DataType, leaf: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    """A type with the types in its lists, structs and maps replaced; every list is a plain one."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(with_leaves(kind.value_type, leaf)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(with_leaves(field.type, leaf)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(with_leaves(kind.key_type, leaf), with_leaves(kind.item_type, leaf))
    return leaf(kind)


def column_as(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """A column as another type, if no value changes by it; a dictionary may become a map.

    Raises:
        pyarrow.ArrowInvalid: a value does not fit.
    """
    if pa.types.is_map(kind) and pa.types.is_struct(column.type):
        return pa.chunked_array([pa.array([_items(one) for one in column.to_pylist()], kind)])
    return column.cast(kind)


def _items(value: dict[str, Any] | None) -> list[tuple[str, Any]] | None:
    # A frame of dictionaries becomes structs, in which a key that one row lacks is null.
    if value is None:
        return None
    return [(key, item) for key, item in value.items() if item is not None]


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    return column if column.type == kind else column.cast(kind, safe=False)
