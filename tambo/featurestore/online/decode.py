"""Decode the stored values of many rows at once, where their types allow it.

Most features are doubles, and Feast stores each as nine bytes: a tag, then the number. A run of
them is one call of `struct` instead of one for each. Whatever else is stored there (a null, a value
of another type, nothing) is seen by its length or by its tag, and is decoded one by one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from typing import NamedTuple

from tambo.featurestore.online.values import DOUBLE, DOUBLE_TAG, decode

_Stored = Sequence[bytes | None]


class _Run(NamedTuple):
    """Features side by side that have the same way of decoding."""

    start: int
    stop: int
    doubles: struct.Struct | None


class RowDecoder:
    """Decodes rows of the same features.

    Args:
        types: Feast value types of the features, for example DOUBLE.
    """

    def __init__(self, types: Sequence[str]) -> None:
        self._runs: list[_Run] = []
        start = 0
        for double, run in groupby(types, lambda one: one == "DOUBLE"):
            size = len(list(run))
            packed = struct.Struct("<" + "xd" * size) if double else None
            self._runs.append(_Run(start, start + size, packed))
            start += size
        only = self._runs[0].doubles if len(self._runs) == 1 else None
        self._doubles = only

    def decode(self, rows: Sequence[_Stored]) -> Sequence[Sequence[object]]:
        """Decode rows of serialised values; a value that was never written is None.

        Raises:
            OnlineStoreError: bytes are damaged, or of a type that no model input can have.
        """
        if self._doubles is not None:
            joined = _join(chain.from_iterable(rows), self._doubles.size * len(rows))
            if joined is not None:
                return list(self._doubles.iter_unpack(joined))
        return [self._decode_row(row) for row in rows]

    def _decode_row(self, row: _Stored) -> Sequence[object]:
        values: list[object] = []
        for start, stop, doubles in self._runs:
            part = row[start:stop]
            joined = None if doubles is None else _join(part, doubles.size)
            if doubles is None or joined is None:
                values += [None if one is None else decode(one) for one in part]
            else:
                values += doubles.unpack(joined)
        return values


def _join(values: Iterable[bytes | None], size: int) -> bytes | None:
    """Put serialised values together, or give None if not all of them are doubles.

    The first that is no double either begins with another tag, or is empty or missing, and then
    the size is wrong: a value that begins with the tag of a double is one.
    """
    try:
        joined = b"".join(values)  # type: ignore[arg-type]  # None is caught
    except TypeError:
        return None
    tags = joined[:: DOUBLE.size]
    return joined if len(joined) == size and tags == DOUBLE_TAG * len(tags) else None
