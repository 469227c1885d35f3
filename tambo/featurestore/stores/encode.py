"""Encode columns as the `feast.types.Value` messages that Feast stores, whole columns at a time.

Making a message object for each value is what Feast's own materialization spends most of its time
on. The wire format is small and frozen (https://protobuf.dev/programming-guides/encoding), so a
column of a million doubles becomes a million messages in a few passes over memory. What is not
encoded here (maps, sets, UUIDs) goes through Feast, value by value.

A null, and a NaN that is not in a list, is the empty message, as Feast writes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIELDS = {
    "BYTES": 1, "STRING": 2, "INT32": 3, "INT64": 4, "DOUBLE": 5, "FLOAT": 6, "BOOL": 7,
    "UNIX_TIMESTAMP": 8,
}  # fmt: skip
"""Field of each type in the message; that of its list is ten more."""

NUMBERS = {
    "INT32": pa.int32(), "INT64": pa.int64(), "FLOAT": pa.float32(), "DOUBLE": pa.float64(),
}  # fmt: skip
_TEXT = ("STRING", "BYTES")
_EMPTY = pa.scalar(b"", pa.binary())

Binary = Any
"""A pyarrow.BinaryArray without nulls; pyarrow has no types."""

Bytes = NDArray[np.uint8]


def encode_values(column: pa.Array, value_type: str) -> Binary:
    """Encode a column as serialised `feast.types.Value` messages.

    Args:
        column: the values; numbers may have another width than the type says.
        value_type: Feast's name of the type, for example "DOUBLE" or "STRING_LIST".

    Raises:
        pyarrow.ArrowInvalid: a value does not fit the type.
    """
    scalar = value_type.removesuffix("_LIST")
    if pa.types.is_null(column.type):
        return _of(np.zeros(0, np.uint8), np.zeros(len(column), np.int64))
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if scalar not in _FIELDS:
        return _by_feast(column, value_type)
    if scalar == value_type:
        return _scalars(column, scalar)
    if not pa.types.is_list(column.type) or column.flatten().null_count:
        return _by_feast(column, value_type)
    return _lists(column, scalar)


def encode_varints(values: NDArray[np.int64]) -> tuple[Bytes, NDArray[np.int64]]:
    """Encode whole numbers as varints, one after another; negative ones take ten bytes.

    Returns:
        The bytes, and the length of each number's.
    """
    unsigned = values.astype(np.int64, copy=False).view(np.uint64)
    lengths = np.ones(len(unsigned), np.int64)
    for bits in range(7, 64, 7):
        more = unsigned >> np.uint64(bits) != 0
        if not more.any():
            break
        lengths += more
    starts = np.cumsum(lengths) - lengths
    data = np.empty(int(lengths.sum()), np.uint8)
    for at in range(int(lengths.max(initial=0))):
        has = lengths > at
        septet = (unsigned[has] >> np.uint64(7 * at)).astype(np.uint8) & 0x7F
        data[starts[has] + at] = septet | ((lengths[has] > at + 1) * np.uint8(0x80))
    return data, lengths


def with_length(column: Binary, tag: bytes) -> Binary:
    """Put the tag and the length before each value."""
    lengths = pc.binary_length(column).to_numpy(zero_copy_only=False)
    sizes = _of(*encode_varints(lengths.astype(np.int64)))
    return pc.binary_join_element_wise(pa.scalar(tag, pa.binary()), sizes, column, _EMPTY)


def fixed(prefix: bytes, raw: Bytes) -> Binary:
    """Rows of bytes as an array, each with the prefix before it.

    Args:
        prefix: the same for all.
        raw: shape (rows, width).
    """
    rows, width = raw.shape
    data = np.empty((rows, len(prefix) + width), np.uint8)
    data[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    data[:, len(prefix) :] = raw
    return _of(data.reshape(-1), np.full(rows, len(prefix) + width, np.int64))


def seconds(column: pa.Array) -> pa.Array:
    """Times as whole seconds since 1970; a fraction is cut off towards 1970, as Feast does.

    Feast takes Python's ``datetime.timestamp``, a double: some 545 years from 1970 a last
    microsecond is beyond its precision and rounds up to the second before it is cut.
    """
    micros = column.cast(pa.timestamp("us", getattr(column.type, "tz", None))).cast(pa.int64())
    whole = pc.divide(micros, pa.scalar(1_000_000, pa.int64()))
    rest = pc.subtract(micros, pc.multiply(whole, pa.scalar(1_000_000, pa.int64())))
    fraction = pc.divide(rest.cast(pa.float64()), pa.scalar(1_000_000.0))
    return pc.trunc(pc.add(whole.cast(pa.float64()), fraction)).cast(pa.int64())


def as_binary(column: pa.Array) -> Binary:
    """Text or bytes as bytes, with offsets of 32 bits."""
    return column.cast(pa.binary())


def _of(data: Bytes, lengths: NDArray[np.int64]) -> Binary:
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(pa.binary(), len(lengths), buffers)


def _tag(field: int, wire: int) -> bytes:
    data, _ = encode_varints(np.array([field << 3 | wire]))
    return data.tobytes()


def _scalars(column: pa.Array, scalar: str) -> Binary:
    column = _typed(column, scalar)
    if pa.types.is_floating(column.type):
        valid = pc.and_(column.is_valid(), pc.invert(pc.is_nan(column).fill_null(True)))
    else:
        valid = column.is_valid()
    whole = column.null_count == 0 and pc.all(valid, min_count=0).as_py()
    dense = _elements(column if whole else column.filter(valid), scalar, _FIELDS[scalar])
    return dense if whole else _spread(dense, valid)


def _typed(column: pa.Array, scalar: str) -> pa.Array:
    """A mart may hold a decimal where the view declares a double."""
    if scalar in NUMBERS:
        return column.cast(NUMBERS[scalar])
    if scalar == "UNIX_TIMESTAMP":
        return column if pa.types.is_integer(column.type) else seconds(column)
    return column.cast(pa.bool_()) if scalar == "BOOL" else as_binary(column)


def _elements(column: pa.Array, scalar: str, field: int | None) -> Binary:
    """Encode values without nulls; without a field's number they are packed, with no tag."""

    def tag(wire: int) -> bytes:
        return b"" if field is None else _tag(field, wire)

    if scalar in _TEXT:
        return with_length(column, _tag(1 if field is None else field, _LENGTH))
    if scalar in {"DOUBLE", "FLOAT"}:
        width = 8 if scalar == "DOUBLE" else 4
        values = np.ascontiguousarray(column.to_numpy(zero_copy_only=False))
        raw = values.view(np.uint8).reshape(len(column), width)
        return fixed(tag(_FIXED64 if width == 8 else _FIXED32), raw)
    if scalar == "BOOL":
        bits = column.to_numpy(zero_copy_only=False).astype(np.uint8)
        return fixed(tag(_VARINT), bits.reshape(-1, 1))
    numbers = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
    plain = _of(*encode_varints(numbers))
    if field is None:
        return plain
    return pc.binary_join_element_wise(pa.scalar(tag(_VARINT), pa.binary()), plain, _EMPTY)


