"""Resolve a feature service into an `OnlineManifest`: the only part that needs Feast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tambo.errors import FeatureError
from tambo.featurestore.domain import service_domain
from tambo.featurestore.online.keys import KEY_TYPES
from tambo.featurestore.online.manifest import Feature, JoinKey, OnDemand, OnlineManifest, View

if TYPE_CHECKING:
    from feast import FeatureStore

    from tambo.as_of import AsOf

FEATURE_TYPES = frozenset(
    f"{scalar}{suffix}"
    for scalar in ("BYTES", "STRING", "INT32", "INT64", "DOUBLE", "FLOAT", "BOOL", "UNIX_TIMESTAMP")
    for suffix in ("", "_LIST", "_SET")
) | {"UUID", "TIME_UUID", "DECIMAL", "JSON"}
"""Feast value types that the reader decodes."""


def resolve(
    store: FeatureStore, feature_service: str, *, release: int, as_of: AsOf
) -> OnlineManifest:
    """Resolve a feature service, with aliases, join-key maps and on-demand views.

    Args:
        store: the Feast store whose registry holds the service.
        feature_service: its name.
        release: number of the release whose features are online.
        as_of: newest availability in that release, by domain.

    Raises:
        FeatureError: the service does not exist, is of several domains, or uses something that the
            reader cannot read.
        ReleaseError: the release holds nothing of the service's domain.
    """
    from feast.errors import FeastObjectNotFoundException

    if store.config.entity_key_serialization_version != 3:
        raise FeatureError(
            "the online store's entity keys are not of version 3",
            remedy="set entity_key_serialization_version: 3 in feature_store.yaml",
        )
    try:
        service = store.get_feature_service(feature_service)
    except FeastObjectNotFoundException as error:
        known = ", ".join(sorted(one.name for one in store.list_feature_services())) or "none"
        raise FeatureError(
            f"feature service {feature_service} does not exist; there are: {known}",
            remedy="run tambo features",
        ) from error

    views: dict[str, View] = {}
    on_demand: list[OnDemand] = []
    for projection in service.feature_view_projections:
        on_demand_view = _on_demand(store, projection)
        if on_demand_view is None:
            _add(views, _view(store, projection, requested=True))
        else:
            on_demand.append(_on_demand_part(on_demand_view, projection))
            for source in _sources(on_demand_view):
                _add(views, _view(store, source, requested=False))
    stored = {projection.name for projection in _stored(store, service)}
    domain = service_domain(service, map(store.get_feature_view, sorted(stored)))
    return OnlineManifest(
        project=store.project,
        feature_service=feature_service,
        release=release,
        domain=domain,
        as_of=as_of.aware(domain),
        views=tuple(views.values()),
        on_demand=tuple(on_demand),
    )


def _stored(store: FeatureStore, service: Any) -> list[Any]:
    """Projections of stored views that a service reads, those behind on-demand views among them."""
    found = []
    for projection in service.feature_view_projections:
        view = _on_demand(store, projection)
        found += [projection] if view is None else _sources(view)
    return found


def _on_demand(store: FeatureStore, projection: Any) -> Any | None:
    names = {view.name: view for view in store.list_on_demand_feature_views()}
    return names.get(projection.name)


def _sources(view: Any) -> list[Any]:
    """Stored views behind an on-demand view; the registry keeps them in no order."""
    return sorted(view.source_feature_view_projections.values(), key=lambda one: one.name_to_use())


def _on_demand_part(view: Any, projection: Any) -> OnDemand:
    stored = {
        field.name: f"{source.name_to_use()}__{field.name}"
        for source in _sources(view)
        for field in source.features
    }
    request = {
        field.name: field.dtype.to_value_type().name
        for source in view.source_request_sources.values()
        for field in source.schema
    }
    return OnDemand(
        name=projection.name_to_use(),
        features={field.name: field.dtype.to_value_type().name for field in projection.features},
        request=request,
        stored=stored,
    )


def _view(store: FeatureStore, projection: Any, *, requested: bool) -> View:
    from feast.infra.online_stores.helpers import (
        _mmh3,
        compute_versioned_name,
    )

    feast_view = store.get_feature_view(projection.name)
    name = projection.name_to_use()
    stored = compute_versioned_name(
        feast_view, store.config.registry.enable_online_feature_view_versioning
    )
    features = [
        Feature(
            name=field.name,
            type=_known(f"{name}__{field.name}", field.dtype.to_value_type().name, FEATURE_TYPES),
            redis_field=_mmh3(f"{stored}:{field.name}").hex(),
            requested=requested,
        )
        for field in projection.features
    ]
    if len({feature.redis_field for feature in features}) < len(features):
        raise FeatureError(f"view {name}: two of its features share one field in Redis")
    return View(
        name=name,
        stored=stored,
        join_keys=tuple(_join_keys(feast_view, projection)),
        features=tuple(features),
        ttl_seconds=feast_view.ttl.total_seconds() if feast_view.ttl else 0.0,
    )


def _join_keys(feast_view: Any, projection: Any) -> list[JoinKey]:
    from feast.feature_view import DUMMY_ENTITY_ID

    return [
        JoinKey(
            name=column.name,
            column=None
            if column.name == DUMMY_ENTITY_ID
            else projection.join_key_map.get(column.name, column.name),
            type=_known(column.name, column.dtype.to_value_type().name, KEY_TYPES),
        )
        for column in feast_view.entity_columns
    ]


def _known(name: str, value_type: str, known: frozenset[str]) -> str:
    if value_type not in known:
        raise FeatureError(
            f"{name} has type {value_type}, which the online reader does not read",
            remedy=f"use one of {', '.join(sorted(known))}",
        )
    return value_type


def _add(views: dict[str, View], view: View) -> None:
    """Add a view, or what it has more than the view of that name which is already there."""
    known = views.get(view.name)
    if known is None:
        views[view.name] = view
        return
    features = {feature.name: feature for feature in known.features}
    for feature in view.features:
        before = features.get(feature.name)
        requested = feature.requested or (before is not None and before.requested)
        features[feature.name] = feature.model_copy(update={"requested": requested})
    views[view.name] = known.model_copy(update={"features": tuple(features.values())})
