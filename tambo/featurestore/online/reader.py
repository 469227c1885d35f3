"""Read a feature service's stored features for some entities, with their age and why one is null.

The time to live is applied exactly as in training: a value is served up to and including the
instant event time + ttl, and a ttl of 0 means never expired. Where the caller says the asking
instant, a value from after it is not served either: training could not have seen it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self

from tambo.errors import FeatureError
from tambo.featurestore.online.keys import KeyWriter
from tambo.featurestore.online.manifest import OnlineManifest, View
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import Fetched, Layout, OnlineStore, Stored, Wanted
from tambo.featurestore.online.values import DOUBLE, DOUBLE_TAG, decode


class Reason(StrEnum):
    """Why a feature is null."""

    NO_KEY = "no key given"
    UNKNOWN_KEY = "unknown key"
    EXPIRED = "expired"
    LATER = "newer than the request"
    NULL = "null in the store"
    ABSENT = "not materialised"


class Cell(NamedTuple):
    """One feature of one entity."""

    value: object
    event_timestamp: datetime | None
    age_seconds: float | None
    reason: Reason | None
    """Set where the value is None."""


class _Part(NamedTuple):
    """One view's part of a row; the raw values tell a null from what was never written."""

    names: Sequence[str]
    values: Sequence[object]
    raw: Sequence[bytes | None]
    event: datetime | None
    reason: Reason | None

    def cells(self, asked_at: datetime) -> Iterator[Cell]:
        """The view's cells."""
        age = None if self.event is None else (asked_at - self.event).total_seconds()
        for value, raw in zip(self.values, self.raw, strict=True):
            reason = self.reason
            if value is None and reason is None:
                reason = Reason.ABSENT if raw is None else Reason.NULL
            yield Cell(value, self.event, age, reason)


