"""What the catalogue shows beside what is written: rows that stand, hostile text, request views."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tambo.catalogue.context import context_sql
from tambo.catalogue.dbt_docs import _plain
from tambo.catalogue.entries import _raw
from tambo.catalogue.measured import field_sql, range_sql
from tambo.domains import domains, slices
from tambo.sources import contracts

CAMPAIGNS = _raw(contracts.load("tourism"), contracts.load("tourism").tables["campaigns"])
RAW = """
    campaign_id, announced_at, location, market, segment, start_date, end_date, spend, withdrawn,
    _batch_id, _row_number, _event_at, _known_at
"""
VERSIONS = [
    # Announced, corrected, and one that was taken back; two lines of one file are two campaigns.
    ("A", "2024-01-02", "Huaca", "all", "all", "2024-03-01", "2024-03-09", 100, None, 1, 1),
    ("A", "2024-01-02", "Huaca", "all", "all", "2024-03-01", "2024-03-31", 150, False, 2, 1),
    ("A", "2024-01-03", "Huaca", "Chile", "all", "2024-04-01", "2024-04-02", 7, None, 1, 2),
    ("B", "2024-01-04", "Huaca", "all", "all", "2024-02-01", "2024-02-02", 9, None, 1, 3),
    ("B", "2024-01-04", "Huaca", "all", "all", "2024-02-01", "2024-02-02", 9, True, 3, 1),
]


@pytest.fixture
def lake() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS lake; CREATE SCHEMA lake.raw")
    connection.execute(
        "CREATE TABLE lake.raw.campaigns (campaign_id VARCHAR, announced_at TIMESTAMP, "
        "location VARCHAR, market VARCHAR, segment VARCHAR, start_date DATE, end_date DATE, "
        "spend DECIMAL(18,4), withdrawn BOOLEAN, _batch_id BIGINT, _row_number BIGINT, "
        "_event_at TIMESTAMP, _known_at TIMESTAMP)"
    )
    for row in VERSIONS:
        known = f"2024-01-0{row[9] + 4}"
        marks = ", ".join("?" * (len(row) + 2))
        connection.execute(
            f"INSERT INTO lake.raw.campaigns ({RAW}) VALUES ({marks})", [*row, row[1], known]
        )
    return connection


def test_context_is_what_stands_with_the_newest_days_first(lake) -> None:
    found = lake.execute(context_sql(CAMPAIGNS)).df()
    assert list(found.columns) == list(contracts.load("tourism").tables["campaigns"].columns)
    assert list(found["market"]) == ["Chile", "all"]
    assert list(found["spend"]) == [7.0, 150.0], "as corrected; what was withdrawn is gone"


def test_a_time_range_is_that_of_events_days_and_news(lake) -> None:
    rows, first, last, known, begins, ends = lake.execute(range_sql(CAMPAIGNS)).fetchone()
    assert rows == len(VERSIONS)
    assert (str(first), str(last)) == ("2024-01-02 00:00:00", "2024-01-04 00:00:00")
    assert str(known) == "2024-01-07 00:00:00"
    assert (str(begins), str(ends)) == ("2024-02-01", "2024-04-02")
    withdrawn = replace(CAMPAIGNS.fields[0], name="withdrawn")
    assert lake.execute(field_sql(CAMPAIGNS, withdrawn)).fetchone()[0] == 2


def test_what_was_true_from_the_beginning_has_no_time(lake) -> None:
    lake.execute("UPDATE lake.raw.campaigns SET _event_at = TIMESTAMP '1970-01-01'")
    assert lake.execute(range_sql(CAMPAIGNS)).fetchone()[1:3] == (None, None)


@given(st.text())
def test_a_value_from_a_file_is_no_markup(text: str) -> None:
    shown = _plain(text)
    assert not set(shown) & set("<>\n\r")
    for sign in "|*_[]`":
        assert shown.count(f"\\{sign}") == shown.count(sign)


def test_a_contract_says_how_ingest_cleans() -> None:
    said = " ".join(CAMPAIGNS.cleaning)
    assert "The last day must not lie before the first." in said
    assert 'Where segment is empty, it is taken as "all".' in said
    assert CAMPAIGNS.is_context
    assert CAMPAIGNS.about == ("start_date", "end_date")


def test_every_request_view_is_in_the_catalogue() -> None:
    found = slices("tambo.requesttime")
    assert set(found) == set(domains())
    for module in found.values():
        assert set(module.REQUEST_VIEWS) == set(module.ON_DEMAND)


def test_nothing_personal_is_listed_as_context() -> None:
    for domain in domains():
        declared = contracts.load(domain)
        for table in declared.tables.values():
            shown = context_sql(_raw(declared, table)).partition(" FROM ")[0]
            assert not [name for name in table.personal_data if f'"{name}"' in shown]