def _spread(dense: Binary, valid: pa.Array) -> Binary:
    """Put empty messages where values are missing."""
    lengths = np.zeros(len(valid), np.int64)
    there = valid.to_numpy(zero_copy_only=False).astype(bool)
    lengths[there] = pc.binary_length(dense).to_numpy(zero_copy_only=False)
    return _of(content(dense), lengths)


def content(column: Binary) -> Bytes:
    """All bytes of an array, one value after another."""
    _, offsets, data = column.buffers()
    if len(column) == 0 or data is None:
        return np.zeros(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]


def _lists(column: pa.Array, scalar: str) -> Binary:
    valid = column.is_valid()
    lists = column.filter(valid)
    counts = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    children = _elements(_typed(lists.flatten(), scalar), scalar, None)
    sizes = pc.binary_length(children).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])[
        np.concatenate([[0], np.cumsum(counts)])
    ]
    inner = _of(content(children), np.diff(ends))
    if scalar not in _TEXT:
        packed = with_length(inner, _tag(1, _LENGTH))
        # An empty list is an empty message, without the packed run.
        inner = pc.if_else(pa.array(counts > 0), packed, _EMPTY)
    return _spread(with_length(inner, _tag(_FIELDS[scalar] + 10, _LENGTH)), valid)


def _by_feast(column: pa.Array, value_type: str) -> Binary:
    from feast import ValueType
    from feast.type_map import python_values_to_proto_values

    from tambo.featurestore.value_types import python_values

    values = python_values_to_proto_values(python_values(column), ValueType[value_type])
    return pa.array([value.SerializeToString() for value in values], pa.binary())
