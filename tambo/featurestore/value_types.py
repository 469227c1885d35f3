"""DuckDB's column types and Feast's value types."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from feast import ValueType  # noqa: TID253 - imported lazily, by feature definitions only

from tambo.errors import FeatureError
from tambo.featurestore.lake_rows import with_leaves

_SCALARS = {
    "BOOLEAN": ValueType.BOOL,
    "TINYINT": ValueType.INT32,
    "SMALLINT": ValueType.INT32,
    "INTEGER": ValueType.INT32,
    "UTINYINT": ValueType.INT32,
    "USMALLINT": ValueType.INT32,
    "UINTEGER": ValueType.INT64,
    "BIGINT": ValueType.INT64,
    "FLOAT": ValueType.FLOAT,
    "DOUBLE": ValueType.DOUBLE,
    "VARCHAR": ValueType.STRING,
    "UUID": ValueType.UUID,
    "BLOB": ValueType.BYTES,
    "DATE": ValueType.UNIX_TIMESTAMP,
    "TIMESTAMP": ValueType.UNIX_TIMESTAMP,
    "TIMESTAMP_S": ValueType.UNIX_TIMESTAMP,
    "TIMESTAMP_MS": ValueType.UNIX_TIMESTAMP,
    "TIMESTAMP_NS": ValueType.UNIX_TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": ValueType.UNIX_TIMESTAMP,
    "JSON": ValueType.JSON,
}
_CURES = {
    "HUGEINT": "DECIMAL(38, 0), or to BIGINT if the values fit",
    "UHUGEINT": "DECIMAL(38, 0), or to BIGINT if the values fit",
    "UBIGINT": "BIGINT if the values fit, else to DECIMAL(20, 0)",
    "TIME": "VARCHAR, or to BIGINT as seconds since midnight",
    "INTERVAL": "BIGINT or DOUBLE, in a unit that the feature's name says",
}


def value_type(kind: str) -> ValueType:
    """Feast's value type of a DuckDB type: BIGINT → INT64, DOUBLE[] → DOUBLE_LIST.

    Raises:
        FeatureError: Feast has no type that holds all its values exactly.
    """
    if kind.endswith("[]"):
        item = kind.removesuffix("[]")
        return ValueType.VALUE_LIST if item.endswith("[]") else _list_of(item)
    if kind.startswith("STRUCT("):
        return ValueType.STRUCT
    if kind.startswith("MAP("):
        return ValueType.MAP if kind.startswith("MAP(VARCHAR,") else ValueType.SCALAR_MAP
    if kind.startswith("DECIMAL("):
        return ValueType.DECIMAL
    if kind not in _SCALARS:
        raise FeatureError(
            f"A column of type {kind} cannot be a feature.",
            remedy=f"cast it in the mart, to {_CURES.get(kind, 'VARCHAR, DOUBLE or BIGINT')}",
        )
    return _SCALARS[kind]


def _list_of(item: str) -> ValueType:
    name = f"{value_type(item).name}_LIST"
    if name not in ValueType.__members__:
        raise FeatureError(
            f"A column of type {item}[] cannot be a feature: Feast has lists of scalars, of maps "
            "with text keys, of structs and of lists.",
            remedy="cast it in the mart, for example to a list of structs",
        )
    return ValueType[name]


def python_values(column: pa.Array) -> list[Any]:
    """Values of a column as Feast turns them into what is stored online.

    Maps are dictionaries, and days their midnight in UTC: Feast's converter knows neither pairs
    nor dates.
    """
    kind = with_leaves(
        column.type, lambda leaf: pa.timestamp("us", "UTC") if pa.types.is_date(leaf) else leaf
    )
    values = column if kind == column.type else column.cast(kind)
    found: list[Any] = values.to_pylist(maps_as_pydicts="strict")
    return found
