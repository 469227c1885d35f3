"""Feast's monitoring metrics, computed in DuckDB over the pinned lake: one pass a table.

What is asked of a table is copied out of it once; statistics, histograms and the commonest values
are computed on the copy, which spills to disk. The results have the form of
`feast.monitoring.metrics_calculator`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
from feast.monitoring.monitoring_utils import (  # noqa: TID253 - imported lazily
    empty_categorical_metric,
    empty_numeric_metric,
    opt_float,
)

from tambo.errors import FeatureError
from tambo.featurestore.columns import Columns, describe, require, table_name, utc
from tambo.featurestore.pinned import open_pinned
from tambo.featurestore.source import DuckLakeSource, read_config
from tambo.lake.sql import ident

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig

Metric = dict[str, Any]

_COPY = "monitored"
_SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)
_PERCENTILES = ("p50", "p75", "p90", "p95", "p99")
_SQUARES = 1e150
"""Beyond it the square of a double is infinite, and DuckDB refuses to compute a deviation."""


@dataclass(frozen=True)
class Question:
    """What is asked of a table.

    Attributes:
        source: the table.
        features: name of the feature and "numeric" or "categorical", in the order of the answer.
        event: name of the event time, as the source's mapping names it.
        start: least event time, included; None for no bound.
        end: greatest event time, included; None for no bound.
        bins: of a numeric histogram.
        top: how many of the commonest values a categorical histogram names.
    """

    source: DuckLakeSource
    features: Sequence[tuple[str, str]]
    event: str
    start: datetime | None
    end: datetime | None
    bins: int
    top: int


def compute(config: DuckLakeOfflineStoreConfig, question: Question) -> list[Metric]:
    """Metrics of each feature, in the order asked; lists, maps and structs have none.

    Raises:
        FeatureError: the table or a column is not there, or a numeric feature holds no numbers.
    """
    names = _columns_by_feature(question.source)
    with open_pinned(read_config(config, [question.source])) as pinned:
        columns = describe(pinned.connection, question.source.table, pinned.where)
        wanted = [names.get(name, name) for name, _ in question.features]
        event = names.get(question.event, question.event)
        require(columns, [*wanted, event], question.source.table, pinned.where)
        features = [
            (position, name, kind)
            for position, (name, kind) in enumerate(question.features)
            if kind in _SQL and _is_scalar(columns[wanted[position]])
        ]
        selected = [
            f"CAST({ident(wanted[position])} AS {_SQL[kind]}) AS f{position}"
            for position, _, kind in features
        ]
        if not selected:
            return []
        _copy(
            pinned.connection,
            f"SELECT {', '.join(selected)} FROM {table_name(question.source.table)}"
            f"{_where(event, columns, question)}",
        )
        return _metrics(pinned.connection, features, question)


def newest_event(
    config: DuckLakeOfflineStoreConfig, source: DuckLakeSource, event: str
) -> datetime | None:
    """The greatest event time of a table, UTC; None if it has no rows."""
    event = _columns_by_feature(source).get(event, event)
    with open_pinned(read_config(config, [source])) as pinned:
        columns = describe(pinned.connection, source.table, pinned.where)
        require(columns, [event], source.table, pinned.where)
        row = pinned.connection.execute(
            f"SELECT max({utc(event, columns[event])}) FROM {table_name(source.table)}"
        ).fetchone()
    newest: datetime | None = row[0] if row else None
    return None if newest is None else newest.replace(tzinfo=UTC)


_SQL = {"numeric": "DOUBLE", "categorical": "VARCHAR"}


def _copy(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        connection.execute(f"CREATE TEMP TABLE {_COPY} AS {sql}")
    except duckdb.Error as error:
        raise FeatureError(
            f"Metrics cannot be computed: {error}",
            remedy="declare the feature as what its column holds, or cast it in the mart",
        ) from error


def _columns_by_feature(source: DuckLakeSource) -> dict[str, str]:
    return {feature: column for column, feature in source.field_mapping.items()}


def _is_scalar(kind: str) -> bool:
    return not kind.endswith("]") and not kind.startswith(("MAP(", "STRUCT("))


def _where(event: str, columns: Columns, question: Question) -> str:
    instant = utc(event, columns[event])
    bounds = [
        f"{instant} {sign} {_stamp(bound)}"
        for sign, bound in ((">=", question.start), ("<=", question.end))
        if bound is not None
    ]
    return f" WHERE {' AND '.join(bounds)}" if bounds else ""


def _stamp(bound: datetime) -> str:
    naive = bound if bound.tzinfo is None else bound.astimezone(UTC).replace(tzinfo=None)
    return f"TIMESTAMP '{naive}'"


def _metrics(
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[tuple[int, str, str]],
    question: Question,
) -> list[Metric]:
    selected = ["count(*)"]
    for position, _, kind in features:
        selected += _aggregates(f"f{position}", numeric=kind == "numeric")
    total, *found = connection.execute(f"SELECT {', '.join(selected)} FROM {_COPY}").fetchall()[0]
    metrics = []
    values = iter(found)
    for position, name, kind in features:
        if kind == "numeric":
            metric = _numeric(name, total, [next(values) for _ in range(6)])
            metric["histogram"] = _bins(connection, f"f{position}", metric, question.bins)
        else:
            known, distinct = next(values), next(values)
            metric = _counted(empty_categorical_metric(name), total, known)
            metric["histogram"] = _commonest(
                connection, f"f{position}", known, distinct, question.top
            )
        metrics.append(metric)
    return metrics


def _aggregates(column: str, *, numeric: bool) -> list[str]:
    if not numeric:
        return [f"count({column})", f"count(DISTINCT {column})"]
    tame = f"abs({column}) < {_SQUARES}"
    return [
        f"count({column})",
        f"avg({column})",
        f"CASE WHEN bool_and({tame}) THEN stddev_samp({column}) FILTER ({tame}) END",
        f"min({column})",
        f"max({column})",
        f"quantile_cont({column}, {list(_SHARES)})",
    ]


def _numeric(name: str, total: int, found: Sequence[Any]) -> Metric:
    known, mean, deviation, least, greatest, percentiles = found
    metric = _counted(empty_numeric_metric(name), total, known)
    metric |= {
        "mean": opt_float(mean),
        "stddev": opt_float(deviation),
        "min_val": opt_float(least),
        "max_val": opt_float(greatest),
    }
    if percentiles is not None:
        metric |= dict(zip(_PERCENTILES, map(opt_float, percentiles), strict=True))
    return metric


def _counted(metric: Metric, total: int, known: int) -> Metric:
    missing = total - known
    return metric | {
        "row_count": total,
        "null_count": missing,
        "null_rate": missing / total if total else 0.0,
    }


def _bins(
    connection: duckdb.DuckDBPyConnection, column: str, metric: Metric, bins: int
) -> Metric | None:
    """The histogram of the numbers between least and greatest; None if one is not finite."""
    least, greatest = metric["min_val"], metric["max_val"]
    if least is None or greatest is None:
        return None
    width = (greatest - least) / bins
    if not math.isfinite(width):
        return None
    if width == 0:
        known = metric["row_count"] - metric["null_count"]
        return {"bins": [least, greatest], "counts": [known], "bin_width": 0.0}
    rows = connection.execute(
        f"SELECT CAST(least(floor(({column} - $least) / $width), $bins - 1) AS BIGINT) AS bin, "
        f"count(*) FROM {_COPY} WHERE {column} IS NOT NULL GROUP BY bin",
        {"least": least, "width": width, "bins": bins},
    ).fetchall()
    counts = dict(rows)
    return {
        "bins": [least + number * width for number in range(bins + 1)],
        "counts": [counts.get(number, 0) for number in range(bins)],
        "bin_width": width,
    }


def _commonest(
    connection: duckdb.DuckDBPyConnection, column: str, known: int, distinct: int, top: int
) -> Metric | None:
    """The commonest values; of those equally common, the first in order."""
    if not known:
        return None
    rows = connection.execute(
        f"SELECT {column}, count(*) AS times FROM {_COPY} WHERE {column} IS NOT NULL "
        f"GROUP BY ALL ORDER BY times DESC, {column} LIMIT {int(top)}"
    ).fetchall()
    return {
        "values": [{"value": value, "count": times} for value, times in rows],
        "other_count": known - sum(times for _, times in rows),
        "unique_count": distinct,
    }
