"""Redis keys that a release no longer has: what Feast's writer leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from tambo.errors import OnlineStoreError

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

_ROUND_TRIP = 1_000
"""Keys looked at in one pipelined round trip."""


def check_redis(store: FeatureStore) -> None:
    """Make sure that the server answers, before anything is written.

    Raises:
        OnlineStoreError: it does not.
    """
    from redis.exceptions import RedisError

    try:
        _client(store).ping()
    except RedisError as error:
        raise OnlineStoreError(
            f"Redis does not answer: {error}", remedy="start it, or unset TAMBO_REDIS_URL"
        ) from error


def remove_stale(store: FeatureStore, written: Mapping[str, set[bytes]]) -> int:
    """Remove, view by view, the rows of entity keys that were not written.

    Several views share one Redis hash where they share their join keys, so only a view's own
    fields go; a hash without fields is gone by itself.

    Args:
        store: the Feast store.
        written: serialised entity keys by view, all that the release has.

    Returns:
        Rows removed.
    """
    return sum(_remove(store, store.get_feature_view(name), keys) for name, keys in written.items())


def _remove(store: FeatureStore, view: FeatureView, written: set[bytes]) -> int:
    from feast.infra.online_stores.helpers import (
        _mmh3,
        _redis_key_prefix,
        compute_versioned_name,
    )

    client = _client(store)
    config = store.config
    name = compute_versioned_name(view, config.registry.enable_online_feature_view_versioning)
    fields = [f"_ts:{name}".encode(), *(_mmh3(f"{name}:{one.name}") for one in view.features)]
    prefix, project = _redis_key_prefix(view.join_keys), config.project.encode()
    # Entity keys are bytes that may hold a pattern's special characters: match them here.
    found = (
        key
        for key in client.scan_iter(count=_ROUND_TRIP)
        if key.startswith(prefix) and key.endswith(project)
    )
    stale = (key for key in found if key.removesuffix(project) not in written)
    removed = 0
    for keys in _chunks(stale):
        with client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hdel(key, *fields)
            removed += sum(1 for count in pipe.execute() if count)
    return removed


def _chunks(keys: Iterable[bytes]) -> Iterable[list[bytes]]:
    iterator = iter(keys)
    while chunk := list(islice(iterator, _ROUND_TRIP)):
        yield chunk


def _client(store: FeatureStore) -> Any:
    provider = store._get_provider()
    return provider.online_store._get_client(store.config.online_store)
