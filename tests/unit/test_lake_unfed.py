import duckdb
import pytest

from tambo.lake.unfed import empty_columns


@pytest.fixture
def lake():
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS lake; CREATE SCHEMA lake.raw")
    connection.execute(
        'CREATE TABLE lake.raw.t AS SELECT 1 AS code, NULL::VARCHAR AS "booked at", '
        "CASE WHEN i = 9 THEN 1.0 END AS price FROM range(10) AS r(i)"
    )
    connection.execute("CREATE TABLE lake.raw.none (code INTEGER)")
    return connection


def test_a_column_that_no_row_fills_is_named(lake) -> None:
    assert empty_columns(lake, "raw.t") == ["booked at"]
    assert empty_columns(lake, "raw.t", ["price", "booked at", "unknown"]) == ["booked at"]


@pytest.mark.parametrize("table", ["raw.none", "raw.absent"])
def test_a_table_without_rows_has_no_empty_columns(lake, table) -> None:
    assert empty_columns(lake, table) == []
