"""From Feast's views and feature references to what the as-of join must know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from feast.feature_view import DUMMY_ENTITY_ID, FeatureView  # noqa: TID253 - imported lazily
from feast.on_demand_feature_view import OnDemandFeatureView  # noqa: TID253
from feast.utils import _parse_feature_ref  # noqa: TID253

from tambo.errors import EntityRowsError, FeatureError
from tambo.featurestore.asof import Feature, ViewJoin
from tambo.featurestore.source import DuckLakeSource

_NUMBERS = {"INT32": "INTEGER", "INT64": "BIGINT", "FLOAT": "FLOAT", "DOUBLE": "DOUBLE"}
"""DuckDB's type of the numbers that Feast knows, by Feast's value type."""


def plan_views(
    views: Sequence[FeatureView], refs: Sequence[str], *, full_feature_names: bool
) -> list[ViewJoin]:
    """One join for each view, with the features that the references ask of it.

    Raises:
        FeatureError: a view does not read a table of the lake.
    """
    wanted: dict[str, list[str]] = {}
    for ref in refs:
        name, version, feature = _parse_feature_ref(ref)
        view_name = name if version is None else f"{name}@v{version}"
        wanted.setdefault(view_name, []).append(feature)
    return [
        _plan_view(view, wanted.get(view.projection.name_to_use(), []), full_feature_names)
        for view in views
    ]


def _plan_view(view: FeatureView, features: Iterable[str], full: bool) -> ViewJoin:
    source = view.batch_source
    if not isinstance(source, DuckLakeSource):
        raise FeatureError(
            f"View {view.name} reads a {type(source).__name__}, not a table of the lake.",
            remedy="use tambo.featurestore.source.DuckLakeSource",
        )
    columns: dict[str, str] = {name: column for column, name in source.field_mapping.items()}
    prefix = view.projection.name_alias or view.name
    aliases = view.projection.join_key_map
    types = {one.name: one.dtype.to_value_type().name for one in view.features}
    keys = [key.name for key in view.entity_columns if key.name != DUMMY_ENTITY_ID]
    return ViewJoin(
        name=view.projection.name_to_use(),
        table=source.table,
        keys=tuple((aliases.get(key, key), columns.get(key, key)) for key in keys),
        features=tuple(
            Feature(
                columns.get(name, name),
                f"{prefix}__{name}" if full else name,
                _NUMBERS.get(types.get(name, "")),
                types.get(name),
            )
            for name in dict.fromkeys(features)
        ),
        event=columns.get(source.timestamp_field) or source.timestamp_field,
        created=columns.get(source.created_timestamp_column)
        or source.created_timestamp_column
        or None,
        # Feast reads a ttl of zero as none.
        ttl=view.ttl if view.ttl and view.ttl > timedelta(0) else None,
        unique=source.unique,
        records=source.records,
    )


def request_fields(on_demand: Iterable[OnDemandFeatureView]) -> dict[str, str]:
    """Fields that the entity rows must bring for on-demand views, with the view that needs each."""
    return {field: view.name for view in on_demand for field in view.get_request_data_schema()}


def request_types(view: OnDemandFeatureView) -> dict[str, str]:
    """Feast value type by field that an on-demand view reads from the request."""
    return {name: kind.name for name, kind in view.get_request_data_schema().items()}


def require_request_fields(have: Collection[str], fields: dict[str, str]) -> None:
    """Check that the entity rows bring what on-demand views read from the request.

    Raises:
        EntityRowsError: a field is missing.
    """
    absent = {field: view for field, view in fields.items() if field not in have}
    if absent:
        named = ", ".join(f"{field} (for {view})" for field, view in absent.items())
        raise EntityRowsError(
            f"The entity rows lack request fields: {named}.",
            remedy="pass entity rows with these columns; null where a value is not known",
        )
