"""Whatever the chunks, the gate counts exactly the rows that break an expectation."""

from __future__ import annotations

import math
from datetime import datetime

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.frames import Scope
from expectations.from_contracts import number
from expectations.run import Runner
from expectations.suite import LARGEST, Suite, between, holds, not_null, one_of
from tambo.as_of import AsOf

SCOPE = Scope(1, AsOf({"t": datetime(2025, 1, 1)}))
ROWS = st.tuples(
    st.one_of(st.none(), st.floats(-20, 20), st.sampled_from([math.nan, math.inf, -math.inf])),
    st.one_of(st.none(), st.integers(-(2**40), 2**40)),
    st.one_of(st.none(), st.sampled_from(["a", "b", "c"])),
)
SUITE = Suite(
    name="t",
    frame="rows",
    columns={
        "id": "id",
        "x": number("x", "DOUBLE"),
        "n": "n",
        "s": "s",
        "n > 0 or x": "n > 0 OR x > 0",
    },
    keys=("id",),
    expectations=(
        between("x", -10, 10),
        between("x", high=LARGEST),
        between("n", 0),
        not_null("x"),
        not_null("s"),
        one_of("s", ["a", "b"]),
        holds("n > 0 or x", "something is positive"),
    ),
)
RUNNERS = {rows: Runner(chunk_rows=rows) for rows in (2048, 4096, 100_000)}


def breaks(row: tuple[float | None, int | None, str | None]) -> list[bool]:
    """The same expectations, told in Python, null by null."""
    x, n, s = row
    finite = x is not None and math.isfinite(x)
    positive = [None if n is None else n > 0, None if x is None else x > 0 or math.isnan(x)]
    either = True if True in positive else None if None in positive else False
    return [
        x is not None and not (finite and -10 <= x <= 10),
        x is not None and not finite,
        n is not None and n < 0,
        x is None,
        s is None,
        s is not None and s not in {"a", "b"},
        either is False,
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(ROWS, min_size=1, max_size=40),
    repeats=st.sampled_from([1, 150]),
    chunk=st.sampled_from(sorted(RUNNERS)),
)
def test_counts_and_rows_are_exact(rows: list[tuple], repeats: int, chunk: int) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE rows (id BIGINT, x DOUBLE, n BIGINT, s VARCHAR)")
    numbered = [(number, *row) for number, row in enumerate(rows)]
    connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", numbered)
    if repeats > 1:
        connection.execute(
            "CREATE OR REPLACE TABLE rows AS SELECT rows.* FROM rows, range(?) ORDER BY random()",
            [repeats],
        )
    result = RUNNERS[chunk].run(connection, SUITE, SCOPE)
    expected = [sum(column) * repeats for column in zip(*map(breaks, rows), strict=True)]
    found = {(one.kind, one.column, one.says): one for one in result.failures}
    for one, count in zip(SUITE.expectations, expected, strict=True):
        failure = found.get((one.kind, one.column, one.says))
        assert (failure.unexpected if failure else 0) == count, one.says
        if failure:
            assert failure.trouble == ""
            position = SUITE.expectations.index(one)
            assert len(failure.rows) == min(count, 20)
            assert all(breaks(rows[row["id"]])[position] for row in failure.rows)
    assert result.rows == len(rows) * repeats


def test_a_suite_that_cannot_be_read_fails_with_the_reason() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE rows AS SELECT 1 AS id")
    result = RUNNERS[2048].run(connection, SUITE, SCOPE)
    assert not result.success
    assert len(result.failures) == len(SUITE.expectations)
    assert 'Column "x"' in result.failures[0].trouble
    assert "could not be evaluated" in str(result.failures[0])


def test_an_expectation_that_does_not_fit_its_column_fails_with_the_reason() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE rows AS SELECT 1 AS id, 'text' AS s")
    wrong = Suite("t", "rows", {"id": "id", "s": "s"}, ("id",), (between("s", 0), not_null("gone")))
    result = RUNNERS[2048].run(connection, wrong, SCOPE)
    assert not result.success
    assert len(result.failures) == 2
    assert all(failure.trouble for failure in result.failures)
    assert "gone" in result.failures[1].trouble
