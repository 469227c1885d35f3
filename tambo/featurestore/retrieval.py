"""Retrieval jobs: what Feast hands back, run when it is asked for its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import duckdb
import pandas as pd
import pyarrow as pa
from feast.infra.offline_stores.offline_store import (  # noqa: TID253 - imported lazily
    RetrievalJob,
    RetrievalMetadata,
)
from feast.on_demand_feature_view import OnDemandFeatureView  # noqa: TID253
from feast.saved_dataset import SavedDatasetStorage  # noqa: TID253

from tambo.errors import FeatureError
from tambo.featurestore.asof import ViewJoin, Window, join, needs_order, register, relation
from tambo.featurestore.asof import ties_query as ties_sql
from tambo.featurestore.certificate import Evidence, evidence
from tambo.featurestore.columns import Columns, describe, require
from tambo.featurestore.entity_rows import EntityRows, entity_rows
from tambo.featurestore.on_demand import DeclaredInputs
from tambo.featurestore.pinned import Pinned, open_pinned
from tambo.featurestore.plan import request_fields, require_request_fields
from tambo.featurestore.pull import Pull

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig

_ties: dict[tuple[str, int, ViewJoin], bool] = {}
"""Whether a table holds ties, by home, snapshot and view: a snapshot never changes."""


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
        entity_df: pd.DataFrame | pa.Table | str,
        *,
        as_known_at: bool,
        feature_refs: Sequence[str],
        on_demand: Sequence[OnDemandFeatureView],
        full_feature_names: bool,
    ) -> None:
        super().__init__(config)
        self._views = list(views)
        self._entity_df = entity_df
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
        """The entity rows; an SQL query is run once, on the pinned lake."""
        if not isinstance(self._entity_df, str):
            return entity_rows(self._entity_df)
        with open_pinned(self._config) as pinned:
            table = _query(pinned, f"SELECT * FROM ({self._entity_df.strip().rstrip(';')})")
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
            min_event_timestamp=rows.first,
            max_event_timestamp=rows.last,
        )

    def to_sql(self) -> str:
        """The one statement that joins all views; `entity_rows` are the rows given."""
        with open_pinned(self._config) as pinned:
            sql, _ = self._statement(pinned)
        return sql

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        rows = self.entity_rows
        self._refuse_clashes(rows)
        with open_pinned(self._config) as pinned:
            self.snapshot, self.release = pinned.snapshot, pinned.release
            sql, keys = self._statement(pinned)
            register(pinned.connection, rows.lookup(keys))
            joined = _query(pinned, sql)
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

    def _refuse_clashes(self, rows: EntityRows) -> None:
        named = [one.name for view in self._views for one in view.features]
        twice = sorted({name for name in named if name in rows.table.column_names})
        if twice:
            raise FeatureError(
                f"The entity rows already have a column {', '.join(twice)}, as features have.",
                remedy="ask for full feature names, or rename the columns",
            )

    def _statement(self, pinned: Pinned) -> tuple[str, Mapping[str, str]]:
        """The join of all views, and the DuckDB type of each join key."""
        rows = self.entity_rows
        window = None
        if rows.first is not None and rows.last is not None:
            window = Window(rows.first, rows.last)
        parts: list[tuple[ViewJoin, str]] = []
        keys: dict[str, str] = {}
        for view in self._views:
            columns = describe(pinned.connection, view.table, pinned.where)
            require(columns, view.columns(), view.table, pinned.where)
            keys |= _key_types(view, columns, keys)
            sql = relation(
                view,
                columns,
                as_known_at=self.as_known_at,
                ties=self._has_ties(pinned, view, columns),
                window=window,
                keep_expired=self.certify,
            )
            parts.append((view, sql))
        return join(parts, evidence=self.certify), keys

    def _has_ties(self, pinned: Pinned, view: ViewJoin, columns: Columns) -> bool:
        """Whether the row hash is needed; it costs more than looking for ties."""
        if view.unique or not needs_order(view, as_known_at=self.as_known_at):
            return False
        return has_ties(str(self._config.home), pinned, view, columns)


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
            table = _query(pinned, self._statement(pinned))
        return pa.table({name: _zoned(table.column(name)) for name in table.column_names})

    def _statement(self, pinned: Pinned) -> str:
        source = self._pull.source
        columns = describe(pinned.connection, source.table, pinned.where)
        require(columns, self._pull.columns(), source.table, pinned.where)
        # Looking for ties first would read the table twice for one ordering of it.
        return self._build(
            self._pull, columns, as_known_at=self._config.as_known_at, ties=not source.unique
        )


def has_ties(home: str, pinned: Pinned, view: ViewJoin, columns: Columns) -> bool:
    """Whether rows agree in key, event and created time, remembered for each snapshot."""
    known = (home, pinned.snapshot, view)
    if known not in _ties:
        found = pinned.connection.execute(ties_sql(view, columns)).fetchone()
        _ties[known] = found is not None
    return _ties[known]


def _key_types(view: ViewJoin, columns: Columns, known: Mapping[str, str]) -> dict[str, str]:
    types = {entity: columns[column] for entity, column in view.keys}
    for name, kind in types.items():
        if known.get(name, kind) != kind:
            raise FeatureError(
                f"Join key {name} is {kind} in {view.table} and {known[name]} in another view.",
                remedy="give the key one type in all marts",
            )
    return types


def _query(pinned: Pinned, sql: str) -> pa.Table:
    try:
        return pinned.connection.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise FeatureError(
            f"The lake at {pinned.where} could not answer: {error}",
            remedy="correct the query; if memory ran out, raise TAMBO_MEMORY_LIMIT",
        ) from error


def _zoned(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times leave with their zone: the lake's naive times are UTC."""
    if pa.types.is_timestamp(column.type) and column.type.tz is None:
        return column.cast(pa.timestamp(column.type.unit, "UTC"))
    return column
