"""DuckLakeOfflineStore: Feast's offline store over the lake, as-known-at, at a release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from feast.data_source import DataSource  # noqa: TID253 - imported by Feast itself, by name
from feast.feature_logging import LoggingConfig, LoggingSource  # noqa: TID253
from feast.feature_view import DUMMY_ENTITY_ID, FeatureView  # noqa: TID253
from feast.infra.offline_stores.offline_store import OfflineStore, RetrievalJob  # noqa: TID253
from feast.infra.registry.base_registry import BaseRegistry  # noqa: TID253
from feast.on_demand_feature_view import OnDemandFeatureView  # noqa: TID253
from feast.repo_config import FeastConfigBaseModel, RepoConfig  # noqa: TID253
from pydantic import field_serializer, field_validator

from tambo.errors import FeatureError, SettingsError
from tambo.featurestore.entity_rows import column_names
from tambo.featurestore.plan import plan_views, request_fields, require_request_fields
from tambo.featurestore.pull import Pull, pull_all_sql, pull_latest_sql
from tambo.featurestore.retrieval import HistoricalJob, PullJob
from tambo.featurestore.saved import DuckLakeLoggingDestination
from tambo.featurestore.source import DuckLakeSource, read_config
from tambo.featurestore.time_range import TimeRange, time_range

STORE_TYPE = "tambo.featurestore.offline.DuckLakeOfflineStore"


class DuckLakeOfflineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """The `offline_store:` block of feature_store.yaml.

    Without `release` and `snapshot` the latest release is read, looked up at each read.
    """

    type: str = STORE_TYPE
    home: Path = Path(".tambo")
    """The Tambo home that holds the lake."""

    release: int | Literal["head"] | None = None
    """Release to read; "head": the newest state of the lake, released or not."""

    snapshot: int | None = None
    """Snapshot to read, released or not; beside it, `release` is its name and is not looked up."""

    as_known_at: bool = True
    """False: the plain event-time join, which sees what was not yet known."""

    memory_limit: str = "2GB"
    """DuckDB's memory before it spills to disk."""

    threads: int = 2
    """DuckDB's threads."""

    @field_validator("home")
    @classmethod
    def _expanded(cls, home: Path) -> Path:
        if "$" in str(home):
            raise SettingsError(
                f"The offline store's home is {home}: the variable is not set.",
                remedy='export TAMBO_HOME="$PWD/.tambo"',
            )
        return home

    @field_serializer("home")
    def _as_text(self, home: Path) -> str:
        """Dumped configurations become YAML, which has no paths."""
        return str(home)


