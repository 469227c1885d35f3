"""Read the online store that Feast's Redis writer made.

There is one hash an entity key (key bytes followed by the project), shared by all views of that
entity. Its fields are the murmur3 hash of view:feature for each value, and `_ts:view` for the
event time, so all features of a request come back in one pipelined round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis

from tambo.errors import OnlineStoreError
from tambo.featurestore.online.state import StoreState, redis_key
from tambo.featurestore.online.store import Fetched, Stored, Wanted
from tambo.featurestore.online.values import decode_timestamp

_TIMEOUT_SECONDS = 2.0


class RedisStore:
    """Reads one Redis database; may be used by several threads.

    Args:
        url: redis://, rediss:// or unix:// address.
        project: Feast's project name.

    Raises:
        OnlineStoreError: the address is not one.
    """

    def __init__(self, url: str, project: str) -> None:
        self._suffix = project.encode("utf-8")
        self._state_key = redis_key(project)
        try:
            self._client: Any = redis.Redis.from_url(
                url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
            )
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
        plans = [_Plan(one) for one in wanted]
        try:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.get(self._state_key)
                for plan in plans:
                    for key in plan.wanted.keys:
                        pipe.hmget(key + self._suffix, plan.fields)
                replies = iter(pipe.execute())
        except redis.RedisError as error:
            raise self._down(error) from error
        says = next(replies)
        rows = [
            {key: one for key in plan.wanted.keys if (one := plan.read(next(replies))) is not None}
            for plan in plans
        ]
        return Fetched(None if says is None else StoreState.parse(says), rows)

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
        """Close the connections."""
        self._client.close()

    def _down(self, error: redis.RedisError) -> OnlineStoreError:
        return OnlineStoreError(
            f"Redis at {self._where} does not answer: {error}",
            remedy="start it, or correct TAMBO_REDIS_URL",
        )


class _Plan:
    """The hash fields of one view, and how to read them."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.names = list(wanted.fields)
        self.fields = [*wanted.fields.values(), f"_ts:{wanted.stored}".encode()]

    def read(self, reply: list[bytes | None]) -> Stored | None:
        *values, event = reply
        if event is None:
            return None
        pairs = zip(self.names, values, strict=True)
        return Stored(decode_timestamp(event), {name: v for name, v in pairs if v is not None})
