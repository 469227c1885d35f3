"""After retention every kept release reads exactly what it read before, whatever happened."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tambo.lake import head, reader, releases, writer
from tambo.lake.retention import clean, retire
from tambo.settings import Settings

# Up to 10 rows are inlined into the catalog; more go to a parquet file.
SIZES = st.sampled_from([1, 3, 40, 400])
STEPS = st.one_of(
    st.tuples(st.just("insert"), SIZES),
    st.tuples(st.just("delete"), st.integers(2, 5)),
    st.tuples(st.just("update"), st.integers(2, 5)),
    st.tuples(st.just("replace"), SIZES),
    st.tuples(st.just("release"), st.just(0)),
    st.tuples(st.just("release"), st.just(0)),
    st.tuples(st.just("retire"), st.integers(1, 3)),
)
SQL = {
    "insert": "INSERT INTO lake.marts.fares BY NAME SELECT range AS code, {0} AS fare FROM range({0})",
    "delete": "DELETE FROM lake.marts.fares WHERE code % {0} = 0",
    "update": "UPDATE lake.marts.fares SET fare = fare + 1 WHERE code % {0} = 1",
    "release": "INSERT INTO lake.audit.releases BY NAME SELECT "
    "(SELECT count(*) + 1 FROM lake.audit.releases) AS release, now()::TIMESTAMP AS created_at, "
    "(SELECT max(snapshot_id) FROM lake.snapshots()) AS snapshot_id, 'released' AS status, "
    "'{{}}' AS as_of_by_domain, '[]' AS verdicts, '{{}}' AS row_counts",
    "replace": "CREATE OR REPLACE TABLE lake.raw.users AS SELECT range AS code FROM range({0})",
}


def contents(home: Settings, snapshot: int) -> list[list[tuple[object, ...]]]:
    with reader(home, snapshot) as lake:
        return [
            lake.execute(f"SELECT * FROM lake.{table} ORDER BY ALL").fetchall()
            for table in ("marts.fares", "raw.users")
        ]


def kept(home: Settings) -> dict[int, list[list[tuple[object, ...]]]]:
    return {
        row.number: contents(home, row.snapshot_id)
        for row in releases.history(home)
        if row.status == releases.RELEASED
    }


def retire_and_compare(home: Settings, named: set[int], keep: int) -> None:
    before = kept(home)
    at_head = contents(home, head(home))
    retire(home, named=named, keep=keep, grace=timedelta(0))
    after = kept(home)
    newest = set(sorted(before)[-keep:])
    assert set(after) == set(before) & (named | newest)
    assert after == {number: before[number] for number in after}
    assert contents(home, head(home)) == at_head


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(
    steps=st.lists(STEPS, min_size=4, max_size=12),
    named=st.sets(st.integers(1, 5), max_size=3),
    keep=st.integers(1, 3),
)
def test_kept_releases_read_as_before(
    steps: list[tuple[str, int]], named: set[int], keep: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Settings(home=Path(folder), threads=1)
        with writer(home, "test") as lake:
            lake.execute("CREATE TABLE lake.marts.fares (code BIGINT, fare BIGINT)")
            lake.execute("CREATE TABLE lake.raw.users (code BIGINT)")
            for step, amount in steps:
                if step == "retire":
                    retire_and_compare(home, named, amount)
                else:
                    lake.execute(SQL[step].format(amount))
            retire_and_compare(home, named, keep)
        assert clean(home) == ()
