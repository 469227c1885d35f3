"""Read the online store in Redis, as Feast's writer and ours lay it out.

All keys are read in one round trip. While a release is being published, a row that the store's
state does not cover yet is read from `_prev:view`, which is asked for only then: the first reading
that meets such a row takes a second round trip. If it is gone by then, the publication has ended
in between, and all is read again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.redis_question import RedisQuestion, Uncovered
from tambo.featurestore.online.state import redis_key
from tambo.featurestore.online.store import Fetched, Wanted

_TIMEOUT_SECONDS = 2.0
_RACES = 6
"""Readings that may fall into the end of a publication, one after the other."""

_SCANNED = 10_000
"""Keys of a database that does not say what it holds, looked at in one round trip."""

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
        self._idle: list[Any] = []
        self._url = url
        self._options = options
        self._suffix = project.encode("utf-8")
        self._state_key = redis_key(project)
        # A connection belongs to the event loop that opened it.
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()
        self._publishing = False
        # What a parent has opened is not the child's to use.
        self._pid = os.getpid()
        try:
            self._client = self._open()
        except ValueError as error:
            raise OnlineStoreError(
                f"the address of Redis is wrong: {error}",
                remedy="set TAMBO_REDIS_URL to redis://host:port/0",
            ) from error
        # The address without its password, for messages.
        known = self._client.connection_pool.connection_kwargs
        where = known.get("path") or f"{known.get('host', 'localhost')}:{known.get('port', 6379)}"
        self._where = f"{where}/{known.get('db', 0)}"

    def __del__(self) -> None:
        for connection in self._idle:
            connection.disconnect()

    def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one round trip; see `OnlineStore.fetch`."""
        for _ in range(_RACES):
            question = self._question(wanted)
            try:
                fetched = self._take_apart(question, self._ask(question))
            except redis.RedisError as error:
                raise self._down(error) from error
            if fetched is not None:
                return fetched
        raise self._busy()

    async def fetch_async(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one round trip; see `OnlineStore.fetch_async`."""
        for _ in range(_RACES):
            question = self._question(wanted)
            try:
                fetched = self._take_apart(question, await self._ask_async(question))
            except redis.RedisError as error:
                raise self._down(error) from error
            if fetched is not None:
                return fetched
        raise self._busy()

    def check(self, stored: Sequence[str]) -> None:
        """Make sure that Redis answers and holds something of the project."""
        try:
            # A database may be shared, so that others' keys say nothing.
            filled = self._client.exists(self._state_key) or any(
                True for _ in self._client.scan_iter(b"*" + self._suffix, count=_SCANNED)
            )
        except redis.RedisError as error:
            raise self._down(error) from error
        if not filled:
            raise OnlineStoreError(
                f"Redis at {self._where} holds no features; wanted: {', '.join(stored)}",
                remedy="run tambo features with TAMBO_REDIS_URL set",
            )

    def close(self) -> None:
        """Close the connections, but for those that an event loop has opened."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.disconnect()
        self._client.close()

    async def close_async(self) -> None:
        """Close the connections, those of the running event loop included."""
        client = self._loops.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
        self.close()

    def _question(self, wanted: Sequence[Wanted]) -> RedisQuestion:
        return RedisQuestion(wanted, self._state_key, self._suffix, previous=self._publishing)

    def _take_apart(self, question: RedisQuestion, replies: _Replies) -> Fetched | None:
        """Read the replies; None if they must be asked for again, with what was replaced."""
        try:
            fetched = question.read(replies)
        except Uncovered:
            self._publishing = True
            return None
        self._publishing = question.replaced
        return fetched

    def _ask(self, question: RedisQuestion) -> _Replies:
        """Send the question over an idle connection; once more if the server had hung up."""
        connection = self._connection()
        try:
            try:
                return _exchange(connection, question)
            except redis.ConnectionError:
                connection.disconnect()
                return _exchange(connection, question)
        except BaseException:
            # What is still on its way must not be taken for the next answer.
            connection.disconnect()
            raise
        finally:
            self._idle.append(connection)

    def _connection(self) -> Any:
        """One that no other thread uses, not yet connected if it is new.

        redis-py's pool asks the socket for stray data each time, which costs as much as an answer.
        Here a connection comes back only when all its replies were read.
        """
        if self._pid != os.getpid():
            self._client, self._idle, self._pid = self._open(), [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return self._client.connection_pool.make_connection()

    def _open(self) -> Any:
        return redis.Redis.from_url(self._url, **{**_options(Retry), **self._options})

    async def _ask_async(self, question: RedisQuestion) -> _Replies:
        pool = self._async_client().connection_pool
        connection = await pool.get_connection()
        try:
            try:
                return await _exchange_async(connection, question)
            except redis.ConnectionError:
                await connection.disconnect()
                return await _exchange_async(connection, question)
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


def _exchange(connection: Any, question: RedisQuestion) -> _Replies:
    connection.send_packed_command([question.payload])
    return [connection.read_response() for _ in range(question.replies)]


async def _exchange_async(connection: Any, question: RedisQuestion) -> _Replies:
    await connection.send_packed_command([question.payload])
    return [await connection.read_response() for _ in range(question.replies)]


def _options(retry: type[Any]) -> dict[str, Any]:
    return {
        "socket_timeout": _TIMEOUT_SECONDS,
        "socket_connect_timeout": _TIMEOUT_SECONDS,
        "retry": retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
    }
