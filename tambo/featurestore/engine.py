"""LakeEngine: Feast's materialization, in batches and without pandas.

Feast's local engine carries every row through pandas, which turns whole numbers with gaps into
floats and hands a missing time on as a number. Here a row goes from Arrow to Feast's values, and
a null stays null: that is how a withdrawn key clears what was stored for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
from feast import FeatureView  # noqa: TID253 - imported by Feast itself, by name
from feast.infra.common.materialization_job import (  # noqa: TID253
    MaterializationJobStatus,
    MaterializationTask,
)
from feast.infra.compute_engines.local.compute import LocalComputeEngine  # noqa: TID253
from feast.infra.compute_engines.local.job import LocalMaterializationJob  # noqa: TID253
from feast.infra.key_encoding_utils import serialize_entity_key  # noqa: TID253
from feast.infra.registry.base_registry import BaseRegistry  # noqa: TID253
from feast.protos.feast.types.EntityKey_pb2 import EntityKey  # noqa: TID253
from feast.repo_config import FeastConfigBaseModel  # noqa: TID253
from feast.type_map import python_values_to_proto_values  # noqa: TID253
from feast.utils import _get_column_names  # noqa: TID253

BATCH_ROWS = 10_000
"""Rows that are held as Feast's values at a time."""

_NUMBERS = {"INT32": pa.int32(), "INT64": pa.int64(), "FLOAT": pa.float32(), "DOUBLE": pa.float64()}
"""A mart may hold a decimal where the view declares a double."""

OnlineRow = tuple[Any, dict[str, Any], datetime, datetime | None]
"""Entity key, values by feature, event time, created time: what an online store's writer takes."""


class LakeEngineConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """The `batch_engine:` block of feature_store.yaml."""

    type: str = "tambo.featurestore.engine.LakeEngine"


class LakeEngine(LocalComputeEngine):  # type: ignore[misc]
    """Writes the latest row of each key; views that transform their rows are left to Feast.

    Attributes:
        written: number of keys written by view, since the engine was made.
        keys: the keys themselves, serialised; only if `keep_keys` is set before.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.written: dict[str, int] = {}
        self.keep_keys = False
        self.keys: dict[str, set[bytes]] = {}

    def _materialize_one(
        self, registry: BaseRegistry, task: MaterializationTask, **kwargs: Any
    ) -> LocalMaterializationJob:
        view = task.feature_view
        if getattr(view, "feature_transformation", None) or getattr(view, "aggregations", None):
            return super()._materialize_one(registry, task, **kwargs)
        job = f"{view.name}-{task.start_time}-{task.end_time}"
        try:
            self._write(registry, task)
        except Exception as error:  # Feast raises the job's error itself
            return LocalMaterializationJob(job, MaterializationJobStatus.ERROR, error=error)
        return LocalMaterializationJob(job, MaterializationJobStatus.SUCCEEDED)

    def _write(self, registry: BaseRegistry, task: MaterializationTask) -> None:
        view = task.feature_view
        entities = [registry.get_entity(name, task.project) for name in view.entities]
        keys, features, event, created = _get_column_names(view, entities)
        rows = self.offline_store.pull_latest_from_table_or_query(
            config=self.repo_config,
            data_source=view.batch_source,
            join_key_columns=keys,
            feature_name_columns=features,
            timestamp_field=event,
            created_timestamp_column=created,
            start_date=task.start_time,
            end_date=task.end_time,
        ).to_arrow()
        names = view.batch_source.field_mapping
        rows = rows.rename_columns([names.get(name, name) for name in rows.column_names])
        self.written[view.name] = rows.num_rows
        if view.online:
            kept = self.keys.setdefault(view.name, set())
            for batch in online_rows(rows, view):
                if self.keep_keys:
                    kept |= {self._serialised(row[0]) for row in batch}
                self.online_store.online_write_batch(self.repo_config, view, batch, lambda _: None)
        if view.offline:
            self.offline_store.offline_write_batch(self.repo_config, view, rows, None)

    def _serialised(self, key: Any) -> bytes:
        version = self.repo_config.entity_key_serialization_version
        serialised: bytes = serialize_entity_key(key, entity_key_serialization_version=version)
        return serialised


def online_rows(rows: pa.Table, view: FeatureView) -> Iterator[list[OnlineRow]]:
    """Rows of a view as online stores take them, in batches.

    Args:
        rows: one row a key; columns are named as in the view.
        view: the view; its types decide how a value is stored.
    """
    source = view.batch_source
    for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
        keys = {key.name: _values(batch, key) for key in view.entity_columns}
        # Feast's own writer puts the join keys of an entity key in this order.
        entity_keys = [
            EntityKey(join_keys=list(keys), entity_values=values)
            for values in zip(*keys.values(), strict=True)
        ]
        values = {field.name: _values(batch, field) for field in view.features}
        events = batch.column(source.timestamp_field).to_pylist()
        known = (
            batch.column(source.created_timestamp_column).to_pylist()
            if source.created_timestamp_column
            else [None] * batch.num_rows
        )
        cells = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
        yield list(zip(entity_keys, cells, events, known, strict=True))


def _values(batch: pa.RecordBatch, field: Any) -> list[Any]:
    kind = field.dtype.to_value_type()
    column = batch.column(field.name)
    if kind.name in _NUMBERS and not pa.types.is_null(column.type):
        column = column.cast(_NUMBERS[kind.name])
    values: list[Any] = python_values_to_proto_values(column.to_pylist(), kind)
    return values
