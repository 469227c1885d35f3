"""Entity rows completed with the fields that on-demand views read from a request."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tambo.errors import EntityRowsError
from tambo.featurestore.entity_rows import EntityRows, is_text, times_of_text

ARROW_TYPES = {
    "INT32": pa.int32(),
    "INT64": pa.int64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "STRING": pa.string(),
    "BYTES": pa.binary(),
    "BOOL": pa.bool_(),
    "UNIX_TIMESTAMP": pa.timestamp("us", "UTC"),
}
"""Arrow type by Feast value type, of what a key or a request field can be."""


def with_request_fields(rows: EntityRows, fields: Mapping[str, str]) -> EntityRows:
    """Complete entity rows so that on-demand views find every field they read.

    A time that the rows leave out is the entity time: in training a request is made at that time.
    Anything else left out is null. A date becomes its ISO text where text is wanted, and text a
    time where a time is.

    Args:
        rows: the entity rows.
        fields: Feast value type by request field.

    Raises:
        EntityRowsError: a field is of another type.
    """
    table = rows.table
    require_request_types(table, fields)
    for name, kind in fields.items():
        if name not in table.column_names:
            table = table.append_column(name, _absent(rows, kind))
        elif kind == "STRING" and pa.types.is_date(table.schema.field(name).type):
            text = pc.strftime(table.column(name), format="%Y-%m-%d")
            table = table.set_column(table.column_names.index(name), name, text)
        elif kind == "UNIX_TIMESTAMP" and is_text(table.schema.field(name).type):
            times = times_of_text(table.column(name), name)
            table = table.set_column(table.column_names.index(name), name, times)
    return EntityRows(table, rows.time_column, rows.times)


def require_request_types(rows: pa.Table, fields: Mapping[str, str]) -> None:
    """Check that request fields are what on-demand views take them for; times may be text.

    Raises:
        EntityRowsError: one is not.
    """
    for name, declared in fields.items():
        if name not in rows.column_names or declared not in _FAMILIES:
            continue
        found = rows.schema.field(name).type
        kind = found.value_type if pa.types.is_dictionary(found) else found
        if not any(test(kind) for test in (pa.types.is_null, *_FAMILIES[declared])):
            raise EntityRowsError(
                f"Column {name} of the entity rows is {found}, but the request's field is "
                f"{declared}.",
                remedy=f"cast the column {name}",
            )


_NUMBER = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
)
_FAMILIES = {
    **dict.fromkeys(("INT32", "INT64", "FLOAT", "DOUBLE", "BOOL"), _NUMBER),
    "STRING": (is_text, pa.types.is_date),
    "UNIX_TIMESTAMP": (pa.types.is_timestamp, pa.types.is_date, pa.types.is_integer, is_text),
}
"""Tests of the Arrow types that a request's field may have, by its Feast value type."""


def _absent(rows: EntityRows, kind: str) -> pa.ChunkedArray | pa.Array:
    if kind == "UNIX_TIMESTAMP":
        return rows.times.cast(ARROW_TYPES[kind])
    return pa.nulls(rows.table.num_rows, ARROW_TYPES.get(kind, pa.string()))
