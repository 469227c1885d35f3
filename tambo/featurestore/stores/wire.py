"""Put whole batches of rows on the wire to Redis, without a Python object for each of them.

The commands of a batch are one column of bytes, joined by Arrow from the columns of keys, stamps
and values, and sent as one run of memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tambo.errors import OnlineStoreError
from tambo.featurestore.stores.encode import Binary, content, encode_varints, fixed
from tambo.featurestore.stores.rows import Micros
from tambo.featurestore.stores.script import WRITE_ROW

_EMPTY = pa.scalar(b"", pa.binary())
_TAIL = np.dtype(
    [("head", "u1", 2), ("es", ">i8"), ("eu", ">u4"), ("cs", ">i8"), ("cu", ">u4"),
     ("publication", ">u4"), ("removed", "u1")]
)  # fmt: skip
_TAIL_HEAD = (15 << 3 | 2, 29)


@dataclass(frozen=True)
class Call:
    """What is the same for all rows of a call of the script; see `script`.

    Attributes:
        view: name under which the view is stored.
        publication: number of the publication that writes; 0 for a push.
        online: the publication that readers see; -1 if there is none.
        mode: decide, force, remove or settle.
    """

    view: str
    publication: int
    online: int
    mode: str

    def arguments(self) -> tuple[bytes, bytes]:
        """The constant arguments before and after the stamp."""
        before = _bulk(f"_ts:{self.view}".encode()) + _bulk(f"_prev:{self.view}".encode())
        return before, _bulk(str(self.online).encode()) + _bulk(self.mode.encode())


def stamps(events: Micros, created: Micros, publication: int, *, removed: bool = False) -> Binary:
    """Stamps of rows: Feast's Timestamp with the rest behind it."""
    second, micro = np.divmod(events, 1_000_000)
    tail = np.empty(len(events), _TAIL)
    tail["head"] = _TAIL_HEAD
    tail["es"], tail["eu"] = second, micro
    tail["cs"], tail["cu"] = np.divmod(created, 1_000_000)
    tail["publication"], tail["removed"] = publication, removed
    raw = tail.view(np.uint8).reshape(len(events), _TAIL.itemsize)
    parts = [_field(1, second), _field(2, micro * 1000), fixed(b"", raw)]
    return pc.binary_join_element_wise(*parts, _EMPTY)


def _field(number: int, values: NDArray[np.int64]) -> Binary:
    """A varint field of a message; zero is left out."""
    data, lengths = encode_varints(values)
    plain = pa.Array.from_buffers(
        pa.binary(), len(lengths), [None, _offsets(lengths), pa.py_buffer(data)]
    )
    tagged = pc.binary_join_element_wise(
        pa.scalar(bytes([number << 3]), pa.binary()), plain, _EMPTY
    )
    return pc.if_else(pa.array(values != 0), tagged, _EMPTY)


def _offsets(lengths: NDArray[np.int64]) -> pa.Buffer:
    return pa.py_buffer(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))


def commands(
    call: Call,
    keys: Binary,
    stamp: Binary,
    values: Sequence[tuple[bytes, Binary | None]],
    digest: bytes,
) -> memoryview:
    """The bytes that call the script once for each row.

    Args:
        call: what is the same for all rows.
        keys: hash keys.
        stamp: stamps.
        values: (hash field, serialised values) of each feature; no values where they are removed.
        digest: the script's SHA-1.
    """
    arguments = sum(1 if column is None else 2 for _, column in values)
    head = b"*%d\r\n$7\r\nEVALSHA\r\n$40\r\n%b\r\n$1\r\n1\r\n" % (9 + arguments, digest)
    before, after = call.arguments()
    parts: list[Any] = []
    text = _add(parts, head, keys)
    text = _add(parts, text + before, stamp)
    text += after
    for field, column in values:
        text += _bulk(field)
        if column is not None:
            text = _add(parts, text, column)
    joined = pc.binary_join_element_wise(*parts, pa.scalar(text, pa.binary()), _EMPTY)
    return content(joined).data


def _add(parts: list[Any], text: bytes, column: Binary) -> bytes:
    """Add an argument to the parts of a command; returns the text that must follow it."""
    lengths = pc.binary_length(column)
    least, most = pc.min_max(lengths).as_py().values()
    if least == most:
        parts.append(pa.scalar(text + b"$%d\r\n" % least, pa.binary()))
    else:
        sizes = lengths.cast(pa.string()).cast(pa.binary())
        end = pa.scalar(b"\r\n", pa.binary())
        parts += [pa.scalar(text + b"$", pa.binary()), sizes, end]
    parts.append(column)
    return b"\r\n"


def _bulk(text: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(text), text)


class Wire:
    """Calls the script over a pooled connection of a redis-py client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._digest: bytes | None = None

    def call(
        self, call: Call, keys: Binary, stamp: Binary, values: Sequence[tuple[bytes, Binary | None]]
    ) -> int:
        """Call the script for each row; returns how many rows were written.

        Raises:
            OnlineStoreError: Redis is down, full, or refuses.
        """
        if not len(keys):
            return 0
        from redis.exceptions import NoScriptError, RedisError

        try:
            if self._digest is None:
                self._digest = self._load()
            try:
                return self._send(call, keys, stamp, values)
            except NoScriptError:
                # The server was restarted, or its scripts were flushed. Rows that were written are
                # written again: that changes nothing.
                self._digest = self._load()
                return self._send(call, keys, stamp, values)
        except RedisError as error:
            raise OnlineStoreError(
                f"Redis does not take the rows of {call.view}: {error}",
                remedy="start it, or correct TAMBO_REDIS_URL, and run tambo features again",
            ) from error

    def _load(self) -> bytes:
        digest = self._client.script_load(WRITE_ROW)
        return digest if isinstance(digest, bytes) else str(digest).encode()

    def _send(
        self, call: Call, keys: Binary, stamp: Binary, values: Sequence[tuple[bytes, Binary | None]]
    ) -> int:
        payload = commands(call, keys, stamp, values, self._digest or b"")
        pool = self._client.connection_pool
        connection = pool.get_connection()
        try:
            connection.send_packed_command([payload])
            return sum(connection.read_response() for _ in range(len(keys)))
        except BaseException:
            # What is still on its way must not be taken for the next answer.
            connection.disconnect()
            raise
        finally:
            pool.release(connection)