class DuckLakeOfflineStore(OfflineStore):  # type: ignore[misc]
    """Point-in-time joins in DuckDB over a pinned snapshot of the lake."""

    supports_filter_by_created_timestamp = True

    @staticmethod
    def get_historical_features(  # noqa: D417 - Feast's own arguments
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | pa.Table | str | None,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        filter_by_created_timestamp: bool = False,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        **_: Any,
    ) -> RetrievalJob:
        """Join the features known at each entity row's time; see `tambo.featurestore.asof`.

        Args:
            entity_df: a pandas frame, an Arrow table, or an SQL query over the lake. None: every
                key at each instant of the range at which what is served for it changes; see
                `tambo.featurestore.time_range`.
            start_date: first instant of the range; by default the longest ttl before its end.
            end_date: last instant of the range; by default now.
            filter_by_created_timestamp: as-known-at even where the store's default is off.

        Raises:
            EntityRowsError: the entity rows lack a time, a key or a request field.
            FeatureError: the range is empty.
        """
        views = plan_views(feature_views, feature_refs, full_feature_names=full_feature_names)
        sources = [_lake_source(view.batch_source) for view in feature_views]
        on_demand = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        asked = time_range(feature_views, start_date, end_date) if entity_df is None else entity_df
        if isinstance(asked, TimeRange):
            have = [entity for view in views for entity, _ in view.keys]
            require_request_fields(have, request_fields(on_demand))
        elif not isinstance(asked, str):
            require_request_fields(column_names(asked), request_fields(on_demand))
        return HistoricalJob(
            config=read_config(config.offline_store, sources),
            views=views,
            asked=asked,
            as_known_at=config.offline_store.as_known_at or filter_by_created_timestamp,
            feature_refs=feature_refs,
            on_demand=on_demand,
            full_feature_names=full_feature_names,
        )

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime,
        end_date: datetime,
    ) -> RetrievalJob:
        """The row of each key served at `end_date`, unless its event is before the start."""
        pull = Pull(
            source=_lake_source(data_source),
            keys=tuple(join_key_columns),
            features=tuple(feature_name_columns),
            event=timestamp_field,
            created=created_timestamp_column or None,
            start=start_date,
            end=end_date,
        )
        return PullJob(read_config(config.offline_store, [pull.source]), pull, pull_latest_sql)

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """All rows whose event time lies between the dates, ends included."""
        pull = Pull(
            source=_lake_source(data_source),
            keys=tuple(join_key_columns),
            features=tuple(feature_name_columns),
            event=timestamp_field,
            created=created_timestamp_column or None,
            start=start_date,
            end=end_date,
        )
        return PullJob(read_config(config.offline_store, [pull.source]), pull, pull_all_sql)

    @staticmethod
    def offline_write_batch(
        config: RepoConfig,
        feature_view: FeatureView,
        table: pa.Table,
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Append rows to the table behind a view; they are read once a release holds them.

        Raises:
            RowsError: the rows have not the table's columns, in its order, or not its types, or
                break what the source promises.
        """
        from tambo.featurestore.write import append

        keys = [one.name for one in feature_view.entity_columns if one.name != DUMMY_ENTITY_ID]
        append(config.offline_store, _lake_source(feature_view.batch_source), table, keys)
        if progress is not None:
            progress(table.num_rows)

    @staticmethod
    def write_logged_features(
        config: RepoConfig,
        data: pa.Table | Path,
        source: LoggingSource,
        logging_config: LoggingConfig,
        registry: BaseRegistry,
    ) -> None:
        """Append logged features to the destination's table, creating it on first use."""
        from tambo.featurestore.write import append_or_create, read_logs

        destination = logging_config.destination
        if not isinstance(destination, DuckLakeLoggingDestination):
            raise FeatureError(
                f"Features cannot be logged to a {type(destination).__name__}.",
                remedy="use tambo.featurestore.saved.DuckLakeLoggingDestination",
            )
        append_or_create(config.offline_store, destination.table, read_logs(data))

    @staticmethod
    def compute_monitoring_metrics(
        config: RepoConfig,
        data_source: DataSource,
        feature_columns: list[tuple[str, str]],
        timestamp_field: str,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        histogram_bins: int = 20,
        top_n: int = 10,
    ) -> list[dict[str, Any]]:
        """Statistics and a histogram of each feature; see `tambo.featurestore.monitoring`."""
        from tambo.featurestore.monitoring import Question, compute

        question = Question(
            source=_lake_source(data_source),
            features=feature_columns,
            event=timestamp_field,
            start=start_date,
            end=end_date,
            bins=histogram_bins,
            top=top_n,
        )
        return compute(config.offline_store, question)

    @staticmethod
    def get_monitoring_max_timestamp(
        config: RepoConfig, data_source: DataSource, timestamp_field: str
    ) -> datetime | None:
        """The newest event time of a table, UTC; None if it has no rows."""
        from tambo.featurestore.monitoring import newest_event

        return newest_event(config.offline_store, _lake_source(data_source), timestamp_field)

    @staticmethod
    def ensure_monitoring_tables(config: RepoConfig) -> None:
        """Create the tables of metrics that are missing, in the lake's schema `monitoring`."""
        from tambo.featurestore.monitoring_tables import ensure

        ensure(config.offline_store)

    @staticmethod
    def save_monitoring_metrics(
        config: RepoConfig, metric_type: str, metrics: list[dict[str, Any]]
    ) -> None:
        """Write metrics in place of those with the same key."""
        from tambo.featurestore.monitoring_tables import save

        save(config.offline_store, metric_type, metrics)

    @staticmethod
    def query_monitoring_metrics(
        config: RepoConfig,
        project: str,
        metric_type: str,
        filters: dict[str, Any] | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> list[dict[str, Any]]:
        """Metrics by date, read at the head of the lake."""
        from tambo.featurestore.monitoring_tables import query

        return query(config.offline_store, project, metric_type, filters, start_date, end_date)

    @staticmethod
    def clear_monitoring_baseline(
        config: RepoConfig,
        project: str,
        feature_view_name: str | None = None,
        feature_name: str | None = None,
        data_source_type: str | None = None,
    ) -> None:
        """Make baselines of features ordinary metrics."""
        from tambo.featurestore.monitoring_tables import clear_baseline

        where = {
            "project_id": project,
            "feature_view_name": feature_view_name,
            "feature_name": feature_name,
            "data_source_type": data_source_type,
        }
        clear_baseline(config.offline_store, where)


def _lake_source(source: DataSource | None) -> DuckLakeSource:
    if not isinstance(source, DuckLakeSource):
        raise FeatureError(
            f"The offline store reads tables of the lake, not a {type(source).__name__}.",
            remedy="use tambo.featurestore.source.DuckLakeSource",
        )
    return source
