"""Retrieval jobs: what Feast hands back, run when it is asked for its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import pandas as pd
import pyarrow as pa
from feast.infra.offline_stores.offline_store import (  # noqa: TID253 - imported lazily
    RetrievalJob,
    RetrievalMetadata,
)
from feast.on_demand_feature_view import OnDemandFeatureView  # noqa: TID253
from feast.saved_dataset import SavedDatasetStorage  # noqa: TID253

from tambo.errors import EntityRowsError, FeatureError
from tambo.featurestore.asof import ViewJoin, Window, join, register
from tambo.featurestore.certificate import Evidence, evidence
from tambo.featurestore.columns import Columns, describe
from tambo.featurestore.declared import require_declared
from tambo.featurestore.entity_rows import EntityRows, entity_rows
from tambo.featurestore.lake_rows import zoned_type
from tambo.featurestore.on_demand import DeclaredInputs
from tambo.featurestore.pinned import Pinned, open_pinned
from tambo.featurestore.plan import request_fields, request_types, require_request_fields
from tambo.featurestore.pull import Pull
from tambo.featurestore.relations import Relations, relations
from tambo.featurestore.request_rows import require_request_types
from tambo.featurestore.time_range import TimeRange, changes_sql

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig


class _Job(RetrievalJob):  # type: ignore[misc]
    """What all our jobs share."""

    def __init__(self, config: DuckLakeOfflineStoreConfig) -> None:
        super().__init__()
        self._config = config

    @property
    def full_feature_names(self) -> bool:
        return False

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        return []

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self._to_arrow_internal(timeout).to_pandas()
        return frame

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        raise NotImplementedError

    def persist(
        self,
        storage: SavedDatasetStorage,
        allow_overwrite: bool = False,
        timeout: int | None = None,
    ) -> None:
        """Write the rows to a table of the lake, through the one writer."""
        from tambo.featurestore.saved import SavedDatasetDuckLakeStorage
        from tambo.featurestore.write import create

        if not isinstance(storage, SavedDatasetDuckLakeStorage):
            raise FeatureError(
                f"A data set cannot be saved to a {type(storage).__name__}.",
                remedy="use tambo.featurestore.saved.SavedDatasetDuckLakeStorage",
            )
        create(self._config, storage.table, self.to_arrow(), overwrite=allow_overwrite)


class HistoricalJob(_Job):
    """Features at the times of entity rows.

    Attributes:
        certify: collect the evidence of the certificate while joining.
        evidence: of each view, once the job has run with `certify`.
        snapshot: the snapshot that was read, once the job has run.
        release: the release that names it, once the job has run; None for a bare snapshot.
    """

    def __init__(
        self,
        config: DuckLakeOfflineStoreConfig,
        views: Sequence[ViewJoin],
        asked: pd.DataFrame | pa.Table | str | TimeRange,
        *,
        as_known_at: bool,
        feature_refs: Sequence[str],
        on_demand: Sequence[OnDemandFeatureView],
        full_feature_names: bool,
    ) -> None:
        super().__init__(config)
        self._views = list(views)
        self._asked = asked
        self._refs = list(feature_refs)
        keys = {entity for view in views for entity, _ in view.keys}
        self._on_demand = [DeclaredInputs(view, keys) for view in on_demand]
        self._full_feature_names = full_feature_names
        self.as_known_at = as_known_at
        self.certify = False
        self.evidence: list[Evidence] = []
        self.snapshot: int | None = None
        self.release: int | None = None

    @property
    def full_feature_names(self) -> bool:
        """Whether features are named view__feature."""
        return self._full_feature_names

    @property
    def on_demand_feature_views(self) -> list[DeclaredInputs]:
        """Views that Feast computes on the joined rows."""
        return self._on_demand

    @cached_property
    def entity_rows(self) -> EntityRows:
        """The entity rows; a query or a range of time is asked once, of the pinned lake."""
        asked = self._asked
        if isinstance(asked, TimeRange):
            return entity_rows(self._changes(asked))
        if not isinstance(asked, str):
            return entity_rows(asked)
        with self._pinned() as pinned:
            table = pinned.query(_query_once(pinned, asked))
        views = [one.view for one in self._on_demand]
        require_request_fields(table.column_names, request_fields(views))
        return entity_rows(table)

    @property
    def metadata(self) -> RetrievalMetadata:
        """Which features, for which columns, over which times."""
        rows = self.entity_rows
        return RetrievalMetadata(
            features=self._refs,
            keys=[name for name in rows.table.column_names if name != rows.time_column],
            min_event_timestamp=_aware(rows.first),
            max_event_timestamp=_aware(rows.last),
        )

    def to_sql(self) -> str:
        """The one statement that joins all views; `entity_rows` are the rows given."""
        with self._pinned() as pinned:
            return join(self._relations(pinned).parts, evidence=self.certify)

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        rows = self.entity_rows
        self._refuse_clashes(rows)
        for asking in self._on_demand:
            require_request_types(rows.table, request_types(asking.view))
        with self._pinned() as pinned:
            self.snapshot, self.release = pinned.snapshot, pinned.release
            found = self._relations(pinned)
            register(pinned.connection, rows.lookup(found.keys))
            joined = pinned.query(join(found.parts, evidence=self.certify))
        if joined.num_rows != rows.table.num_rows:
            raise FeatureError(
                f"{rows.table.num_rows} entity rows became {joined.num_rows}: "
                "a table that is declared to hold records has several rows of one availability.",
                remedy="correct `records` or `unique` of the source, or the mart",
            )
        if self.certify:
            self.evidence = [
                evidence(view, index, joined, rows.times) for index, view in enumerate(self._views)
            ]
        answer = rows.table
        for view in self._views:
            for one in view.features:
                answer = answer.append_column(one.name, _zoned(joined.column(one.name)))
        return answer

    @contextmanager
    def _pinned(self) -> Iterator[Pinned]:
        """The lake at one snapshot for the whole job: a release made meanwhile changes nothing."""
        with open_pinned(self._config) as pinned:
            self._config = self._config.model_copy(
                update={"snapshot": pinned.snapshot, "release": pinned.release}
            )
            yield pinned

    def _relations(self, pinned: Pinned) -> Relations:
        first, last = self.entity_rows.first, self.entity_rows.last
        return relations(
            pinned,
            self._views,
            as_known_at=self.as_known_at,
            window=None if first is None or last is None else Window(first, last),
            keep_expired=self.certify,
            entity_rows=self.entity_rows.table.num_rows,
        )

    def _changes(self, asked: TimeRange) -> pa.Table:
        with self._pinned() as pinned:
            found = relations(
                pinned, self._views, as_known_at=self.as_known_at, window=asked.window
            )
            table = pinned.query(changes_sql(found.parts, asked))
        return pa.table({name: _zoned(table.column(name)) for name in table.column_names})

    def _refuse_clashes(self, rows: EntityRows) -> None:
        named = [one.name for view in self._views for one in view.features]
        twice = sorted({name for name in named if name in rows.table.column_names})
        if twice:
            raise FeatureError(
                f"The entity rows already have a column {', '.join(twice)}, as features have.",
                remedy="ask for full feature names, or rename the columns",
            )


def _query_once(pinned: Pinned, asked: str) -> str:
    """A query for entity rows as a subquery, so that it can be nothing else.

    Raises:
        EntityRowsError: it names a column twice; DuckDB would rename the second.
    """
    asked = asked.strip().rstrip(";")
    wrapped = f"SELECT * FROM ({asked}\n)"
    names = pinned.columns(wrapped) and pinned.columns(asked)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EntityRowsError(
            f"The query for entity rows has more than one column named {', '.join(twice)}.",
            remedy="name each column once, with AS",
        )
    return wrapped


class PullSql(Protocol):
    """Builds the SQL of a pull."""

    def __call__(self, pull: Pull, columns: Columns, *, as_known_at: bool, ties: bool) -> str:
        """SQL over the table of the pull."""


class PullJob(_Job):
    """Rows of one table, for materialization and saved data sets."""

    def __init__(self, config: DuckLakeOfflineStoreConfig, pull: Pull, build: PullSql) -> None:
        super().__init__(config)
        self._pull = pull
        self._build = build

    @property
    def metadata(self) -> RetrievalMetadata | None:
        """None: there are no entity rows."""
        return None

    def to_sql(self) -> str:
        """The statement over the pinned lake."""
        with open_pinned(self._config) as pinned:
            return self._statement(pinned)

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        with open_pinned(self._config) as pinned:
            table = pinned.query(self._statement(pinned))
        return pa.table({name: _zoned(table.column(name)) for name in table.column_names})

    def _statement(self, pinned: Pinned) -> str:
        source = self._pull.source
        columns = describe(pinned.connection, source.table, pinned.where)
        require_declared(pinned, source.table, columns, self._pull)
        # Looking for ties first would read the table twice for one ordering of it.
        return self._build(
            self._pull, columns, as_known_at=self._config.as_known_at, ties=not source.unique
        )


def _aware(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(tzinfo=UTC)


def _zoned(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times leave with their zone, at any depth: the lake's naive times are UTC."""
    kind = zoned_type(column.type)
    return column if kind == column.type else column.cast(kind)
