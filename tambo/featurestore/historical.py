"""Training sets: features of a service at entity rows, at a release, with their certificate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tambo import requesttime
from tambo.errors import FeatureError
from tambo.featurestore.certificate import Certificate, certify
from tambo.featurestore.definitions import definitions_hash
from tambo.featurestore.entity_rows import EntityRows, read_entity_rows
from tambo.featurestore.entity_rows import entity_rows as take_entity_rows
from tambo.featurestore.request_rows import ARROW_TYPES, with_request_fields
from tambo.featurestore.store import open_store
from tambo.lake.state import files_hash
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureService, FeatureStore


__all__ = ["TrainingFrame", "get_features", "get_service", "read_entity_rows"]


@dataclass(frozen=True)
class TrainingFrame:
    """Entity rows with the features known at their times.

    Attributes:
        table: the entity rows' columns as they came, then one column view__feature for each
            feature; rows in the order of the entity rows, repeats included; features that are
            times are UTC.
        certificate: what the rows were made of.
    """

    table: pa.Table
    certificate: Certificate


def get_features(
    settings: Settings,
    service: str,
    entity_rows: pd.DataFrame | pa.Table | Path,
    *,
    release: int | None = None,
    as_known_at: bool = True,
) -> TrainingFrame:
    """Join the features of a service to entity rows, as they were known at each row's time.

    Args:
        settings: the Tambo home.
        service: feature service, for example "flight_price_v1".
        entity_rows: join keys of all views, the entity time `event_timestamp` (naive is UTC), and
            the fields of the request; what the request leaves out is null, and `asked_at` is the
            entity time. A path is read as CSV or Parquet. Other columns are kept.
        release: number of the release; None: the latest.
        as_known_at: False also sees what was not yet known; the certificate says so.

    Raises:
        FeatureError: no such service.
        EntityRowsError: the entity rows lack a time, lack a key, have a column twice or of a wrong
            type.
        SchemaError: the release does not have what the service reads.
        ReleaseError: the release does not exist, was rejected or retired, or none is released.
    """
    from tambo.featurestore.retrieval import HistoricalJob

    store = open_store(settings, release)
    store.config.offline_store.as_known_at = as_known_at
    found = get_service(store, service)
    parts = _parts(store, found)
    rows = _entity_rows(parts, entity_rows)
    rows.require(parts.key_types())
    complete = with_request_fields(rows, parts.request_types())
    job = store.get_historical_features(complete.table, found, full_feature_names=True)
    if not isinstance(job, HistoricalJob):
        raise FeatureError(f"The store of {settings.home} does not read the lake.")
    job.certify = True
    joined = job.to_arrow()
    table = rows.table
    for name in joined.column_names[complete.table.num_columns :]:
        table = table.append_column(name, _nan_to_null(joined.column(name)))
    certificate = certify(
        table.select(table.column_names[rows.table.num_columns :]),
        job.evidence,
        release=job.release,
        snapshot=job.snapshot or 0,
        service=service,
        service_hash=_definitions(store, found, parts),
        entity_rows=rows.table.num_rows,
        as_known_at=job.as_known_at,
    )
    certificate.verify()
    return TrainingFrame(table, certificate)


def get_service(store: FeatureStore, name: str) -> FeatureService:
    """A feature service by name.

    Raises:
        FeatureError: there is none of that name; the remedy names those that are there.
    """
    from feast.errors import FeastObjectNotFoundException

    try:
        return store.get_feature_service(name)
    except FeastObjectNotFoundException as error:
        known = ", ".join(sorted(one.name for one in store.list_feature_services())) or "none"
        raise FeatureError(
            f"There is no feature service {name}.", remedy=f"choose one of: {known}"
        ) from error


@dataclass(frozen=True)
class _Parts:
    """The views that a service is made of, as the service asks for them."""

    views: list[Any]
    on_demand: list[Any]

    def request_types(self) -> dict[str, str]:
        """Feast value type by field of the request."""
        return {
            name: kind.name
            for view in self.on_demand
            for name, kind in view.get_request_data_schema().items()
        }

    def key_types(self) -> dict[str, str]:
        """Feast value type by join key, under the name that the service gives it."""
        return {
            view.projection.join_key_map.get(key.name, key.name): key.dtype.to_value_type().name
            for view in self.views
            for key in view.entity_columns
            if view.entities
        }


def _parts(store: FeatureStore, service: FeatureService) -> _Parts:
    from feast.utils import _get_feature_views_to_use

    views, on_demand = _get_feature_views_to_use(store.registry, store.project, service)
    return _Parts(list(views), list(on_demand))


def _entity_rows(parts: _Parts, rows: pd.DataFrame | pa.Table | Path) -> EntityRows:
    if isinstance(rows, Path):
        kinds = {**parts.request_types(), **parts.key_types()}
        types = {name: ARROW_TYPES[kind] for name, kind in kinds.items() if kind in ARROW_TYPES}
        rows = read_entity_rows(rows, types)
    return take_entity_rows(rows)


def _definitions(store: FeatureStore, service: FeatureService, parts: _Parts) -> str:
    """Hash of all that the service's values depend on besides the release."""
    names = {name for view in parts.views for name in view.entities}
    entities = [store.get_entity(name) for name in sorted(names)]
    unique = {view.name: view for view in [*parts.views, *parts.on_demand]}.values()
    stored = definitions_hash([service, *unique, *entities])
    if not parts.on_demand:
        return stored
    # An on-demand view is one call into this package: its own text says nothing of what it does.
    code = files_hash(Path(requesttime.__file__).parent, [".py"])
    return hashlib.sha256(f"{stored} {code}".encode()).hexdigest()[:16]


def _nan_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """On-demand functions say NaN for what is missing; online it is stored as null."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
