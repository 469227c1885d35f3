"""What Feast's SDK and its HTTP server read from our online stores: what OnlineReader reads.

Feast does not apply a view's ttl online. Here an expired value is null, its status is
OUTSIDE_MAX_AGE, and a key that is not stored is NOT_FOUND. Ages are counted to the store's own
clock (see `StoreState.clock`), or to `as_of` of the configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from feast import FeatureView, RepoConfig, utils  # noqa: TID253 - imported by Feast, by name
from feast.infra.key_encoding_utils import serialize_entity_key  # noqa: TID253
from feast.infra.online_stores.helpers import (  # noqa: TID253
    _mmh3,
    compute_versioned_name,
)
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus  # noqa: TID253
from feast.protos.feast.types.Value_pb2 import Value  # noqa: TID253

from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import Fetched, Layout, OnlineStore, Stored, Wanted

FeastRow = tuple[datetime | None, dict[str, Any] | None]
"""Event time and values by feature, as Feast's stores return them."""


def stored_name(view: FeatureView, config: RepoConfig) -> str:
    """Name under which a view is stored."""
    name: str = compute_versioned_name(view, config.registry.enable_online_feature_view_versioning)
    return name


def layout_of(view: FeatureView, config: RepoConfig, features: Sequence[str]) -> Layout:
    """What to read of a view."""
    name = stored_name(view, config)
    fields = tuple(_mmh3(f"{name}:{feature}") for feature in features)
    return Layout(name, tuple(features), fields)


class ServedOnline:
    """Mixed into Feast's online stores, before them: reads through our reader of the same store."""

    def _served(self, config: RepoConfig) -> OnlineStore:
        """The reader of the store that the configuration names."""
        raise NotImplementedError

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[Any],
        requested_features: list[str] | None = None,
    ) -> list[FeastRow]:
        """Read one view; see Feast's OnlineStore."""
        part = _Part(config, table, entity_keys, requested_features)
        return part.rows(self._served(config).fetch([part.wanted]), 0)

    async def online_read_async(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[Any],
        requested_features: list[str] | None = None,
    ) -> list[FeastRow]:
        """Read one view without blocking the event loop; see Feast's OnlineStore."""
        part = _Part(config, table, entity_keys, requested_features)
        return part.rows(await self._served(config).fetch_async([part.wanted]), 0)

    def _read_features_per_fv(self, config: RepoConfig, grouped_refs: Any, *arguments: Any) -> None:
        request = _Request(config, grouped_refs, *arguments)
        request.answer(self._served(config).fetch(request.wanted))

    async def _read_features_per_fv_async(
        self, config: RepoConfig, grouped_refs: Any, *arguments: Any
    ) -> None:
        request = _Request(config, grouped_refs, *arguments)
        request.answer(await self._served(config).fetch_async(request.wanted))


class _Part:
    """One view of a request."""

    def __init__(
        self,
        config: RepoConfig,
        view: FeatureView,
        entity_keys: Sequence[Any],
        features: Sequence[str] | None,
    ) -> None:
        self._config = config
        self._view = view
        self.features = list(features or [one.name for one in view.features])
        version = config.entity_key_serialization_version
        self._keys = [
            serialize_entity_key(key, entity_key_serialization_version=version)
            for key in entity_keys
        ]
        self.wanted = Wanted(
            layout_of(view, config, self.features), tuple(dict.fromkeys(self._keys))
        )
        self.expired: set[int] = set()

    def rows(self, fetched: Fetched, position: int) -> list[FeastRow]:
        """The rows in the order of the entity keys."""
        now, ttl = _now(self._config, fetched.state), self._view.ttl
        found = fetched.rows[position]
        rows: list[FeastRow] = []
        for at, key in enumerate(self._keys):
            row = found.get(key)
            if row is not None and ttl and now - row.event_timestamp > ttl:
                self.expired.add(at)
                rows.append((row.event_timestamp, {name: Value() for name in self.features}))
            else:
                rows.append(self._row(row))
        return rows

    def _row(self, row: Stored | None) -> FeastRow:
        if row is None:
            return None, None
        pairs = zip(self.features, row.values, strict=True)
        return row.event_timestamp, {
            name: Value.FromString(value) for name, value in pairs if value is not None
        }


class _Request:
    """All views of a request, read in one round trip."""

    def __init__(
        self,
        config: RepoConfig,
        grouped_refs: Any,
        join_key_values: Any,
        entity_name_to_join_key_map: Any,
        response: Any,
        full_feature_names: bool,
        with_versions: bool,
    ) -> None:
        self._response = response
        self._full_names = full_feature_names
        self._with_versions = with_versions
        self._parts: list[tuple[_Part, Any, Any, int]] = []
        for table, features in grouped_refs:
            values, indexes, length = utils._get_unique_entities(
                table, join_key_values, entity_name_to_join_key_map
            )
            keys = utils._get_entity_key_protos(values)
            self._parts.append((_Part(config, table, keys, features), table, indexes, length))
        self.wanted = [part.wanted for part, *_ in self._parts]

    def answer(self, fetched: Fetched) -> None:
        """Put the features into the response."""
        for position, (part, table, indexes, length) in enumerate(self._parts):
            places = tuple(indexes)
            start = len(self._response.results)
            utils._populate_response_from_feature_data(
                part.features,
                part.rows(fetched, position),
                places,
                self._response,
                self._full_names,
                table,
                length,
                self._with_versions,
            )
            late = [place for at in part.expired for place in places[at]]
            for vector in self._response.results[start:] if late else ():
                for place in late:
                    vector.statuses[place] = FieldStatus.OUTSIDE_MAX_AGE


def _now(config: RepoConfig, state: StoreState | None) -> datetime:
    chosen: datetime | None = config.online_store.as_of
    if chosen is not None:
        return chosen if chosen.tzinfo else chosen.replace(tzinfo=UTC)
    return datetime.now(UTC) if state is None else state.now()
