"""Entity rows completed with the fields that on-demand views read from a request."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tambo.featurestore.entity_rows import EntityRows

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
    Anything else left out is null. A date becomes its ISO text where text is wanted.

    Args:
        rows: the entity rows.
        fields: Feast value type by request field.
    """
    table = rows.table
    for name, kind in fields.items():
        if name not in table.column_names:
            table = table.append_column(name, _absent(rows, kind))
        elif kind == "STRING" and pa.types.is_date(table.schema.field(name).type):
            text = pc.strftime(table.column(name), format="%Y-%m-%d")
            table = table.set_column(table.column_names.index(name), name, text)
    return EntityRows(table, rows.time_column, rows.times)


def _absent(rows: EntityRows, kind: str) -> pa.ChunkedArray | pa.Array:
    if kind == "UNIX_TIMESTAMP":
        return rows.times.cast(ARROW_TYPES[kind])
    return pa.nulls(rows.table.num_rows, ARROW_TYPES.get(kind, pa.string()))
