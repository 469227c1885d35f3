"""Feast's monitoring on the lake: the same metrics as on Feast's DuckDB store, kept in the lake."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conformance import NOW, ours, sides
from feast import Entity, FeatureService, FeatureView, Field, ValueType
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig
from feast.monitoring.metrics_calculator import MetricsCalculator
from feast.monitoring.monitoring_service import MonitoringService
from feast.types import Bool, Float64, Int64, String

from tambo.errors import FeatureError
from tambo.featurestore.source import DuckLakeSource
from tambo.featurestore.write import write_table
from tambo.lake import writer
from tambo.settings import Settings

ROWS = 500
FEATURES = [
    ("price", "numeric"),
    ("nights", "numeric"),
    ("same", "numeric"),
    ("never", "numeric"),
    ("agency", "categorical"),
    ("refunded", "categorical"),
]


def frame():
    draw = np.random.default_rng(7)
    events = NOW - pd.to_timedelta(draw.integers(0, 80 * 24, ROWS), unit="h")
    events = events.where(np.arange(ROWS) > 0, NOW)
    return pd.DataFrame(
        {
            "code": draw.integers(0, 40, ROWS),
            "event_timestamp": events,
            "created": events,
            "price": np.where(draw.random(ROWS) < 0.1, np.nan, draw.lognormal(5, 1, ROWS)),
            "nights": pd.array(draw.integers(1, 9, ROWS), dtype="Int64"),
            "same": 2.5,
            "never": pd.array([None] * ROWS, dtype="Float64"),
            "agency": draw.choice(list("abcdefgh"), ROWS, p=np.arange(1, 9) / 36),
            "refunded": draw.random(ROWS) < 0.3,
            "tags": [["x"]] * ROWS,
        }
    )


FRAME = frame()
KINDS = {
    "price": Float64,
    "nights": Int64,
    "same": Float64,
    "never": Float64,
    "agency": String,
    "refunded": Bool,
}


def definitions(side):
    hotel = Entity(name="hotel", join_keys=["code"], value_type=ValueType.INT64)
    schema = [Field(name="code", dtype=Int64), *(Field(name=n, dtype=k) for n, k in KINDS.items())]
    view = FeatureView(
        name="stays", entities=[hotel], schema=schema, source=side.source("stays", FRAME)
    )
    service = FeatureService(
        name="served",
        features=[view[["price", "agency"]]],
        logging_config=LoggingConfig(destination=side.log("log")),
    )
    return [hotel, view, service]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return sides(tmp_path_factory.mktemp("monitoring"), definitions)


def metrics(side, **asked):
    source = side.store.get_data_source("stays")
    store = side.store._get_provider().offline_store
    found = store.compute_monitoring_metrics(
        side.store.config, source, FEATURES, "event_timestamp", **asked
    )
    return {one["feature_name"]: one for one in found}


def close(one, other):
    """Whether two answers are the same: floats to the last digits, values equally common in any
    order."""
    if isinstance(one, list) and one and isinstance(one[0], dict) and "count" in one[0]:
        return sorted(map(str, one)) == sorted(map(str, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


@pytest.mark.parametrize("days", [(None, None), (30, 10), (None, 40), (3, None), (400, 300)])
def test_metrics_are_those_of_feasts_duckdb_store(both, days):
    bounds = [None if one is None else NOW - timedelta(days=one) for one in days]
    stock, lake = (metrics(side, start_date=bounds[0], end_date=bounds[1]) for side in both)
    assert list(lake) == [name for name, _ in FEATURES]
    for name, expected in stock.items():
        assert close(lake[name], expected), name


def test_metrics_are_those_of_feasts_calculator_but_for_one_valued_histograms(both):
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    for expected in MetricsCalculator().compute_all(table, FEATURES):
        name = expected["feature_name"]
        got = metrics(both[1])[name]
        if name == "same":
            # numpy makes twenty bins around the one value; the SQL stores make one.
            assert got["histogram"] == {"bins": [2.5, 2.5], "counts": [ROWS], "bin_width": 0.0}
        elif name == "refunded":
            # As in the SQL stores, values are text.
            assert [one["value"] for one in got["histogram"]["values"]] == ["false", "true"]
        else:
            assert close(got["histogram"], expected["histogram"]), name
        assert close({**got, "histogram": 0}, {**expected, "histogram": 0}), name


def test_what_is_not_among_the_commonest_is_counted(both):
    found = metrics(both[1], top_n=3)["agency"]["histogram"]
    counts = FRAME["agency"].value_counts()
    assert found["values"] == [
        {"value": value, "count": times} for value, times in counts.iloc[:3].items()
    ]
    assert (found["other_count"], found["unique_count"]) == (counts.iloc[3:].sum(), 8)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, math.nan], {"mean": None, "stddev": None, "max_val": None, "p50": None}),
        ([1.0, math.inf], {"mean": None, "stddev": None, "min_val": 1.0, "max_val": None}),
        ([1e300, 2e300], {"mean": 1.5e300, "stddev": None, "max_val": 2e300}),
        ([-1.5e308, 1.5e308], {"min_val": -1.5e308, "histogram": None}),
        ([None, None], {"row_count": 2, "null_count": 2, "null_rate": 1.0, "histogram": None}),
    ],
)
def test_numbers_that_break_the_arithmetic_give_nulls_not_errors(tmp_path, values, expected):
    size = len(values)
    odd = pa.table(
        {
            "event_timestamp": [NOW] * size,
            "price": pa.array(values, pa.float64()),
            "agency": pa.array([None] * size, pa.string()),
            "tags": [["x"]] * size,
            "text": ["dear"] * size,
        }
    )
    write_table(tmp_path, "marts.odd", odd)
    named = DuckLakeSource(table="marts.odd", name="odd")
    side = ours(tmp_path / "repo", lambda _: [named], home=str(tmp_path))
    store = side.store._get_provider().offline_store
    source = side.store.get_data_source("odd")

    def ask(features):
        return store.compute_monitoring_metrics(
            side.store.config, source, features, "event_timestamp"
        )

    price, agency = ask([("price", "numeric"), ("tags", "numeric"), ("agency", "categorical")])
    assert {name: price[name] for name in expected} == expected
    # The stock store says of a text column that is all null that it has no rows.
    assert (agency["row_count"], agency["null_rate"], agency["histogram"]) == (size, 1.0, None)
    assert ask([("tags", "numeric")]) == []
    with pytest.raises(FeatureError, match="no column gone"):
        ask([("gone", "numeric")])
    with pytest.raises(FeatureError, match="dear"):
        ask([("text", "numeric")])


def test_features_are_found_under_the_sources_field_mapping(tmp_path):
    frame = FRAME.rename(columns={"price": "p", "event_timestamp": "at"})
    mapping = {"p": "price", "at": "event_timestamp"}
    side = ours(
        tmp_path / "ours", lambda side: [side.source("stays", frame, field_mapping=mapping)]
    )
    assert metrics(side, start_date=NOW - timedelta(days=5))["price"]["row_count"] > 0
    store, source = side.store._get_provider().offline_store, side.store.get_data_source("stays")
    newest = store.get_monitoring_max_timestamp(side.store.config, source, "event_timestamp")
    assert newest == NOW


def stable(rows):
    """Stored metrics without what differs from run to run, in an order of their own."""
    dropped = {"computed_at", "duration_ms"}
    kept = [{name: one for name, one in row.items() if name not in dropped} for row in rows]
    return sorted(kept, key=lambda row: str([row.get(name) for name in sorted(row)][:9]))


def by_name(rows):
    key = ("feature_view_name", "feature_name", "metric_date", "granularity", "data_source_type")
    return {tuple(row.get(name) for name in key): row for row in stable(rows)}


def test_the_monitoring_service_works_end_to_end_as_on_the_stock_store(both):
    answers, timeless = [], {"duration_ms": 0}
    for side in both:
        service, project = MonitoringService(side.store), side.store.project
        said = [
            service.auto_compute(),
            service.compute_baseline(),
            service.compute_metrics(
                project, "stays", start_date=date(2026, 2, 1), end_date=date(2026, 3, 1)
            ),
            # Again: nothing is kept twice.
            service.compute_metrics(
                project, "stays", start_date=date(2026, 2, 1), end_date=date(2026, 3, 1)
            ),
        ]
        transient = service.compute_transient(project, "stays", ["price"], date(2026, 2, 1))
        kept = [
            service.get_feature_metrics(project),
            service.get_feature_view_metrics(project),
            service.get_feature_service_metrics(project),
            service.get_baseline(project, "stays"),
            service.get_timeseries(project, "stays", "price", granularity="daily"),
            service.get_feature_metrics(project, feature_service_name="served"),
            service.get_feature_metrics(project, start_date=date(2026, 2, 20)),
        ]
        assert service.get_feature_metrics("another") == []
        assert all(row["computed_at"].endswith("+00:00") for rows in kept for row in rows)
        answers.append(
            ([one | timeless for one in said], transient["metrics"], list(map(by_name, kept)))
        )
    (said, transient, kept), (lake_said, lake_transient, lake_kept) = answers
    assert lake_said == said and said[0]["computed_features"] == 30
    assert close(lake_transient, transient)
    for rows, lake_rows in zip(kept, lake_kept, strict=True):
        assert lake_rows.keys() == rows.keys() and rows
        for key, row in rows.items():
            assert close(lake_rows[key], row), key


def test_logged_features_are_monitored_and_told_from_batch(both):
    answers = []
    for side in both:
        store, feast_service = side.store, side.store.get_feature_service("served")
        schema = FeatureServiceLoggingSource(feast_service, store.project).get_schema(
            store.registry
        )
        store.write_logged_features(_logs(schema), feast_service)
        service = MonitoringService(store)
        said = service.compute_log_metrics(
            store.project, "served", start_date=NOW.date(), end_date=NOW.date()
        )
        assert said["computed_features"] == 2
        assert service.auto_compute_log_metrics()["computed_features"] == 10
        rows = service.get_feature_metrics(store.project, data_source_type="log")
        answers.append(
            (by_name(rows), service.get_feature_service_metrics(store.project, "served"))
        )
    (rows, _), (lake_rows, aggregates) = answers
    assert rows.keys() == lake_rows.keys()
    assert all(close(lake_rows[key], row) for key, row in rows.items())
    assert {row["data_source_type"] for row in aggregates} >= {"log"}


def _logs(schema):
    values = {"code": [1, 2, 3], "served": [1.0] * 3, "__request_id": ["a", "b", "c"]}
    values |= {"stays__price": [1.0, None, 3.0], "stays__agency": ["x", "x", None]}
    values |= {"__log_timestamp": [NOW] * 3, "__log_date": [NOW.date()] * 3}
    columns = []
    for field in schema:
        status = field.name.endswith("__status")
        column = [2, 2, 2] if status else values.get(field.name, [NOW] * 3)
        columns.append(pa.array(column, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def test_jobs_of_data_quality_run_and_keep_what_came_of_them(both):
    _, side = both
    service, project = MonitoringService(side.store), side.store.project
    job = service.submit_job(
        project, "compute", "stays", {"start_date": "2026-02-01", "end_date": "2026-03-01"}
    )
    waiting = service.get_job(job, project)
    assert (waiting["status"], waiting["started_at"]) == ("pending", None)
    assert waiting["parameters"]["start_date"] == "2026-02-01"
    result = service.execute_job(job)
    done = service.get_job(job)
    assert (done["status"], done["result_summary"]) == ("completed", result)
    assert done["started_at"] <= done["completed_at"] <= datetime.now(UTC)
    assert service.get_job(job, "another") is None
    broken = service.submit_job(project, "compute", "gone")
    with pytest.raises(Exception, match="gone"):
        service.execute_job(broken)
    assert service.get_job(broken)["status"] == "failed"
    assert "gone" in service.get_job(broken)["error_message"]
    assert service.submit_baseline_for_new_features(project) == []


def test_metrics_are_written_through_the_one_writer_and_read_beside_it(both):
    _, side = both
    settings = Settings(home=side.folder, lock_timeout_seconds=0.2)
    store = side.store._get_provider().offline_store
    store.ensure_monitoring_tables(side.store.config)
    with writer(settings, "test"):
        # Tables that are there need no lock, and neither does reading.
        store.ensure_monitoring_tables(side.store.config)
        store.query_monitoring_metrics(side.store.config, "", "feature")
    with pytest.raises(FeatureError, match="no column owner"):
        store.query_monitoring_metrics(side.store.config, "", "feature", {"owner": "me"})
    with pytest.raises(FeatureError, match="no entity metrics"):
        store.query_monitoring_metrics(side.store.config, "", "entity")


def test_without_tables_there_are_no_metrics_and_no_baseline_to_clear(tmp_path):
    side = ours(tmp_path / "ours", lambda side: [side.source("stays", FRAME)])
    store = side.store._get_provider().offline_store
    assert store.query_monitoring_metrics(side.store.config, "p", "feature_view") == []
    store.clear_monitoring_baseline(side.store.config, "p")
    store.save_monitoring_metrics(side.store.config, "feature", [])
    assert store.query_monitoring_metrics(side.store.config, "p", "feature") == []
