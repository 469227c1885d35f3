"""The times of a stored row in Redis: Feast's event time, with what Feast leaves out behind it.

Feast stores `google.protobuf.Timestamp` under `_ts:view`. A protobuf reader skips fields it does
not know, so the created time and the publication that wrote the row travel in field 15 of the same
message: stock Feast reads what it always read, and a stock writer that replaces the row replaces
them too, so they can never be left behind beside another row's event time.

While a release is being published, `_prev:view` holds the row that it replaced, so that a reader
sees one release or the other and never half of each. The server-side script that writes both is in
`tambo.featurestore.stores.script`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.values import decode_timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAIL = struct.Struct(">qIqIIB")
_HEAD = bytes([15 << 3 | 2, _TAIL.size])
TAIL_SIZE = len(_HEAD) + _TAIL.size
"""Bytes after the Timestamp; no Timestamp alone is as long."""

_LENGTH = struct.Struct(">I")
_FIELD = 4
"""Bytes of a murmur3 hash."""


class Stamp(NamedTuple):
    """When a stored row became true and known, and who wrote it.

    Attributes:
        event: event time, aware, microseconds.
        created: when it became known; None if a stock writer wrote it.
        publication: number of the publication that wrote it; 0 for a pushed row.
        removed: the release does not have the row: it stands for no row.
    """

    event: datetime
    created: datetime | None
    publication: int
    removed: bool


@lru_cache(maxsize=4096)  # rows of one batch job share their times
def read_seen(stored: bytes) -> tuple[datetime, int, bool]:
    """Read what a reader needs of a stamp: event time, publication, and whether it is no row."""
    if not _has_tail(stored):
        return decode_timestamp(stored), 0, False
    second, micro, _, _, publication, removed = _TAIL.unpack_from(stored, len(stored) - _TAIL.size)
    return _EPOCH + timedelta(0, second, micro), publication, bool(removed)


def read_stamp(stored: bytes) -> Stamp:
    """Read what is stored under `_ts:view`, by whomever it was written."""
    event, publication, removed = read_seen(stored)
    created = None
    if _has_tail(stored):
        second, micro = _TAIL.unpack_from(stored, len(stored) - _TAIL.size)[2:4]
        created = _EPOCH + timedelta(0, second, micro)
    return Stamp(event, created, publication, removed)


def _has_tail(stored: bytes) -> bool:
    return len(stored) >= TAIL_SIZE and stored.startswith(_HEAD, len(stored) - TAIL_SIZE)


def read_previous(stored: bytes) -> tuple[bytes, Mapping[bytes, bytes]] | None:
    """Read what is stored under `_prev:view`: the replaced row's stamp and values by hash field.

    Returns:
        None if there was no row.

    Raises:
        OnlineStoreError: it is damaged.
    """
    if not stored:
        return None
    try:
        stamp, position = _sized(stored, 0)
        values: dict[bytes, bytes] = {}
        while position < len(stored):
            field = stored[position : position + _FIELD]
            values[field], position = _sized(stored, position + _FIELD)
    except struct.error as error:
        raise OnlineStoreError(
            f"a replaced row is damaged: {stored[:40]!r}", remedy="run tambo features"
        ) from error
    return stamp, values


def _sized(stored: bytes, position: int) -> tuple[bytes, int]:
    (length,) = _LENGTH.unpack_from(stored, position)
    start = position + _LENGTH.size
    return stored[start : start + length], start + length
