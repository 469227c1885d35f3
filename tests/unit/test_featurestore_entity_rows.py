"""Entity rows from files: what is wrong is said with file, record and value."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet
import pytest

from tambo.errors import FeatureError
from tambo.featurestore.entity_rows import entity_rows, read_entity_rows
from tambo.featurestore.keys import cast_key
from tambo.featurestore.request_rows import with_request_fields


def test_a_csv_file_is_read_with_the_types_asked_for(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        "agency,user_code,event_timestamp,price\n"
        "007,,2024-01-02 03:04:05.000006,1.5\n"
        "008,7,2024-01-02T03:04:05-03:00,2\n"
    )
    table = read_entity_rows(path, {"agency": pa.string(), "user_code": pa.int64()})
    assert table.to_pydict() == {
        "agency": ["007", "008"],
        "user_code": [None, 7],
        "event_timestamp": [
            datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            datetime(2024, 1, 2, 6, 4, 5, tzinfo=UTC),
        ],
        "price": [1.5, 2.0],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column event_timestamp; its columns are a, b"),
        ("a,event_timestamp,a\n1,2024-01-01,2\n", "more than one column named a"),
        ("a,event_timestamp\n1,yesterday\n", r"record 1: 'yesterday' is not a time"),
        (
            "a,event_timestamp\n7,2024-01-01\nx,2024-01-01\n",
            "record 2: a is .x., which is not int64",
        ),
        ("a,event_timestamp\n7\n", "cannot be read"),
    ],
)
def test_a_bad_csv_file_is_refused_with_its_reason(tmp_path, text, message):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(FeatureError, match=message):
        read_entity_rows(path, {"a": pa.int64()})


def test_parquet_is_read_and_what_is_not_parquet_is_refused(tmp_path):
    table = pa.table({"a": [1], "event_timestamp": [datetime(2024, 1, 1)]})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    assert read_entity_rows(tmp_path / "rows.parquet") == table
    (tmp_path / "not.parquet").write_text("a,b")
    with pytest.raises(FeatureError, match="not a Parquet file"):
        read_entity_rows(tmp_path / "not.parquet")
    with pytest.raises(FeatureError, match="There is no file"):
        read_entity_rows(tmp_path / "none.csv")


def test_the_only_time_column_is_the_entity_time():
    rows = entity_rows(pa.table({"at": [datetime(2024, 1, 1)]}))
    assert rows.time_column == "at"
    two = pa.table({"at": [datetime(2024, 1, 1)], "to": [datetime(2024, 1, 2)]})
    with pytest.raises(FeatureError, match=r"more than one time column \(at, to\)"):
        entity_rows(two)


def test_times_before_1970_are_cut_towards_the_past():
    nanoseconds = pa.array([-1, -1_000, 1_999], pa.timestamp("ns"))
    rows = entity_rows(pa.table({"event_timestamp": nanoseconds}))
    assert rows.times.cast(pa.int64()).to_pylist() == [-1, -1, 1]


def test_a_dictionary_of_text_is_text_and_a_number_is_not():
    column = pa.chunked_array([pa.array(["x", None]).dictionary_encode()])
    assert cast_key("k", column, "VARCHAR").to_pylist() == ["x", None]
    with pytest.raises(FeatureError, match="Column k of the entity rows is int64"):
        cast_key("k", pa.chunked_array([[1]]), "VARCHAR")
    with pytest.raises(FeatureError, match="is bool"):
        cast_key("k", pa.chunked_array([[True]]), "BIGINT")


def test_request_fields_are_completed_from_the_entity_time():
    rows = entity_rows(
        pa.table(
            {
                "event_timestamp": [datetime(2024, 1, 2, 3)],
                "travel_date": [datetime(2024, 2, 1).date()],
            }
        )
    )
    fields = {"asked_at": "UNIX_TIMESTAMP", "travel_date": "STRING", "distance_km": "DOUBLE"}
    row = with_request_fields(rows, fields).table.to_pylist()[0]
    assert row["asked_at"] == datetime(2024, 1, 2, 3, tzinfo=UTC)
    assert row["travel_date"] == "2024-02-01"
    assert row["distance_km"] is None
