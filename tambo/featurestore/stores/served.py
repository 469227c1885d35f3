"""What Feast's SDK and its HTTP server read from our online stores: what OnlineReader reads.

Feast does not apply a view's ttl online. Here an expired value is null, its status is
OUTSIDE_MAX_AGE, and a key that is not stored is NOT_FOUND. Ages are counted to the store's own
clock (see `StoreState.clock`), which is another for views of another domain, or to `as_of` of the
configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from feast import FeatureView, RepoConfig, utils  # noqa: TID253 - imported by Feast, by name
from feast.infra.key_encoding_utils import serialize_entity_key  # noqa: TID253
from feast.infra.online_stores.helpers import (  # noqa: TID253
    _mmh3,
    compute_versioned_name,
)
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus  # noqa: TID253
from feast.protos.feast.types.Value_pb2 import Value  # noqa: TID253

from tambo.featurestore.domain import domain_of
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import Fetched, Layout, OnlineStore, Wanted

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
        wanted = _together([part])
        return part.rows(self._served(config).fetch(wanted))

    async def online_read_async(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[Any],
        requested_features: list[str] | None = None,
    ) -> list[FeastRow]:
        """Read one view without blocking the event loop; see Feast's OnlineStore."""
        part = _Part(config, table, entity_keys, requested_features)
        wanted = _together([part])
        return part.rows(await self._served(config).fetch_async(wanted))

    def _read_features_per_fv(self, config: RepoConfig, grouped_refs: Any, *arguments: Any) -> None:
        request = _Request(config, grouped_refs, *arguments)
        request.answer(self._served(config).fetch(request.wanted))

    async def _read_features_per_fv_async(
        self, config: RepoConfig, grouped_refs: Any, *arguments: Any
    ) -> None:
        request = _Request(config, grouped_refs, *arguments)
        request.answer(await self._served(config).fetch_async(request.wanted))


class _Place(NamedTuple):
    """Where the answer to a view is: which `Wanted`, which layout of it, its first value."""

    wanted: int
    layout: int
    start: int


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
        self.layout = layout_of(view, config, self.features)
        self.keys = tuple(dict.fromkeys(self._keys))
        self.place = _Place(0, 0, 0)
        self.expired: set[int] = set()

    def rows(self, fetched: Fetched) -> list[FeastRow]:
        """The rows in the order of the entity keys."""
        now, ttl = _now(self._config, fetched.state, self._view), self._view.ttl
        events, values = fetched.found[self.place.wanted]
        start, end = self.place.start, self.place.start + len(self.features)
        found = {key: at for at, key in enumerate(self.keys)}
        rows: list[FeastRow] = []
        for at, key in enumerate(self._keys):
            one = found[key]
            event = events[one][self.place.layout]
            if event is None:
                rows.append((None, None))
            elif ttl and now - event > ttl:
                self.expired.add(at)
                rows.append((event, {name: Value() for name in self.features}))
            else:
                rows.append((event, _values(self.features, values[one][start:end])))
        return rows


def _values(features: Sequence[str], stored: Sequence[bytes | None]) -> dict[str, Any]:
    pairs = zip(features, stored, strict=True)
    return {name: Value.FromString(value) for name, value in pairs if value is not None}


def _together(parts: Sequence[_Part]) -> list[Wanted]:
    """What to look up for some views: those with the same keys at once. Tells each its place."""
    groups: dict[tuple[bytes, ...], list[_Part]] = {}
    for part in parts:
        groups.setdefault(part.keys, []).append(part)
    for at, group in enumerate(groups.values()):
        start = 0
        for layout, part in enumerate(group):
            part.place = _Place(at, layout, start)
            start += len(part.features)
    return [Wanted(tuple(one.layout for one in group), keys) for keys, group in groups.items()]


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
        self.wanted = _together([part for part, *_ in self._parts])

    def answer(self, fetched: Fetched) -> None:
        """Put the features into the response."""
        for part, table, indexes, length in self._parts:
            places = tuple(indexes)
            start = len(self._response.results)
            utils._populate_response_from_feature_data(
                part.features,
                part.rows(fetched),
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


def _now(config: RepoConfig, state: StoreState | None, view: FeatureView) -> datetime:
    chosen: datetime | None = config.online_store.as_of
    if chosen is not None:
        return chosen if chosen.tzinfo else chosen.replace(tzinfo=UTC)
    return datetime.now(UTC) if state is None else state.now(domain_of(view))
