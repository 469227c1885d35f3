"""Read the values that Feast stores online, without importing Feast.

Feast writes each value as a protobuf message `feast.types.Value`: one field of a oneof, chosen by
its type. Importing Feast's generated classes costs seconds and brings pandas along, and a second
copy of them in one process clashes, so the wire format is read here by hand. It is small and
frozen (https://protobuf.dev/programming-guides/encoding); the field numbers are those of
feast/types/Value.proto in Feast 0.67. Values come back as Feast's own SDK returns them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from tambo.errors import OnlineStoreError

NULL_TIMESTAMP = -(2**63)
"""What Feast writes for a missing timestamp."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DOUBLE_TAG, _INT64_TAG = 5 << 3 | _FIXED64, 4 << 3 | _VARINT
DOUBLE_TAG = bytes([_DOUBLE_TAG])
DOUBLE = struct.Struct("<Bd")
_SECONDS, _NANOS = bytes([1 << 3 | _VARINT]), bytes([2 << 3 | _VARINT])
"""Tags of the fields of a `google.protobuf.Timestamp`."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Raw = int | bytes
_Convert = Callable[[_Raw], object]


def decode(data: bytes) -> object:
    """Decode one stored value.

    Args:
        data: a serialised `feast.types.Value`; empty means null.

    Returns:
        None, bytes, str, int, float, bool, an aware datetime in UTC, UUID, Decimal, parsed JSON,
        or a list or set of those.

    Raises:
        OnlineStoreError: the bytes are damaged, or the type is one that no model input can have.

    >>> decode(bytes([0x20, 0x07])), decode(b"")
    (7, None)
    """
    # Most features are one of these; a table of converters costs more than reading them.
    size = len(data)
    if size == DOUBLE.size and data[0] == _DOUBLE_TAG:
        return DOUBLE.unpack(data)[1]
    if size == 2 and data[0] == _INT64_TAG and data[1] < 0x80:
        return data[1]
    if not size:
        return None
    value: object = None
    try:
        for number, _, raw in _fields(data):
            value = _CONVERT[number](raw)
    except KeyError as error:
        raise OnlineStoreError(
            f"a stored value has type number {error}, which the reader does not know",
            remedy="use scalars, lists or sets of scalars as features",
        ) from error
    except (IndexError, struct.error, ValueError, OverflowError, TypeError) as error:
        raise OnlineStoreError(
            f"a stored value is damaged: {data[:40]!r}: {error}",
            remedy="materialise the features again: tambo features",
        ) from error
    return value


def decode_timestamp(data: bytes) -> datetime:
    """Decode a `google.protobuf.Timestamp`, cut to microseconds; aware, in UTC."""
    seconds, position = _varint(data, 1) if data[:1] == _SECONDS else (0, 0)
    nanos = 0
    if position and data[position : position + 1] == _NANOS:
        nanos, position = _varint(data, position + 1)
    if position != len(data):
        # Not as a writer of protobuf puts it, in the order of the fields' numbers.
        parts = {number: raw for number, _, raw in _fields(data)}
        seconds, nanos = _signed(parts.get(1, 0)), _signed(parts.get(2, 0))
    return _EPOCH + timedelta(0, _signed(seconds), _signed(nanos) // 1000)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    byte = data[position]
    if byte < 0x80:
        return byte, position + 1
    result, shift = byte & 0x7F, 7
    while byte >= 0x80:
        position += 1
        byte = data[position]
        result |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise ValueError("a number is longer than ten bytes")
    return result & 0xFFFFFFFFFFFFFFFF, position + 1


def _fields(data: bytes) -> Iterator[tuple[int, int, _Raw]]:
    """Yield (field number, wire type, raw content) of a message."""
    position, size = 0, len(data)
    while position < size:
        tag, position = _varint(data, position)
        wire = tag & 7
        raw: _Raw
        if wire == _VARINT:
            raw, position = _varint(data, position)
        else:
            if wire == _BYTES:
                length, position = _varint(data, position)
            else:
                length = {_FIXED64: 8, _FIXED32: 4}[wire]
            raw = data[position : position + length]
            position += length
            if position > size:
                raise ValueError(f"{length} bytes were announced, fewer are there")
        yield tag >> 3, wire, raw


def _signed(raw: _Raw) -> int:
    if not isinstance(raw, int):
        raise TypeError("a number was expected")
    return raw - 0x10000000000000000 if raw >= 0x8000000000000000 else raw


def _raw_bytes(raw: _Raw) -> bytes:
    if not isinstance(raw, bytes):
        raise TypeError("bytes were expected")
    return raw


def _text(raw: _Raw) -> str:
    return _raw_bytes(raw).decode("utf-8")


def _double(raw: _Raw) -> float:
    return float(struct.unpack("<d", _raw_bytes(raw))[0])


def _float(raw: _Raw) -> float:
    return float(struct.unpack("<f", _raw_bytes(raw))[0])


def _instant(raw: _Raw) -> datetime | None:
    seconds = _signed(raw)
    return None if seconds == NULL_TIMESTAMP else datetime.fromtimestamp(seconds, UTC)


def _json(raw: _Raw) -> object:
    text = _text(raw)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _items(convert: _Convert, packed: int | None) -> Callable[[_Raw], list[object]]:
    """Make a reader of a repeated field; numbers lie packed in one run, others one by one."""

    def read(raw: _Raw) -> list[object]:
        found: list[object] = []
        for _, wire, content in _fields(_raw_bytes(raw)):
            if packed is not None and wire == _BYTES:
                found.extend(convert(one) for one in _packed(_raw_bytes(content), packed))
            else:
                found.append(convert(content))
        return found

    return read


def _packed(data: bytes, wire: int) -> Iterator[_Raw]:
    position = 0
    while position < len(data):
        if wire == _VARINT:
            number, position = _varint(data, position)
            yield number
        else:
            length = 8 if wire == _FIXED64 else 4
            yield data[position : position + length]
            position += length


def _set(read: Callable[[_Raw], list[object]]) -> Callable[[_Raw], set[object]]:
    return lambda raw: set(read(raw))


def _scalar_table() -> dict[int, tuple[_Convert, int | None]]:
    """Scalars by field number, with the wire type of their packed lists."""
    return {
        1: (_raw_bytes, None),
        2: (_text, None),
        3: (_signed, _VARINT),
        4: (_signed, _VARINT),
        5: (_double, _FIXED64),
        6: (_float, _FIXED32),
        7: (bool, _VARINT),
        8: (_instant, _VARINT),
    }


def _table() -> dict[int, _Convert]:
    table: dict[int, _Convert] = {19: lambda _: None}
    for number, (convert, packed) in _scalar_table().items():
        table[number] = convert
        table[number + 10] = items = _items(convert, packed)
        table[number + 21] = _set(items)
    text: dict[tuple[int, ...], _Convert] = {
        (32, 33): _json,
        (36, 38, 40): lambda raw: UUID(_text(raw)),
        (37, 39, 41): lambda raw: UUID(_text(raw)),
        (44, 45, 46): lambda raw: Decimal(_text(raw)),
    }
    for numbers, convert in text.items():
        table[numbers[0]] = convert
        table[numbers[1]] = items = _items(convert, None)
        if len(numbers) == 3:
            table[numbers[2]] = _set(items)
    return table


_CONVERT = _table()
