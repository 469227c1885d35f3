"""Join keys keep their type: a key column is cast to its table's type, or refused, never to text.

Concatenated or stringified keys meet by accident: ("11", "1") and ("1", "11"), 1 and "1", 1.0.
"""

from __future__ import annotations

from bisect import bisect_left

import pyarrow as pa
import pyarrow.compute as pc

from tambo.errors import EntityRowsError

_INTEGERS = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER",
}  # fmt: skip


def cast_key(name: str, column: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """Cast a key column of the entity rows to the type its table is keyed by; nulls stay null.

    Args:
        name: the column, said in errors.
        column: its values.
        kind: DuckDB type of the table's key column.

    Raises:
        EntityRowsError: the column holds another type, or a value that the type cannot hold.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    target = _target(kind)
    if target is None or column.type == target:
        return column
    if not pa.types.is_null(column.type) and not _compatible(column.type, target):
        raise EntityRowsError(
            f"Column {name} of the entity rows is {column.type}, "
            f"but the features are keyed by {kind}.",
            remedy=f"cast the column {name}",
        )
    if pa.types.is_floating(column.type) and pa.types.is_integer(target):
        # pandas turns whole numbers with gaps into floats.
        column = pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_timestamp(target) and pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz)).cast(target, safe=False)
    try:
        return column.cast(target)
    except pa.ArrowInvalid as error:
        row = first_misfit(column, target)
        found = f"{error}" if row is None else f"{column[row].as_py()!r} in row {row}"
        raise EntityRowsError(
            f"Column {name} of the entity rows does not fit {kind}: {found} (counted from 0).",
            remedy=f"correct the column {name}",
        ) from error


def first_misfit(column: pa.ChunkedArray, kind: pa.DataType) -> int | None:
    """Row of the first value that cannot be cast to a type; None if all can."""

    def fits(length: int) -> bool:
        try:
            column.slice(0, length).cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return False
        return True

    if fits(len(column)):
        return None
    # The least number of rows that do not fit ends with the first that does not.
    return bisect_left(range(len(column) + 1), True, key=lambda length: not fits(length)) - 1


def _target(kind: str) -> pa.DataType | None:
    if kind in _INTEGERS:
        return pa.int64()
    known = {
        "UBIGINT": pa.uint64(),
        "VARCHAR": pa.string(),
        "UUID": pa.string(),
        "DOUBLE": pa.float64(),
        "FLOAT": pa.float32(),
        "BOOLEAN": pa.bool_(),
        "DATE": pa.date32(),
        "TIMESTAMP": pa.timestamp("us"),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
        "BLOB": pa.binary(),
    }
    return known.get(kind)


def _compatible(found: pa.DataType, target: pa.DataType) -> bool:
    families = (
        (pa.types.is_integer, (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)),
        (pa.types.is_floating, (pa.types.is_integer, pa.types.is_floating)),
        (pa.types.is_string, (pa.types.is_string, pa.types.is_large_string)),
        (pa.types.is_binary, (pa.types.is_binary, pa.types.is_large_binary)),
        (pa.types.is_boolean, (pa.types.is_boolean,)),
        (pa.types.is_date, (pa.types.is_date,)),
        (pa.types.is_timestamp, (pa.types.is_timestamp,)),
    )
    for is_family, accepted in families:
        if is_family(target):
            return any(test(found) for test in accepted)
    return False
