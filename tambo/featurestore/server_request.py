"""Check what a client asks the feature server, and name what is wrong with it.

Feast answers a request that lacks a key as if the key were not stored, and fails inside on others.
JSON has no instants, so those that on-demand views read are taken as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tambo.errors import FeatureError

if TYPE_CHECKING:
    from feast import FeatureStore
    from feast.feature_server import GetOnlineFeaturesRequest

_REMEMBERED = 1000
"""Sets of features whose needs are kept."""


@dataclass(frozen=True)
class Needs:
    """What rows must hold for some features.

    Attributes:
        keys: column of each join key, with the entity's name, which Feast takes in its place.
        instants: fields of the request that are instants.
    """

    keys: Mapping[str, str]
    instants: frozenset[str]


class Preparation:
    """Looks at requests before a store answers them; safe for several threads.

    Args:
        store: what features need is found once, until its registry is read again.
    """

    def __init__(self, store: FeatureStore) -> None:
        self._store = store
        self._known: tuple[object, dict[tuple[str, ...], Needs]] = (None, {})

    def prepare(self, request: GetOnlineFeaturesRequest) -> None:
        """Refuse entity rows that do not fit the features asked for; read their instants.

        Raises:
            FeatureError: a key is missing or null, columns differ in length, or an instant is
                none.
            FeastError: there is no such view or service.
            ValueError: a feature is not named view:feature.
        """
        if not request.feature_service and not request.features:
            raise FeatureError(
                "The request names no features.",
                remedy='add "feature_service": "<name>", or "features": ["<view>:<feature>"]',
            )
        columns = request.entities
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1 or 0 in lengths.values():
            raise FeatureError(
                f"The columns of the entities hold {_counts(lengths)} values.",
                remedy="give each column one value a row, and at least one row",
            )
        needs = self._needs(request)
        _check_keys(columns, needs.keys)
        for name in needs.instants & set(columns):
            columns[name] = [_instant(name, value) for value in columns[name]]

    def _needs(self, request: GetOnlineFeaturesRequest) -> Needs:
        read_at = getattr(self._store.registry, "cached_registry_proto_created", None)
        # One assignment, so that what was found before the registry changed is never kept after.
        since, known = self._known
        if read_at != since or len(known) >= _REMEMBERED:
            known = {}
            self._known = (read_at, known)
        asked = (request.feature_service or "", *request.features)
        found = known.get(asked)
        if found is None:
            views, on_demand = _views(self._store, request)
            found = Needs(_join_keys(self._store, views), frozenset(_instants(on_demand)))
            known[asked] = found
        return found


def _check_keys(columns: Mapping[str, list[Any]], wanted: Mapping[str, str]) -> None:
    missing = sorted(key for key, name in wanted.items() if not {key, name} & set(columns))
    if missing:
        raise FeatureError(
            f"The entities have no column {', '.join(missing)}; "
            f"these features are keyed by {', '.join(sorted(wanted))}.",
            remedy=f'add "{missing[0]}": [...] to "entities"',
        )
    for key, name in wanted.items():
        given = key if key in columns else name
        if None in columns[given]:
            raise FeatureError(
                f"The entity column {given} is null in row {columns[given].index(None) + 1}.",
                remedy="leave rows without a key out: no features are stored for them",
            )


def _views(store: FeatureStore, request: GetOnlineFeaturesRequest) -> tuple[list[Any], list[Any]]:
    """Stored views and on-demand views behind a request."""
    from feast.utils import _get_feature_views_to_use

    features: Any = request.features
    if request.feature_service:
        features = store.get_feature_service(request.feature_service, allow_cache=True)
    found: tuple[list[Any], list[Any]] = _get_feature_views_to_use(
        store.registry, store.project, features, allow_cache=True, hide_dummy_entity=False
    )
    return found


def _join_keys(store: FeatureStore, views: Iterable[Any]) -> dict[str, str]:
    """See `Needs.keys`."""
    from feast.feature_view import DUMMY_ENTITY_ID

    names = {one.join_key: one.name for one in store.list_entities(allow_cache=True)}
    found = {}
    for view in views:
        for column in view.entity_columns:
            if column.name != DUMMY_ENTITY_ID:
                key = view.projection.join_key_map.get(column.name, column.name)
                found[key] = names.get(key, key)
    return found


def _instants(on_demand: Iterable[Any]) -> set[str]:
    """See `Needs.instants`."""
    from feast.types import UnixTimestamp

    return {
        field.name
        for view in on_demand
        for source in view.source_request_sources.values()
        for field in source.schema
        if field.dtype == UnixTimestamp
    }


def _instant(name: str, value: object) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise FeatureError(
            f"The entity column {name} holds {value!r}, which is not an instant with its zone.",
            remedy="write it as 2026-03-01T12:00:00Z",
        )
    return instant


def _counts(lengths: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(lengths.items()))
