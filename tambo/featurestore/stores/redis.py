"""TamboRedisOnlineStore: Feast's Redis store, written in batches and read with its ttl."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from feast import FeatureView, RepoConfig  # noqa: TID253 - imported by Feast itself, by name
from feast.infra.online_stores.helpers import _redis_key_prefix  # noqa: TID253
from feast.infra.online_stores.redis import (  # noqa: TID253
    RedisOnlineStore,
    RedisOnlineStoreConfig,
    RedisType,
)
from pydantic import field_validator

from tambo.featurestore.online.redis_store import RedisStore
from tambo.featurestore.online.stamp import read_stamp
from tambo.featurestore.online.store import OnlineStore
from tambo.featurestore.stores.encode import Binary
from tambo.featurestore.stores.publication import PUSH, Publication
from tambo.featurestore.stores.rows import OnlineRows, ProtoRow, rows_of_protos
from tambo.featurestore.stores.served import ServedOnline, layout_of, stored_name
from tambo.featurestore.stores.wire import Call, Wire, stamps

_ROUND_TRIP = 10_000
"""Keys looked at in one round trip."""
_EMPTY = pa.scalar(b"", pa.binary())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TamboRedisOnlineStoreConfig(RedisOnlineStoreConfig):  # type: ignore[misc]
    """The `online_store:` block of feature_store.yaml."""

    type: Literal["tambo.featurestore.stores.redis.TamboRedisOnlineStore"] = (
        "tambo.featurestore.stores.redis.TamboRedisOnlineStore"
    )

    as_of: datetime | None = None
    """Instant that ages are counted to, of all domains; by default the store's clock of each."""

    @field_validator("redis_type")
    @classmethod
    def _one_server(cls, value: RedisType) -> RedisType:
        if value is not RedisType.redis:
            raise ValueError(f"redis_type {value.value} is not supported: use one server")
        return value