class OnlineRow:
    """All stored features of one entity row.

    Attributes:
        asked_at: the instant that ages and times to live are counted to, in UTC.
        release: number of the release that the store holds.
        as_of: newest availability in that release.
    """

    __slots__ = ("_cells", "_parts", "as_of", "asked_at", "release")

    def __init__(self, asked_at: datetime, release: int, as_of: datetime) -> None:
        self.asked_at, self.release, self.as_of = asked_at, release, as_of
        self._parts: list[_Part] = []
        self._cells: dict[str, Cell] | None = None

    @property
    def cells(self) -> dict[str, Cell]:
        """Values with their freshness, and why one is null, by full feature name."""
        # Most callers want the values alone, and a cell takes longer to make than to decode.
        if self._cells is None:
            self._cells = {
                name: cell
                for part in self._parts
                for name, cell in zip(part.names, part.cells(self.asked_at), strict=True)
            }
        return self._cells

    @property
    def values(self) -> dict[str, object]:
        """Values alone, by full feature name."""
        found: dict[str, object] = {}
        for part in self._parts:
            found.update(zip(part.names, part.values, strict=True))
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OnlineRow) and (
            (self.asked_at, self.release, self.as_of, self.cells)
            == (other.asked_at, other.release, other.as_of, other.cells)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"OnlineRow({self.values}, asked_at={self.asked_at}, release={self.release})"


class OnlineReader:
    """Reads the features of one feature service; for several threads, event loops and forks.

    Args:
        manifest: the resolved feature service.
        store: where Feast wrote the features.
    """

    def __init__(self, manifest: OnlineManifest, store: OnlineStore) -> None:
        self.manifest = manifest
        self._store = store
        layouts = _layouts(manifest.views)
        self._views = [_ViewReader(view, layouts[view.stored]) for view in manifest.views]

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
                clock: as_of of the release that it holds, or the wall clock; what was pushed after
                that instant is then served too.

        Returns:
            One row for each entity row, in the same order.

        Raises:
            FeatureError: a join key has the wrong type, or an instant has no zone.
            OnlineStoreError: the store is down, missing or was never filled.
        """
        question = _Question(self._views, entity_rows, asked_at)
        return self._answer(question, self._store.fetch(question.wanted))

    async def read_async(
        self,
        entity_rows: Sequence[Mapping[str, object]],
        asked_at: datetime | Sequence[datetime | None] | None = None,
    ) -> list[OnlineRow]:
        """Do as `read` does, without blocking the event loop on the network."""
        question = _Question(self._views, entity_rows, asked_at)
        return self._answer(question, await self._store.fetch_async(question.wanted))

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
        # A store that Tambo did not publish does not say what it holds.
        state = fetched.state or StoreState(self.manifest.release, self.manifest.as_of)
        clock = state.now()
        rows = [
            OnlineRow(instant or clock, state.release, state.as_of) for instant in question.instants
        ]
        known = {
            wanted.layout.stored: part
            for wanted, part in zip(question.wanted, fetched.rows, strict=True)
        }
        for view, keys in zip(self._views, question.keys, strict=True):
            view.put(rows, keys, known.get(view.layout.stored, {}), question.instants)
        return rows


class _Question:
    """What is to be looked up: each stored view and each key once."""

    def __init__(
        self,
        views: Sequence[_ViewReader],
        rows: Sequence[Mapping[str, object]],
        asked_at: datetime | Sequence[datetime | None] | None,
    ) -> None:
        self.instants = _instants(asked_at, len(rows))
        # Views of one entity have one key.
        written: dict[tuple[tuple[str, str | None, str], ...], list[bytes | None]] = {}
        for view in views:
            if view.signature not in written:
                written[view.signature] = [view.key(row) for row in rows]
        self.keys = [written[view.signature] for view in views]
        asked: dict[str, tuple[Layout, dict[bytes | None, None]]] = {}
        for view, keys in zip(views, self.keys, strict=True):
            _, wanted = asked.setdefault(view.layout.stored, (view.layout, {}))
            wanted.update(dict.fromkeys(keys))
        self.wanted: list[Wanted] = []
        for layout, wanted in asked.values():
            wanted.pop(None, None)
            if wanted:
                self.wanted.append(Wanted(layout, tuple(wanted)))  # type: ignore[arg-type]


def _layouts(views: Sequence[View]) -> dict[str, Layout]:
    """What to read of each stored view: all that any view or alias of it asks for."""
    features: dict[str, dict[str, bytes]] = {}
    for view in views:
        known = features.setdefault(view.stored, {})
        known.update({one.name: bytes.fromhex(one.redis_field) for one in view.features})
    return {
        stored: Layout(stored, tuple(known), tuple(known.values()))
        for stored, known in features.items()
    }


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


class _ViewReader:
    """Prepares for one view what does not change from request to request."""

    def __init__(self, view: View, layout: Layout) -> None:
        self.layout = layout
        self.signature = tuple((key.name, key.column, key.type) for key in view.join_keys)
        self._columns = [(key.name, key.column) for key in view.join_keys]
        self._writer = KeyWriter([(key.name, key.type) for key in view.join_keys])
        self._ttl = timedelta(seconds=view.ttl_seconds)
        self._names = tuple(view.full_name(feature) for feature in view.features)
        self._nothing = (None,) * len(self._names)
        # Positions in what is read; None if the view wants just that, in order.
        positions = [layout.names.index(feature.name) for feature in view.features]
        self._at = None if positions == [*range(len(layout.names))] else positions
        # A view of doubles, as most are, is decoded at once.
        size = len(self._names)
        alike = all(feature.type == "DOUBLE" for feature in view.features)
        self._doubles = struct.Struct("<" + "xd" * size) if alike else None
        self._tags = bytes([DOUBLE_TAG]) * size

    def key(self, row: Mapping[str, object]) -> bytes | None:
        """Write the entity key of a row, or None if a part of it is not given."""
        values: dict[str, object] = {}
        for name, column in self._columns:
            # A view without entity has one constant key.
            value = "" if column is None else row.get(column)
            if value is None:
                return None
            values[name] = value
        return self._writer.write(values)

    def put(
        self,
        rows: Sequence[OnlineRow],
        keys: Sequence[bytes | None],
        stored: Mapping[bytes, Stored],
        instants: Sequence[datetime | None],
    ) -> None:
        """Give each row the view's part of it; a row without an instant sees what was pushed."""
        names, decode_all, positions = self._names, self._decode, self._at
        for row, key, instant in zip(rows, keys, instants, strict=True):
            found = None if key is None else stored.get(key)
            if found is None:
                reason = Reason.NO_KEY if key is None else Reason.UNKNOWN_KEY
                row._parts.append(self._null(None, reason))
                continue
            event, raw = found
            now = row.asked_at
            if instant is not None and event > now:
                row._parts.append(self._null(event, Reason.LATER))
            elif self._ttl and now - event > self._ttl:
                row._parts.append(self._null(event, Reason.EXPIRED))
            else:
                if positions is not None:
                    raw = [raw[at] for at in positions]
                row._parts.append(_Part(names, decode_all(raw), raw, event, None))

    def _null(self, event: datetime | None, reason: Reason) -> _Part:
        return _Part(self._names, self._nothing, self._nothing, event, reason)

    def _decode(self, raw: Sequence[bytes | None]) -> Sequence[object]:
        if self._doubles is not None and None not in raw:
            joined = b"".join(raw)  # type: ignore[arg-type]  # none of them is None
            if len(joined) == self._doubles.size and joined[:: DOUBLE.size] == self._tags:
                return self._doubles.unpack(joined)
        return [None if one is None else decode(one) for one in raw]
