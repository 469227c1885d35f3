"""The keys of a view: those that its table has, and those that lie in the online store."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tambo.lake import reader
from tambo.lake.releases import Release
from tambo.lake.sql import ident
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

Key = tuple[Any, ...]


@dataclass(frozen=True)
class MartKeys:
    """The keys of a view's table.

    Attributes:
        columns: the join keys.
        keys: their values; rows without a key are left out.
    """

    columns: tuple[str, ...]
    keys: Sequence[Key]

    def union(self, others: Iterable[dict[str, Any]], seed: int) -> list[Key]:
        """These keys and others, each once, in an order drawn by a seed."""
        found = dict.fromkeys(self.keys)
        found |= dict.fromkeys(tuple(one[name] for name in self.columns) for one in others)
        return sorted(found, key=lambda key: hashlib.blake2b(f"{seed} {key!r}".encode()).digest())


def mart_keys(settings: Settings, release: Release, view: FeatureView) -> MartKeys:
    """The keys of a view's table at a release; a view without entity has one, which is empty."""
    source = view.batch_source
    columns = {feature: column for column, feature in source.field_mapping.items()}
    names = tuple(key for key in view.join_keys if key != "__dummy_id")
    if not names:
        return MartKeys((), [()])
    quoted = [ident(columns.get(name, name)) for name in names]
    table = ".".join(ident(part) for part in source.table.split("."))
    known = " AND ".join(f"{name} IS NOT NULL" for name in quoted)
    with reader(settings, release.snapshot_id) as lake:
        rows = lake.execute(
            f"SELECT DISTINCT {', '.join(quoted)} FROM lake.{table} WHERE {known}"
        ).fetchall()
    return MartKeys(names, rows)


def stored_keys(
    settings: Settings, store: FeatureStore, view: FeatureView
) -> Iterator[dict[str, Any]]:
    """The keys of a view that lie in the online store, by join key."""
    from feast.infra.key_encoding_utils import deserialize_entity_key
    from feast.type_map import feast_value_type_to_python_type

    if "__dummy_id" in view.join_keys:
        return
    stored = _in_sqlite if settings.redis_url is None else _in_redis
    version = store.config.entity_key_serialization_version
    for serialised in stored(settings, store, view):
        key = deserialize_entity_key(serialised, entity_key_serialization_version=version)
        values = [feast_value_type_to_python_type(value) for value in key.entity_values]
        yield dict(zip(key.join_keys, values, strict=True))


def _in_sqlite(settings: Settings, store: FeatureStore, view: FeatureView) -> Iterator[bytes]:
    uri = f"{settings.online_store.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        table = ident(f"{store.project}_{view.name}")
        for (key,) in connection.execute(f"SELECT DISTINCT entity_key FROM {table}"):
            yield key


def _in_redis(settings: Settings, store: FeatureStore, view: FeatureView) -> Iterator[bytes]:
    """A hash holds all views of its join keys; a view is there if its event time is."""
    import redis

    project = store.project.encode()
    field = f"_ts:{view.name}"
    names = sorted(view.join_keys)
    with redis.Redis.from_url(settings.redis_url or "") as client:
        for key in client.scan_iter(count=1_000):
            if not key.endswith(project) or key.startswith(b"tambo:"):
                continue
            serialised = key.removesuffix(project)
            if _join_keys(serialised) == names and client.hexists(key, field):
                yield serialised


def _join_keys(serialised: bytes) -> list[str]:
    """Names of the join keys of a serialised entity key, version 3."""
    count = int.from_bytes(serialised[:4], "little")
    names, at = [], 4
    for _ in range(count):
        size = int.from_bytes(serialised[at + 4 : at + 8], "little")
        names.append(serialised[at + 8 : at + 8 + size].decode())
        at += 8 + size
    return names
