"""The SQL of as-of joins gives what brute force gives, on tables made to be awkward.

Few keys, few instants and few values make ties, late rows, corrections, gaps and nulls common.
"""

import random
from datetime import datetime, timedelta
from functools import cache

import duckdb
import pyarrow as pa
from asof_oracle import COLUMNS, expect, known, served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tambo.featurestore.asof import (
    ROW,
    TIME,
    Feature,
    ViewJoin,
    Window,
    join,
    register,
    relation,
)
from tambo.featurestore.asof import ties_query as find_ties

EPOCH = datetime(2024, 2, 28, 23, 59, 59, 999_990)
instants = st.integers(0, 12).map(lambda step: EPOCH + timedelta(microseconds=step))
numbers = st.sampled_from([1, 11, None])
names = st.sampled_from(["1", "11", "", "a|b", None])
rows = st.lists(
    st.tuples(
        numbers,
        names,
        st.one_of(instants, instants, instants, st.none()),
        st.one_of(instants, instants, st.none()),
        st.sampled_from([None, 0.0, -0.0, 0.1, 1e300, float("nan")]),
        st.sampled_from([None, "", "null", "4:null"]),
    ),
    max_size=25,
)
entities = st.lists(st.tuples(numbers, names, instants), min_size=1, max_size=15)
ttls = st.one_of(st.none(), st.integers(1, 6).map(lambda step: timedelta(microseconds=step)))


def view(ttl=None, **flags):
    return ViewJoin(
        name="v",
        table="marts.v",
        keys=(("e_number", "number"), ("e_name", "name")),
        features=(Feature("x", "v__x"), Feature("y", "v__y")),
        event="event",
        created=flags.pop("created", "created"),
        ttl=ttl,
        **flags,
    )


@cache
def lake(threads):
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("ATTACH ':memory:' AS lake")
    connection.execute("CREATE SCHEMA lake.marts")
    declared = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE lake.marts.v ({declared})")
    return connection


def answer(
    table,
    asked,
    one,
    *,
    as_known_at=True,
    ties=True,
    window=True,
    keep=False,
    threads=2,
    only=False,
):
    connection = lake(threads)
    connection.execute("TRUNCATE lake.marts.v")
    if table:
        connection.executemany("INSERT INTO lake.marts.v VALUES (?, ?, ?, ?, ?, ?)", table)
    times = [entity[2] for entity in asked]
    register(
        connection,
        pa.table(
            {
                ROW: pa.array(range(len(asked)), pa.int64()),
                TIME: pa.array(times, pa.timestamp("us")),
                "e_number": pa.array([entity[0] for entity in asked], pa.int64()),
                "e_name": pa.array([entity[1] for entity in asked], pa.string()),
            }
        ),
    )
    sql = relation(
        one,
        COLUMNS,
        as_known_at=as_known_at,
        ties=ties,
        window=Window(min(times), max(times)) if window else None,
        keep_expired=keep,
        asked_only=only,
    )
    found = connection.sql(join([(one, sql)], evidence=keep)).to_arrow_table().to_pylist()
    assert [row.pop(ROW) for row in found] == list(range(len(asked)))
    has_ties = connection.execute(find_ties(one, COLUMNS)).fetchone() is not None
    return found, has_ties


def shown(found):
    return [(repr(row["v__x"]), repr(row["v__y"])) for row in found]


common = settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


@common
@given(rows, entities, ttls, st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_any_table_is_joined_as_brute_force_joins_it(
    table, asked, ttl, as_known_at, window, keep, only
):
    found, _ = answer(
        table, asked, view(ttl), as_known_at=as_known_at, window=window, keep=keep, only=only
    )
    assert shown(found) == expect(table, asked, ttl, as_known_at=as_known_at)
    if keep:
        for entity, row in zip(asked, found, strict=True):
            winner, _ = served(table, entity, ttl, as_known_at=as_known_at)
            assert row["__event_0"] == (winner and winner[2])
            assert row["__created_0"] == (winner and known(winner))


@common
@given(rows, entities, ttls)
def test_records_alone_give_the_same_answer(table, asked, ttl):
    """A change log: of each key and instant one row, the one that is served from then on."""
    changes = []
    for number, name in {row[:2] for row in table if None not in row[:2]}:
        before = None
        for t in sorted({max(row[2], known(row)) for row in table if row[2] is not None}):
            row, _ = served(table, (number, name, t), None, as_known_at=True)
            if row is not None and row != before:
                changes.append(row)
            before = row
    found, _ = answer(changes, asked, view(ttl, records=True, unique=True))
    assert shown(found) == expect(table, asked, ttl, as_known_at=True)


@common
@given(rows, entities, ttls, st.booleans())
def test_tables_declared_unique_need_no_hash(table, asked, ttl, as_known_at):
    once = list({(row[0], row[1], row[2], known(row)): row for row in table}.values())
    found, has_ties = answer(once, asked, view(ttl, unique=True), as_known_at=as_known_at)
    assert not has_ties or any(None in row[:3] for row in once)
    assert shown(found) == expect(once, asked, ttl, as_known_at=as_known_at)


@common
@given(rows, entities, ttls)
def test_tables_without_created_time_are_known_at_their_event(table, asked, ttl):
    once = list({(row[0], row[1], row[2]): row for row in table}.values())
    expected = expect(once, asked, ttl, as_known_at=True, created=False)
    for unique in (True, False):
        found, _ = answer(once, asked, view(ttl, created=None, unique=unique))
        assert shown(found) == expected


@common
@given(rows, entities)
def test_ties_are_found_where_they_are(table, asked):
    keys = [(row[0], row[1], row[2], row[3]) for row in table]
    _, has_ties = answer(table, asked, view())
    assert has_ties == (len(set(keys)) < len(keys))


@common
@given(rows, entities, st.randoms())
def test_neither_order_nor_threads_decide_ties(table, asked, shuffle: random.Random):
    mixed = list(table)
    shuffle.shuffle(mixed)
    one, _ = answer(table, asked, view(), threads=1)
    other, _ = answer(mixed, asked, view(), threads=2)
    assert shown(one) == shown(other)


def test_many_entity_rows_are_not_joined_in_loops():
    connection = lake(2)
    connection.execute("TRUNCATE lake.marts.v")
    size = 5_000
    asked = {
        ROW: pa.array(range(size), pa.int64()),
        TIME: pa.array([EPOCH] * size, pa.timestamp("us")),
        "e_number": pa.array([1] * size, pa.int64()),
        "e_name": pa.array(["1"] * size),
    }
    register(connection, pa.table(asked))
    sql = join([(view(), relation(view(), COLUMNS))])
    plan = "".join(text for _, text in connection.execute(f"EXPLAIN {sql}").fetchall())
    assert "ASOF_JOIN" in plan
    assert "NESTED_LOOP" not in plan
