"""Generated tables and entity rows, made to be awkward; needs hypothesis.

Few keys, few instants and few values make ties, late rows, corrections, gaps and nulls common.
Instants are steps of one unit, at times a microsecond beside, so that ttl edges are hit exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain

from hypothesis import strategies as st

from tambo.proofs.oracle import Row

UNITS = (
    timedelta(microseconds=1),
    timedelta(seconds=1),
    timedelta(hours=1),
    timedelta(days=1),
)
BEGINNINGS = (
    datetime(2024, 2, 28, 23, 59, 59, 999_990),
    datetime(2018, 11, 3, 22),  # a clock change in São Paulo
    datetime(2025, 10, 25, 22),  # one in Lisbon
    datetime(1969, 12, 31, 23, 59, 59, 999_995),
)
ZONES = (None, "UTC", "America/Sao_Paulo", "Asia/Kolkata", "Europe/Lisbon")
FORMS = ("arrow", "pandas", "sql")

NUMBERS = st.sampled_from([1, 11, 1, 11, -(2**40), None])
NAMES = st.sampled_from(["1", "11", "1", "11", "", "São", None])


@dataclass(frozen=True)
class Example:
    """One generated case.

    Attributes:
        service: which views are asked for.
        rows: the table, in the columns of `hand_lake.COLUMNS`.
        asked: entity rows: number, name and an instant, naive, UTC.
        zone: time zone in which the entity times are given; None gives them naive, in UTC.
        form: how the entity rows are given: arrow, pandas or sql.
        as_known_at: False: the plain event-time join.
    """

    service: str
    rows: list[Row]
    asked: list[tuple[int | None, str | None, datetime]]
    zone: str | None
    form: str
    as_known_at: bool


@st.composite
def examples(draw: st.DrawFn, services: Sequence[str]) -> Example:
    """Draw one case."""
    beginning = draw(st.sampled_from(BEGINNINGS))
    unit = draw(st.sampled_from(UNITS))
    steps = st.integers(0, 12)
    beside = st.sampled_from([0, 0, 0, 0, -1, 1])
    instants = st.builds(
        lambda step, micros: beginning + step * unit + timedelta(microseconds=micros), steps, beside
    )
    seldom_null = st.one_of(instants, instants, instants, st.none())
    rows = st.tuples(
        NUMBERS,
        NAMES,
        seldom_null,
        seldom_null,
        # No -0.0: DuckDB's Parquet writer makes it 0.0 where both are in one column.
        st.sampled_from([0.0, 0.1, 1e300, float("nan"), float("inf"), None]),
        st.sampled_from(["", "null", "4:null", "São", None]),
        st.sampled_from([0, 1, -(2**62), None]),
        st.sampled_from([False, True, None]),
        st.sampled_from([beginning, datetime(1900, 1, 1), None]),
        st.sampled_from([Decimal("0.10"), Decimal("-1234567.89"), None]),
        st.sampled_from([b"", b"\x00\xff", None]),
        st.sampled_from([[], [1, 2], [2**62], None]),
    )
    drawn = list(chain(*draw(st.lists(st.lists(rows, max_size=20), max_size=20))))
    # Every key that the table has, one that it may not have, and one without a value.
    keys = [*dict.fromkeys(row[:2] for row in drawn), (1, "São"), (None, "1")]
    return Example(
        service=draw(st.sampled_from(services)),
        rows=drawn,
        asked=[
            (*key, t) for t in draw(st.lists(instants, min_size=1, max_size=12)) for key in keys
        ],
        zone=draw(st.sampled_from(ZONES)),
        form=draw(st.sampled_from(FORMS)),
        as_known_at=draw(st.sampled_from([True, True, False])),
    )
