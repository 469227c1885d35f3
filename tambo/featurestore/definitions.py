"""Feast definitions as data: their hash, and what a registry holds that they no longer do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feast import FeatureStore

# Times of creation, and the pickled function body, whose source text is beside it.
_VOLATILE = frozenset({"meta", "createdTimestamp", "lastUpdatedTimestamp", "body"})

OURS = {"defined_by": "feature_repo"}
"""Tag of the permissions that are ours: those of others stay in the registry."""

_STAND_IN = {"name": "__dummy_id", "valueType": "STRING"}


def definitions_hash(objects: Iterable[Any]) -> str:
    """Hash of Feast objects: the same for the same definitions, in whatever order."""
    texts = sorted(json.dumps(_plain(one), sort_keys=True) for one in objects)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _plain(one: Any) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict

    return {"kind": type(one).__name__, **_stable(MessageToDict(one.to_proto()))}


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _stable(item) for key, item in value.items() if key not in _VOLATILE}
        return {key: item for key, item in kept.items() if item != []}
    if isinstance(value, list):
        # Applying a view without entity adds Feast's stand-in to it.
        return [_stable(item) for item in value if item != _STAND_IN]
    return value


def removed_objects(store: FeatureStore, objects: Sequence[Any]) -> list[Any]:
    """What the registry holds of ours and the definitions no longer do."""
    from feast.feature_view import DUMMY_ENTITY_NAME

    kept = {(type(one).__name__, one.name) for one in objects} | {("Entity", DUMMY_ENTITY_NAME)}
    held = [
        *store.list_feature_services(),
        *store.list_on_demand_feature_views(),
        *store.list_feature_views(),
        *store.list_entities(),
        *store.list_permissions(tags=OURS),
    ]
    return [one for one in held if (type(one).__name__, one.name) not in kept]
