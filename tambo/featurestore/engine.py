"""LakeEngine: Feast's materialization, streamed and without pandas.

Feast's local engine carries every row through pandas, which turns whole numbers with gaps into
floats and hands a missing time on as a number. Here batches go from the lake to the store as
columns, so that memory does not grow with the number of rows, and a null stays null: that is how a
withdrawn key clears what was stored for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from feast.infra.registry.base_registry import BaseRegistry  # noqa: TID253
from feast.protos.feast.types.EntityKey_pb2 import EntityKey  # noqa: TID253
from feast.repo_config import FeastConfigBaseModel  # noqa: TID253
from feast.type_map import python_values_to_proto_values  # noqa: TID253
from feast.utils import _get_column_names  # noqa: TID253

from tambo.featurestore.latest import LatestRows, Since, latest_rows
from tambo.featurestore.pull import Pull
from tambo.featurestore.source import DuckLakeSource
from tambo.featurestore.stores.encode import NUMBERS, Binary
from tambo.featurestore.stores.publication import PUSH, Publication, is_row_store
from tambo.featurestore.stores.rows import encode_keys, rows_of_batch
from tambo.featurestore.value_types import python_values

BATCH_ROWS = 10_000
"""Rows that are held at a time."""

OnlineRow = tuple[Any, dict[str, Any], datetime, datetime | None]
"""Entity key, values by feature, event time, created time: what an online store's writer takes."""


class LakeEngineConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """The `batch_engine:` block of feature_store.yaml."""

    type: str = "tambo.featurestore.engine.LakeEngine"


class LakeEngine(LocalComputeEngine):  # type: ignore[misc]
    """Writes the latest row of each key; views that transform their rows are left to Feast.

    Attributes:
        written: number of keys that a view has at the release, by view, since the engine was made.
        publication: as whom rows are written; see `Publication`.
        since: by view, what the store already holds; the others are written in full.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.written: dict[str, int] = {}
        self.publication: Publication = PUSH
        self.since: Mapping[str, Since] = {}

    def touched_keys(
        self, registry: BaseRegistry, view: FeatureView, end: datetime
    ) -> Iterator[Binary]:
        """Serialised entity keys of a view's increment, in batches."""
        pull = self._pull(registry, view, None, end)
        with latest_rows(self.repo_config.offline_store, pull, self.since[view.name]) as rows:
            for batch in rows.touched_keys(BATCH_ROWS):
                yield _keys(batch, view)

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
        names = view.batch_source.field_mapping
        with self._open(registry, task) as rows:
            count = 0
            for batch in rows.batches(BATCH_ROWS):
                named = [names.get(name, name) for name in batch.schema.names]
                self._put(view, batch.rename_columns(named))
                count += batch.num_rows
            if isinstance(rows, LatestRows) and view.name in self.since:
                for batch in rows.removed_keys(BATCH_ROWS):
                    keys = _keys(batch, view)
                    self.online_store.remove_rows(self.repo_config, view, keys, self.publication)
                count = rows.count()
        self.written[view.name] = count

    def _put(self, view: FeatureView, batch: pa.RecordBatch) -> None:
        if view.online and is_row_store(self.online_store):
            rows = rows_of_batch(batch, view)
            self.online_store.write_rows(self.repo_config, view, rows, self.publication)
        elif view.online:
            self.online_store.online_write_batch(
                self.repo_config, view, online_rows(batch, view), lambda _: None
            )
        # A view may ask to be written offline too: rows of a table of the lake are there already.
        if view.offline and not isinstance(view.batch_source, DuckLakeSource):
            table = pa.Table.from_batches([batch])
            self.offline_store.offline_write_batch(self.repo_config, view, table, None)

    @contextmanager
    def _open(
        self, registry: BaseRegistry, task: MaterializationTask
    ) -> Iterator[LatestRows | _Rows]:
        view = task.feature_view
        pull = self._pull(registry, view, task.start_time, task.end_time)
        if isinstance(view.batch_source, DuckLakeSource):
            with latest_rows(
                self.repo_config.offline_store, pull, self.since.get(view.name)
            ) as rows:
                yield rows
            return
        # Another offline store: it gives its rows as one table.
        job = self.offline_store.pull_latest_from_table_or_query(
            config=self.repo_config,
            data_source=view.batch_source,
            join_key_columns=list(pull.keys),
            feature_name_columns=list(pull.features),
            timestamp_field=pull.event,
            created_timestamp_column=pull.created,
            start_date=task.start_time,
            end_date=task.end_time,
        )
        yield _Rows(job.to_arrow())

    def _pull(
        self, registry: BaseRegistry, view: FeatureView, start: datetime | None, end: datetime
    ) -> Pull:
        entities = [registry.get_entity(name, self.repo_config.project) for name in view.entities]
        keys, features, event, created = _get_column_names(view, entities)
        mapping = getattr(view.batch_source, "field_mapping", None) or {}
        source_names = {name: column for column, name in mapping.items()}
        return Pull(
            source=view.batch_source,
            keys=tuple(keys),
            features=tuple(features),
            event=event,
            created=created or None,
            start=start,
            end=end,
            declared=tuple(
                (source_names.get(one.name, one.name), one.dtype.to_value_type().name)
                for one in view.features
            ),
        )


class _Rows:
    """Rows of another offline store."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def batches(self, size: int) -> Iterator[pa.RecordBatch]:
        """The rows in batches of at most so many."""
        yield from self._table.to_batches(max_chunksize=size)


def _keys(batch: pa.RecordBatch, view: FeatureView) -> Binary:
    names = view.batch_source.field_mapping
    named = batch.rename_columns([names.get(name, name) for name in batch.schema.names])
    kinds = [(key.name, key.dtype.to_value_type().name) for key in view.entity_columns]
    return encode_keys(named, kinds)


def online_rows(batch: pa.RecordBatch, view: FeatureView) -> list[OnlineRow]:
    """Rows of a view as any of Feast's online stores takes them.

    Args:
        batch: one row a key; columns are named as in the view.
        view: the view; its types decide how a value is stored.
    """
    source = view.batch_source
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
    return list(zip(entity_keys, cells, events, known, strict=True))


def _values(batch: pa.RecordBatch, field: Any) -> list[Any]:
    kind = field.dtype.to_value_type()
    column = batch.column(field.name)
    if kind.name in NUMBERS and not pa.types.is_null(column.type):
        column = column.cast(NUMBERS[kind.name])
    values: list[Any] = python_values_to_proto_values(python_values(column), kind)
    return values
