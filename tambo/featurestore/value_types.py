"""DuckDB's column types and Feast's value types."""

from __future__ import annotations

from feast import ValueType  # noqa: TID253 - imported lazily, by feature definitions only

from tambo.errors import FeatureError

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
    "UUID": ValueType.STRING,
    "BLOB": ValueType.BYTES,
    "DATE": ValueType.UNIX_TIMESTAMP,
    "TIMESTAMP": ValueType.UNIX_TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": ValueType.UNIX_TIMESTAMP,
    "JSON": ValueType.JSON,
}


def value_type(kind: str) -> ValueType:
    """Feast's value type of a DuckDB type: BIGINT → INT64, DOUBLE[] → DOUBLE_LIST.

    Raises:
        FeatureError: Feast has no type that holds all its values exactly.
    """
    if kind.endswith("[]"):
        return ValueType[f"{value_type(kind[:-2]).name}_LIST"]
    if kind not in _SCALARS:
        raise FeatureError(
            f"A column of type {kind} cannot be a feature.",
            remedy="cast it in the mart, for example to DOUBLE or BIGINT",
        )
    return _SCALARS[kind]
