"""Read the online store in Redis, as Feast's writer and ours lay it out.

There is one hash an entity key (key bytes followed by the project), shared by all views of that
entity. Its fields are the murmur3 hash of view:feature for each value, and `_ts:view` for the
times. All views that share a key are read with one HMGET, all keys in one round trip.

While a release is being published, a row that the store's state does not cover yet is read from
`_prev:view`. If that is gone, the publication has ended in between, and all is read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.stamp import read_previous, read_stamp
from tambo.featurestore.online.state import StoreState, redis_key
from tambo.featurestore.online.store import Fetched, Layout, Stored, Wanted

_TIMEOUT_SECONDS = 2.0
_RACES = 5
"""Readings that may fall into the end of a publication, one after the other."""

_Replies = list[Any]


class RedisStore:
    """Reads one Redis database; may be used by several threads, event loops and forks.

    Args:
        url: redis://, rediss:// or unix:// address.
        project: Feast's project name.
        options: further arguments of redis.Redis.

    Raises:
        OnlineStoreError: the address is not one.
    """

    def __init__(self, url: str, project: str, **options: Any) -> None:
        self._url = url
        self._options = options
        self._suffix = project.encode("utf-8")
        self._state_key = redis_key(project)
        # A connection belongs to the event loop that opened it.
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()
        try:
            self._client: Any = redis.Redis.from_url(url, **{**_options(Retry), **options})
        except ValueError as error:
            raise OnlineStoreError(
                f"the address of Redis is wrong: {error}",
                remedy="set TAMBO_REDIS_URL to redis://host:port/0",
            ) from error
        # The address without its password, for messages.
        known = self._client.connection_pool.connection_kwargs
        where = known.get("path") or f"{known.get('host', 'localhost')}:{known.get('port', 6379)}"
        self._where = f"{where}/{known.get('db', 0)}"

    def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one round trip; see `OnlineStore.fetch`."""
        question = _Question(wanted, self._state_key, self._suffix)
        for _ in range(_RACES):
            try:
                fetched = question.read(self._ask(question))
            except redis.RedisError as error:
                raise self._down(error) from error
            if fetched is not None:
                return fetched
        raise self._busy()

    async def fetch_async(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one round trip; see `OnlineStore.fetch_async`."""
        question = _Question(wanted, self._state_key, self._suffix)
        for _ in range(_RACES):
            try:
                fetched = question.read(await self._ask_async(question))
            except redis.RedisError as error:
                raise self._down(error) from error
            if fetched is not None:
                return fetched
        raise self._busy()

    def check(self, stored: Sequence[str]) -> None:
        """Make sure that Redis answers and is not empty."""
        try:
            empty = self._client.dbsize() == 0
        except redis.RedisError as error:
            raise self._down(error) from error
        if empty:
            raise OnlineStoreError(
                f"Redis at {self._where} is empty; wanted: {', '.join(stored)}",
                remedy="run tambo features with TAMBO_REDIS_URL set",
            )

    def close(self) -> None:
        """Close the connections, but for those that an event loop has opened."""
        self._client.close()

    async def close_async(self) -> None:
        """Close the connections, those of the running event loop included."""
        client = self._loops.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
        self.close()

    def _ask(self, question: _Question) -> _Replies:
        """Send the question over a pooled connection; once more if the server had hung up."""
        pool = self._client.connection_pool
        connection = pool.get_connection()
        try:
            try:
                connection.send_packed_command([question.payload])
                return [connection.read_response() for _ in range(question.replies)]
            except redis.ConnectionError:
                connection.disconnect()
                connection.send_packed_command([question.payload])
                return [connection.read_response() for _ in range(question.replies)]
        except BaseException:
            # What is still on its way must not be taken for the next answer.
            connection.disconnect()
            raise
        finally:
            pool.release(connection)

    async def _ask_async(self, question: _Question) -> _Replies:
        pool = self._async_client().connection_pool
        connection = await pool.get_connection()
        try:
            try:
                return await _exchange(connection, question)
            except redis.ConnectionError:
                await connection.disconnect()
                return await _exchange(connection, question)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)

    def _async_client(self) -> Any:
        loop = asyncio.get_running_loop()
        client = self._loops.get(loop)
        if client is None:
            for ended in [one for one in self._loops if one.is_closed()]:
                del self._loops[ended]
            client = redis.asyncio.Redis.from_url(
                self._url, **{**_options(AsyncRetry), **self._options}
            )
            self._loops[loop] = client
        return client

    def _down(self, error: redis.RedisError) -> OnlineStoreError:
        return OnlineStoreError(
            f"Redis at {self._where} does not answer: {error}",
            remedy="start Redis, or correct TAMBO_REDIS_URL",
        )

    def _busy(self) -> OnlineStoreError:
        return OnlineStoreError(
            f"Redis at {self._where} is published to faster than it can be read",
            remedy="ask again in a moment",
        )


async def _exchange(connection: Any, question: _Question) -> _Replies:
    await connection.send_packed_command([question.payload])
    return [await connection.read_response() for _ in range(question.replies)]


def _options(retry: type[Any]) -> dict[str, Any]:
    return {
        "socket_timeout": _TIMEOUT_SECONDS,
        "socket_connect_timeout": _TIMEOUT_SECONDS,
        "retry": retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
    }


class _Question:
    """One round trip: the commands as they go over the wire, and how to read the replies.

    The commands are put together here, since redis-py takes longer to pack an HMGET of 20 fields
    than Redis takes to answer it.
    """

    def __init__(self, wanted: Sequence[Wanted], state_key: bytes, suffix: bytes) -> None:
        self._wanted = wanted
        groups: dict[tuple[bytes, ...], list[int]] = {}
        for position, one in enumerate(wanted):
            groups.setdefault(one.keys, []).append(position)
        self._groups = groups
        parts = [b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(state_key), state_key)]
        for keys, positions in groups.items():
            head, tail = _hmget(tuple(wanted[position].layout for position in positions))
            parts += [
                b"%b$%d\r\n%b%b%b" % (head, len(key) + len(suffix), key, suffix, tail)
                for key in keys
            ]
        self.payload = b"".join(parts)
        self.replies = len(parts)

    def read(self, replies: _Replies) -> Fetched | None:
        """Take the replies apart; None if a publication ended in the middle of them."""
        state = None if replies[0] is None else StoreState.parse(replies[0])
        rows: list[dict[bytes, Stored]] = [{} for _ in self._wanted]
        visible = _ANY if state is None else state.publication
        start = 1
        for keys, positions in self._groups.items():
            found = replies[start : start + len(keys)]
            start += len(keys)
            offset = 0
            for position in positions:
                layout = self._wanted[position].layout
                part = rows[position]
                for key, reply in zip(keys, found, strict=True):
                    row = _row(layout, reply, offset, visible)
                    if row is _ENDED:
                        return None
                    if row is not None:
                        part[key] = row
                offset += len(layout.fields) + 2
        return Fetched(state, rows)


@lru_cache(maxsize=1024)
def _hmget(layouts: tuple[Layout, ...]) -> tuple[bytes, bytes]:
    """What stands before and after the key of an HMGET."""
    fields = [
        field
        for one in layouts
        for field in (*one.fields, f"_ts:{one.stored}".encode(), f"_prev:{one.stored}".encode())
    ]
    tail = b"".join(b"$%d\r\n%b\r\n" % (len(field), field) for field in fields)
    return b"*%d\r\n$5\r\nHMGET\r\n" % (len(fields) + 2), b"\r\n" + tail


_ENDED = Stored(read_stamp(b"").event, ())
"""Stands for a row whose earlier version is no longer kept."""


_ANY = 2**32
"""No publication has a greater number: where the state says none, all rows are seen."""


def _row(layout: Layout, reply: list[bytes | None], offset: int, visible: int) -> Stored | None:
    """The row that the state covers; None if there is none."""
    end = offset + len(layout.fields)
    times = reply[end]
    if times is None:
        return None
    event, _, publication, removed = read_stamp(times)
    if publication > visible:
        kept = reply[end + 1]
        if kept is None:
            return _ENDED
        previous = read_previous(kept)
        if previous is None:
            return None
        stamp = read_stamp(previous[0])
        return None if stamp.removed else Stored(stamp.event, _in_order(layout, previous[1].get))
    return None if removed else Stored(event, reply[offset:end])


def _in_order(layout: Layout, get: Callable[[bytes], bytes | None]) -> list[bytes | None]:
    return [get(field) for field in layout.fields]
