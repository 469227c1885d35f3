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


@lru_cache(maxsize=65_536)  # rows of one batch job share their times
def read_stamp(stored: bytes) -> Stamp:
    """Read what is stored under `_ts:view`, by whomever it was written."""
    if len(stored) < TAIL_SIZE or stored[-TAIL_SIZE : -TAIL_SIZE + 2] != _HEAD:
        return Stamp(decode_timestamp(stored), None, 0, removed=False)
    event_s, event_us, created_s, created_us, publication, removed = _TAIL.unpack_from(
        stored, len(stored) - _TAIL.size
    )
    return Stamp(
        _EPOCH + timedelta(seconds=event_s, microseconds=event_us),
        _EPOCH + timedelta(seconds=created_s, microseconds=created_us),
        publication,
        bool(removed),
    )


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
