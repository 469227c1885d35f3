"""Read a feature service's stored features for some entities, with their age and why one is null.

The time to live is applied exactly as in training: a value is served up to and including the
instant event time + ttl, and a ttl of 0 means never expired. Where the caller says the asking
instant, a value from after it is not served either: training could not have seen it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Self

from tambo.as_of import AsOf
from tambo.errors import FeatureError
from tambo.featurestore.online.group import ViewGroup
from tambo.featurestore.online.manifest import OnlineManifest, View
from tambo.featurestore.online.row import Answer, OnlineRow
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import Fetched, OnlineStore


class OnlineReader:
    """Reads the features of one feature service; for several threads, event loops and forks.

    Args:
        manifest: the resolved feature service.
        store: where Feast wrote the features.
    """

    def __init__(self, manifest: OnlineManifest, store: OnlineStore) -> None:
        self.manifest = manifest
        self._store = store
        # A store that Tambo did not publish does not say what it holds.
        held = AsOf({manifest.domain or "": manifest.as_of})
        self._unsaid = StoreState(manifest.release, held)
        self._groups = [ViewGroup(views) for views in _by_key(manifest.views)]
        names = tuple(name for group in self._groups for name in group.columns.names)
        order = tuple(view.full_name(one) for view in manifest.views for one in view.features)
        self._order = None if names == order else order

    @classmethod
    def open(
        cls, manifest: OnlineManifest, *, sqlite: Path | None = None, redis_url: str | None = None
    ) -> Self:
        """Open a reader on Redis if its address is given, else on a SQLite file.

        Raises:
            FeatureError: neither is given.
            OnlineStoreError: the address of Redis is wrong.
        """
        # Each store is imported only where it is used.
        if redis_url is not None:
            from tambo.featurestore.online.redis_store import RedisStore

            return cls(manifest, RedisStore(redis_url, manifest.project))
        if sqlite is not None:
            from tambo.featurestore.online.sqlite_store import SqliteStore

            return cls(manifest, SqliteStore(sqlite, manifest.project))
        raise FeatureError("neither a SQLite file nor the address of a Redis was given")

    def narrowed(self, views: Collection[str]) -> OnlineReader:
        """Make a reader of some of the views alone, on the same store.

        Args:
            views: their names in the service.
        """
        kept = tuple(view for view in self.manifest.views if view.name in views)
        return OnlineReader(self.manifest.model_copy(update={"views": kept}), self._store)

    def read(
        self,
        entity_rows: Sequence[Mapping[str, object]],
        asked_at: datetime | Sequence[datetime | None] | None = None,
    ) -> list[OnlineRow]:
        """Read all stored features of some entities in one round trip.

        Args:
            entity_rows: join-key values by column; a column that is missing or None gives null
                features, other columns are ignored.
            asked_at: the asking instant, aware, one for all or one a row. None is the store's own
                clock: as_of of the service's domain in the release that it holds, or the wall
                clock; what was pushed after that instant is then served too.

        Returns:
            One row for each entity row, in the same order.

        Raises:
            FeatureError: a join key has the wrong type, or an instant has no zone.
            OnlineStoreError: the store is down, missing or empty, or holds nothing of the domain.
        """
        question = _Question(self._groups, entity_rows, asked_at)
        fetched = self._store.fetch(question.wanted)
        if fetched.nothing:
            # A store that lost all it held is not one that does not know these keys.
            self.check()
        return self._answer(question, fetched)

    async def read_async(
        self,
        entity_rows: Sequence[Mapping[str, object]],
        asked_at: datetime | Sequence[datetime | None] | None = None,
    ) -> list[OnlineRow]:
        """Do as `read` does, without blocking the event loop on the network."""
        question = _Question(self._groups, entity_rows, asked_at)
        fetched = await self._store.fetch_async(question.wanted)
        if fetched.nothing:
            await asyncio.to_thread(self.check)
        return self._answer(question, fetched)

    def check(self) -> None:
        """Make sure that the store can be read and is filled.

        Raises:
            OnlineStoreError: it cannot, or it is not.
        """
        self._store.check(sorted({view.stored for view in self.manifest.views}))

    def close(self) -> None:
        """Let go of files and connections."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def close_async(self) -> None:
        """Let go of files and connections, those of the running event loop included."""
        await self._store.close_async()

    def _answer(self, question: _Question, fetched: Fetched) -> list[OnlineRow]:
        state = fetched.state or self._unsaid
        domain = self.manifest.domain
        as_of = state.instant(domain)
        clock = as_of if state.clock == "release" else state.now(domain)
        instants = question.instants
        asked_at = [instant or clock for instant in instants]
        parts = [
            group.parts(keys, wanted.keys, found, asked_at, instants)
            for group, keys, wanted, found in zip(
                self._groups, question.keys, question.wanted, fetched.found, strict=True
            )
        ]
        answer = Answer(state.release, as_of, self._order)
        # A service of request-time features alone has no parts.
        rows = zip(*parts, strict=True) if parts else repeat((), len(asked_at))
        return [OnlineRow(now, answer, row) for now, row in zip(asked_at, rows, strict=True)]


class _Question:
    """What is to be looked up: the keys of each group of views."""

    def __init__(
        self,
        groups: Sequence[ViewGroup],
        rows: Sequence[Mapping[str, object]],
        asked_at: datetime | Sequence[datetime | None] | None,
    ) -> None:
        self.instants = _instants(asked_at, len(rows))
        self.keys = [group.keys(rows) for group in groups]
        self.wanted = [group.wanted(keys) for group, keys in zip(groups, self.keys, strict=True)]


def _by_key(views: Sequence[View]) -> list[list[View]]:
    """Put views together that have the same key in every row, in the order of the first."""
    groups: dict[tuple[tuple[str, str | None, str], ...], list[View]] = {}
    for view in views:
        signature = tuple((key.name, key.column, key.type) for key in view.join_keys)
        groups.setdefault(signature, []).append(view)
    return list(groups.values())


def _instants(
    asked_at: datetime | Sequence[datetime | None] | None, size: int
) -> list[datetime | None]:
    instants = [asked_at] * size if isinstance(asked_at, datetime | None) else list(asked_at)
    if len(instants) != size:
        raise FeatureError(f"{len(instants)} instants were given for {size} entity rows")
    return [None if instant is None else _utc(instant) for instant in instants]


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise FeatureError(
            f"the instant {instant.isoformat()} has no zone", remedy="add one, e.g. +00:00"
        )
    return instant.astimezone(UTC)
