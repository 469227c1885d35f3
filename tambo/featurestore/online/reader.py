"""Read a feature service's stored features for some entities, with their age and why one is null.

The time to live is applied exactly as in training: a value is served up to and including the
instant event time + ttl, and a ttl of 0 means never expired. A value from after the asking instant
is not served either: training could not have seen it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self

from tambo.errors import FeatureError
from tambo.featurestore.online.keys import KeyWriter
from tambo.featurestore.online.manifest import Feature, OnlineManifest, View
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import OnlineStore, Stored, Wanted
from tambo.featurestore.online.values import decode


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


@dataclass(frozen=True, slots=True)
class OnlineRow:
    """All stored features of one entity row.

    Attributes:
        cells: by full feature name.
        asked_at: the instant that ages and times to live are counted to, in UTC.
        release: number of the release that the store holds.
        as_of: newest availability in that release.
    """

    cells: dict[str, Cell]
    asked_at: datetime
    release: int
    as_of: datetime

    @property
    def values(self) -> dict[str, object]:
        """Values alone, by full feature name."""
        return {name: cell.value for name, cell in self.cells.items()}


class OnlineReader:
    """Reads the features of one feature service; may be used by several threads.

    Args:
        manifest: the resolved feature service.
        store: where Feast wrote the features.
    """

    def __init__(self, manifest: OnlineManifest, store: OnlineStore) -> None:
        self.manifest = manifest
        self._store = store
        self._views = [_ViewReader(view) for view in manifest.views]

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
            asked_at: the asking instant, aware, one for all or one a row; None is the as_of of
                the release that the store holds.

        Returns:
            One row for each entity row, in the same order.

        Raises:
            FeatureError: a join key has the wrong type, or an instant has no zone.
            OnlineStoreError: the store is down, missing or was never filled.
        """
        instants = _instants(asked_at, len(entity_rows))
        keys = [[view.key(row) for row in entity_rows] for view in self._views]
        state, found = self._fetch(keys)
        rows = [
            OnlineRow({}, instant or state.as_of, state.release, state.as_of)
            for instant in instants
        ]
        for view, view_keys in zip(self._views, keys, strict=True):
            stored = found.get(view.view.stored, {})
            for row, key in zip(rows, view_keys, strict=True):
                row.cells.update(view.cells(key, stored, row.asked_at))
        return rows

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

    def _fetch(
        self, keys: Sequence[Sequence[bytes | None]]
    ) -> tuple[StoreState, dict[str, dict[bytes, Stored]]]:
        """Fetch what all views want, each stored view and each key once."""
        asked: dict[str, tuple[dict[bytes, None], dict[str, bytes]]] = {}
        for view, view_keys in zip(self._views, keys, strict=True):
            wanted_keys, fields = asked.setdefault(view.view.stored, ({}, {}))
            wanted_keys.update(dict.fromkeys(key for key in view_keys if key is not None))
            fields.update(view.fields)
        wanted = [Wanted(name, tuple(k), f) for name, (k, f) in asked.items() if k]
        fetched = self._store.fetch(wanted)
        # A store that Tambo did not publish does not say what it holds.
        state = fetched.state or StoreState(self.manifest.release, self.manifest.as_of)
        return state, {one.stored: part for one, part in zip(wanted, fetched.rows, strict=True)}


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

    def __init__(self, view: View) -> None:
        self.view = view
        self.fields = {
            feature.name: bytes.fromhex(feature.redis_field) for feature in view.features
        }
        self._writer = KeyWriter([(key.name, key.type) for key in view.join_keys])
        self._ttl = timedelta(seconds=view.ttl_seconds)
        self._names = [(view.full_name(feature), feature) for feature in view.features]

    def key(self, row: Mapping[str, object]) -> bytes | None:
        """Write the entity key of a row, or None if a part of it is not given."""
        values: dict[str, object] = {}
        for key in self.view.join_keys:
            # A view without entity has one constant key.
            value = "" if key.column is None else row.get(key.column)
            if value is None:
                return None
            values[key.name] = value
        return self._writer.write(values)

    def cells(
        self, key: bytes | None, stored: Mapping[bytes, Stored], now: datetime
    ) -> Iterator[tuple[str, Cell]]:
        """Yield the view's cells of one row."""
        if key is None:
            yield from self._null(Cell(None, None, None, Reason.NO_KEY))
        elif key not in stored:
            yield from self._null(Cell(None, None, None, Reason.UNKNOWN_KEY))
        else:
            event, values = stored[key]
            age = (now - event).total_seconds()
            if event > now:
                yield from self._null(Cell(None, event, age, Reason.LATER))
            elif self._ttl and now - event > self._ttl:
                yield from self._null(Cell(None, event, age, Reason.EXPIRED))
            else:
                for name, feature in self._names:
                    yield name, _cell(feature, values, event, age)

    def _null(self, cell: Cell) -> Iterator[tuple[str, Cell]]:
        for name, _ in self._names:
            yield name, cell


def _cell(feature: Feature, values: Mapping[str, bytes], event: datetime, age: float) -> Cell:
    if feature.name not in values:
        return Cell(None, event, age, Reason.ABSENT)
    value = decode(values[feature.name])
    return Cell(value, event, age, Reason.NULL if value is None else None)
