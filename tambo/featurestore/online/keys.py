"""Write entity keys as Feast does (serialisation version 3), without importing Feast.

A key is the number of join keys, the sorted names of the join keys, then their values in the same
order; each part is preceded by its type and its length, all little-endian. Lengths keep the parts
of a composite key apart, so ("11", "1") and ("1", "11") are different keys.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tambo.errors import FeatureError

_STRING = 2
_INT64 = 2**63
_NUMBER = struct.Struct("<IIq")


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return value


def _string(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    return value.encode("utf-8")


def _whole(value: object, form: str) -> bytes:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError
    return struct.pack(form, value.__index__())


def _instant(value: object) -> bytes:
    if not isinstance(value, datetime):
        raise TypeError
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    # As Feast does: cut off towards 1970, after the rounding of a double.
    return struct.pack("<q", int(aware.timestamp()))


_WRITE: dict[str, tuple[int, Callable[[object], bytes]]] = {
    "BYTES": (1, _bytes),
    "STRING": (_STRING, _string),
    "INT32": (3, lambda value: _whole(value, "<i")),
    "INT64": (4, lambda value: _whole(value, "<q")),
    "UNIX_TIMESTAMP": (8, _instant),
}

KEY_TYPES = frozenset(_WRITE)
"""Feast value types that a join key can have."""


def _part(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content


def write_value(name: str, value_type: str, value: object) -> bytes:
    """Write one join key's value with its type and length.

    Raises:
        FeatureError: the value does not have the type, or does not fit into it.
    """
    kind, write = _WRITE[value_type]
    try:
        return _part(kind, write(value))
    except (TypeError, struct.error, UnicodeEncodeError) as error:
        raise FeatureError(
            f"join key {name}: {value!r} ({type(value).__name__}) is not {value_type}",
            remedy=f"pass {name} as {value_type}",
        ) from error


class KeyWriter:
    """Writes the entity keys of one view.

    Args:
        join_keys: (name, Feast value type) of each join key, in any order.
    """

    def __init__(self, join_keys: Sequence[tuple[str, str]]) -> None:
        self._parts = sorted(join_keys)
        self._number = [kind for _, kind in self._parts] == ["INT64"]
        names = b"".join(_part(_STRING, name.encode("utf-8")) for name, _ in self._parts)
        self._head = struct.pack("<I", len(self._parts)) + names

    def write(self, values: Mapping[str, object]) -> bytes:
        """Write the key of one entity from its values by join key.

        Raises:
            FeatureError: a value does not have its type.
        """
        parts = [write_value(name, kind, values[name]) for name, kind in self._parts]
        return b"".join([self._head, *parts])

    def write_only(self, value: object) -> bytes:
        """Write the key of one entity that has one join key.

        Raises:
            FeatureError: the value does not have its type.
        """
        # Most keys are a number.
        if self._number and type(value) is int and -_INT64 <= value < _INT64:
            return self._head + _NUMBER.pack(4, 8, value)
        ((name, kind),) = self._parts
        return self._head + write_value(name, kind, value)
