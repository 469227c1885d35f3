"""Rows that break what a source promises are found, and no others."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tambo.featurestore.lake_rows import lake_rows, zoned_type
from tambo.featurestore.promises import broken_sql
from tambo.featurestore.source import DuckLakeSource

START = datetime(2026, 1, 1)
COLUMNS = {"code": "INTEGER", "at": "TIMESTAMP", "known": "TIMESTAMP"}

instants = st.integers(0, 5).map(lambda number: START + timedelta(minutes=number))
rows = st.lists(
    st.tuples(st.sampled_from([1, 2, None]), instants, st.none() | instants), max_size=7
)


@pytest.fixture(scope="module")
def lake():
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS lake; CREATE SCHEMA lake.marts")
        yield connection


def kept(held, promise):
    """Whether the rows of the keys that are held keep a promise, by looking at each."""
    for code in {row[0] for row in held}:
        times = [(at, known or at) for one, at, known in held if one == code]
        if promise == "unique":
            if len(set(times)) < len(times):
                return False
            continue
        ordered = sorted((max(at, known), at) for at, known in times)
        available = [one for one, _ in ordered]
        events = [one for _, one in ordered]
        if len(set(available)) < len(available) or events != sorted(events):
            return False
    return True


@pytest.mark.parametrize("promise", ["unique", "records"])
@settings(max_examples=150, deadline=None)
@given(before=rows, new=rows)
def test_what_is_refused_is_what_breaks_the_promise(lake, promise, before, new):
    source = DuckLakeSource(
        table="marts.any",
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
        field_mapping={"at": "event_timestamp", "known": "created"},
        **{promise: True},
    )
    kinds = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    lake.execute(f"CREATE OR REPLACE TABLE lake.marts.any ({kinds})")
    lake.execute(f"CREATE OR REPLACE TEMP TABLE written ({kinds})")
    for table, held in (("lake.marts.any", [*before, *new]), ("written", new)):
        for row in held:
            lake.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", row)
    found = lake.execute(broken_sql(source, ["code"], COLUMNS, "written")).fetchone()
    # A null key is no key: nothing is ever served for it.
    touched = {row[0] for row in new} - {None}
    assert (found is None) == kept([row for row in [*before, *new] if row[0] in touched], promise)


def test_a_source_that_promises_nothing_is_not_asked():
    assert broken_sql(DuckLakeSource(table="marts.any"), ["code"], COLUMNS, "written") is None


times = st.sampled_from(["s", "ms", "us", "ns"]).flatmap(
    lambda unit: st.sampled_from([None, "UTC", "America/Lima"]).map(
        lambda zone: pa.timestamp(unit, zone)
    )
)
kinds = st.recursive(
    st.one_of(times, st.sampled_from([pa.int64(), pa.string(), pa.bool_(), pa.date32()])),
    lambda inner: st.one_of(
        inner.map(pa.list_),
        inner.map(pa.large_list),
        inner.map(lambda kind: pa.struct([("a", kind), ("b", pa.int64())])),
        inner.map(lambda kind: pa.map_(pa.string(), kind)),
    ),
    max_leaves=3,
)


@settings(max_examples=60, deadline=None)
@given(kind=kinds, instant=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)))
def test_rows_enter_the_lake_once_and_come_back_as_the_same_instants(kind, instant):
    value = _value(kind, instant.replace(microsecond=0))
    given_rows = pa.table({"x": pa.array([value, None], kind)})
    entered = lake_rows(given_rows)
    # What the lake holds enters it again unchanged.
    assert lake_rows(entered) == entered
    left = entered.column("x").cast(zoned_type(entered.schema.field("x").type))
    again = left.cast(entered.schema.field("x").type)
    assert again == entered.column("x")
    with duckdb.connect() as connection:
        stored = connection.sql("SELECT x FROM entered").to_arrow_table().column("x")
    assert stored.to_pylist() == entered.column("x").to_pylist()


def _value(kind, instant):
    if pa.types.is_timestamp(kind):
        return instant
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [_value(kind.value_type, instant), None]
    if pa.types.is_struct(kind):
        return {"a": _value(kind.field("a").type, instant), "b": 1}
    if pa.types.is_map(kind):
        return [("k", _value(kind.item_type, instant))]
    plain = {pa.int64(): 7, pa.string(): "é", pa.bool_(): True, pa.date32(): instant.date()}
    return plain[kind]