class TamboRedisOnlineStore(ServedOnline, RedisOnlineStore):  # type: ignore[misc]
    """Feast's layout; each row is decided on the server, in one round trip a batch."""

    _wire: Wire | None = None
    _reader: tuple[str, RedisStore] | None = None
    kept: list[FeatureView] | None = None
    """Set while a release is published: views that are gone, still read by the old one."""

    def online_write_batch(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: Sequence[ProtoRow],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write rows as Feast hands them over; see Feast's OnlineStore."""
        for rows in rows_of_protos(data):
            self.write_rows(config, table, rows, PUSH)
            if progress is not None:
                progress(len(rows))

    async def online_write_batch_async(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: Sequence[ProtoRow],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write rows in a thread, so that any event loop may wait for them."""
        await asyncio.to_thread(self.online_write_batch, config, table, data, progress)

    def write_rows(
        self, config: RepoConfig, view: FeatureView, rows: OnlineRows, publication: Publication
    ) -> int:
        """Write encoded rows; see `RowStore`."""
        layout = layout_of(view, config, list(rows.values))
        keys = self._hash_keys(config, rows.keys)
        written = self._connected(config).call(
            _call(layout.stored, publication, "force" if publication.overwrite else "decide"),
            keys,
            stamps(rows.events, rows.created, publication.number),
            list(zip(layout.fields, rows.values.values(), strict=True)),
        )
        if config.online_store.key_ttl_seconds:
            self._expire(config, keys)
        return written

    def remove_rows(
        self, config: RepoConfig, view: FeatureView, keys: Binary, publication: Publication
    ) -> None:
        """Put a stand-in for no row where an earlier release had one; see `RowStore`."""
        layout = layout_of(view, config, [one.name for one in view.features])
        never = np.zeros(len(keys), np.int64)
        self._connected(config).call(
            _call(layout.stored, publication, "remove"),
            self._hash_keys(config, keys),
            stamps(never, never, publication.number, removed=True),
            [(field, None) for field in layout.fields],
        )

    def stale_keys(
        self, config: RepoConfig, view: FeatureView, publication: Publication
    ) -> Iterator[Binary]:
        """Entity keys that a release wrote and this publication did not, in batches."""
        for keys, publications in self._written(config, view):
            stale = [
                key
                for key, number in zip(keys, publications, strict=True)
                if number not in {0, publication.number}
            ]
            if stale:
                yield pa.array(stale, pa.binary())

    def written_keys(self, config: RepoConfig, view: FeatureView) -> Iterator[Binary]:
        """All entity keys of a view, in batches."""
        for keys, _ in self._written(config, view):
            yield pa.array(keys, pa.binary())

    def settle(
        self, config: RepoConfig, view: FeatureView, keys: Binary, publication: Publication
    ) -> None:
        """Forget the rows that this publication has replaced, once readers see it."""
        never = np.zeros(len(keys), np.int64)
        self._connected(config).call(
            Call(stored_name(view, config), publication.number, publication.number, "settle"),
            self._hash_keys(config, keys),
            stamps(never, never, 0),
            [],
        )

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        *arguments: Any,
        **named: Any,
    ) -> None:
        """Delete the rows of views that are gone, or keep them for now; see `kept`."""
        if self.kept is not None:
            self.kept += tables_to_delete
            tables_to_delete = []
        super().update(config, tables_to_delete, *arguments, **named)

    def _written(
        self, config: RepoConfig, view: FeatureView
    ) -> Iterator[tuple[list[bytes], list[int]]]:
        """Entity keys of a view with the publication that wrote them."""
        client = self._get_client(config.online_store)
        field = f"_ts:{stored_name(view, config)}"
        project = config.project.encode()
        for found in _chunks(client, _redis_key_prefix(view.join_keys), project):
            with client.pipeline(transaction=False) as pipe:
                for key in found:
                    pipe.hget(key, field)
                pairs = [
                    (key.removesuffix(project), read_stamp(stored).publication)
                    for key, stored in zip(found, pipe.execute(), strict=True)
                    if stored is not None
                ]
            yield [key for key, _ in pairs], [number for _, number in pairs]

    def _expire(self, config: RepoConfig, keys: Binary) -> None:
        with self._get_client(config.online_store).pipeline(transaction=False) as pipe:
            for key in keys.to_pylist():
                pipe.expire(key, config.online_store.key_ttl_seconds)
            pipe.execute()

    async def close(self) -> None:
        """Let go of the connections of the running event loop; a server calls it as it ends."""
        if self._reader is not None:
            await self._reader[1].close_async()

    def _hash_keys(self, config: RepoConfig, keys: Binary) -> Binary:
        project = pa.scalar(config.project.encode(), pa.binary())
        return pc.binary_join_element_wise(keys, project, _EMPTY)

    def _connected(self, config: RepoConfig) -> Wire:
        if self._wire is None:
            self._wire = Wire(self._get_client(config.online_store))
        return self._wire

    def _served(self, config: RepoConfig) -> OnlineStore:
        where = config.online_store.connection_string
        if self._reader is None or self._reader[0] != where:
            nodes, options = self._parse_connection_string(where)
            scheme = "rediss" if options.pop("ssl", False) else "redis"
            url = (
                f"{scheme}://{nodes[0]['host']}:{nodes[0].get('port', 6379)}/{options.pop('db', 0)}"
            )
            self._reader = (where, RedisStore(url, config.project, **options))
        return self._reader[1]


def _call(view: str, publication: Publication, mode: str) -> Call:
    online = -1 if publication.online is None else publication.online
    return Call(view, publication.number, online, mode)


def _chunks(client: Any, prefix: bytes, suffix: bytes) -> Iterator[list[bytes]]:
    """Keys of the database that begin and end so, in batches.

    Entity keys are bytes that may hold a pattern's special characters, so they are matched here.
    """
    cursor, held = 0, []
    while True:
        cursor, found = client.scan(cursor, count=_ROUND_TRIP)
        held += [key for key in found if key.startswith(prefix) and key.endswith(suffix)]
        if held and (len(held) >= _ROUND_TRIP or cursor == 0):
            yield list(dict.fromkeys(held))
            held = []
        if cursor == 0:
            return
