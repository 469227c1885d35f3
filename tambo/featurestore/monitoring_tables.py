"""Where Feast keeps its monitoring metrics: tables of the lake's schema `monitoring`.

They are written through the one writer and read at the head of the lake: no release gates them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
from feast.monitoring.monitoring_utils import (  # noqa: TID253 - imported lazily
    monitoring_table_meta,
    normalize_monitoring_row,
)

from tambo.errors import FeatureError
from tambo.featurestore.columns import table_name
from tambo.featurestore.pinned import at_head, open_pinned, store_settings
from tambo.lake import exists, writer
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig

SCHEMA = "monitoring"
METRIC_TYPES = ("feature", "feature_view", "feature_service", "job")

_KINDS = {
    "DATE": ("metric_date",),
    "TIMESTAMP": ("computed_at", "max_event_timestamp", "started_at", "completed_at"),
    "BOOLEAN": ("is_baseline",),
    "BIGINT": (
        "row_count",
        "null_count",
        "total_row_count",
        "total_features",
        "features_with_nulls",
        "total_feature_views",
    ),
    "DOUBLE": (
        *("null_rate", "avg_null_rate", "max_null_rate", "mean", "stddev", "min_val", "max_val"),
        *("p50", "p75", "p90", "p95", "p99"),
    ),
}
_KIND = {column: kind for kind, columns in _KINDS.items() for column in columns}


def ensure(config: DuckLakeOfflineStoreConfig) -> None:
    """Create the tables that are missing; takes the writer's lock only if there are any."""
    if not _missing(config):
        return
    statements = [_create(metric_type) for metric_type in METRIC_TYPES]
    with writer(store_settings(config), "monitoring tables") as connection:
        # In one transaction, so that another reader finds all of them or none.
        connection.execute(";\n".join(["BEGIN", *statements, "COMMIT"]))


def save(
    config: DuckLakeOfflineStoreConfig, metric_type: str, metrics: Sequence[Mapping[str, Any]]
) -> None:
    """Write metrics in place of those with the same key; of two in one call the later counts."""
    if not metrics:
        return
    table, columns, key = _meta(metric_type)
    rows = {tuple(str(one.get(name)) for name in key): one for one in metrics}
    values = [[_stored(row.get(column)) for column in columns] for row in rows.values()]
    same = " AND ".join(f"old.{ident(name)} = new.{ident(name)}" for name in key)
    marks = ", ".join("?" for _ in columns)
    with writer(store_settings(config), f"save {metric_type} metrics") as connection:
        connection.execute(_create(metric_type))
        connection.execute(f"CREATE TEMP TABLE new AS SELECT * FROM {table} LIMIT 0")
        connection.executemany(f"INSERT INTO new VALUES ({marks})", values)
        connection.execute("BEGIN")
        connection.execute(f"DELETE FROM {table} AS old USING new WHERE {same}")
        connection.execute(f"INSERT INTO {table} SELECT * FROM new")
        connection.execute("COMMIT")


def query(
    config: DuckLakeOfflineStoreConfig,
    project: str,
    metric_type: str,
    filters: Mapping[str, Any] | None,
    start: date | None,
    end: date | None,
) -> list[dict[str, Any]]:
    """Metrics by date; an empty project means any, a filter of None none.

    Raises:
        FeatureError: there are no such metrics, or a filter names no column of theirs.
    """
    table, columns, key = _meta(metric_type)
    asked = {name: value for name, value in (filters or {}).items() if value is not None}
    if project:
        asked["project_id"] = project
    absent = sorted(set(asked) - set(columns))
    if absent:
        raise FeatureError(
            f"{metric_type} metrics have no column {', '.join(absent)}.",
            remedy=f"filter by one of: {', '.join(columns)}",
        )
    terms = [(f"{ident(name)} = CAST(? AS {_kind(name)})", one) for name, one in asked.items()]
    terms += [
        (f"metric_date {sign} CAST(? AS DATE)", bound)
        for sign, bound in ((">=", start), ("<=", end))
        if bound is not None
    ]
    where = f" WHERE {' AND '.join(term for term, _ in terms)}" if terms else ""
    order = ", ".join(ident(name) for name in dict.fromkeys(["metric_date", *key]))
    named = ", ".join(ident(column) for column in columns)
    if not exists(store_settings(config)):
        return []
    with open_pinned(at_head(config)) as pinned:
        if not _has(pinned.connection, metric_type):
            return []
        rows = pinned.connection.execute(
            f"SELECT {named} FROM {table}{where} ORDER BY {order}", [one for _, one in terms]
        ).fetchall()
    return [
        normalize_monitoring_row(dict(zip(columns, map(_aware, row), strict=True))) for row in rows
    ]


def clear_baseline(config: DuckLakeOfflineStoreConfig, where: Mapping[str, str | None]) -> None:
    """Make baselines of features ordinary metrics; `where` is column and value, None for any."""
    if "feature" in _missing(config):
        return
    table, _, _ = _meta("feature")
    terms = {name: value for name, value in where.items() if value is not None}
    condition = " AND ".join(["is_baseline", *(f"{ident(name)} = ?" for name in terms)])
    with writer(store_settings(config), "clear baseline") as connection:
        connection.execute(
            f"UPDATE {table} SET is_baseline = false WHERE {condition}", [*terms.values()]
        )


def _meta(metric_type: str) -> tuple[str, list[str], list[str]]:
    try:
        name, columns, key = monitoring_table_meta(metric_type)
    except ValueError as error:
        raise FeatureError(
            f"There are no {metric_type} metrics.", remedy=f"ask for {', '.join(METRIC_TYPES)}"
        ) from error
    return table_name(f"{SCHEMA}.{name}"), columns, key


def _kind(column: str) -> str:
    return _KIND.get(column, "VARCHAR")


def _create(metric_type: str) -> str:
    table, columns, _ = _meta(metric_type)
    named = ", ".join(f"{ident(column)} {_kind(column)}" for column in columns)
    return f"CREATE TABLE IF NOT EXISTS {table} ({named})"


def _missing(config: DuckLakeOfflineStoreConfig) -> set[str]:
    """Kinds of metrics that have no table yet."""
    if not exists(store_settings(config)):
        return set(METRIC_TYPES)
    with open_pinned(at_head(config)) as pinned:
        return {one for one in METRIC_TYPES if not _has(pinned.connection, one)}


def _has(connection: duckdb.DuckDBPyConnection, metric_type: str) -> bool:
    name, _, _ = monitoring_table_meta(metric_type)
    return table_exists(connection, f"{SCHEMA}.{name}")


def _stored(value: Any) -> Any:
    """A value as a column takes it: what has parts as JSON, times in UTC without a zone."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return value


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
