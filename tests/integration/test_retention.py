"""Retention: what it spares, what it marks, what it removes."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from small_lake import build, parquet_files, release

from tambo.errors import LakeError, ReleaseError
from tambo.lake import head, reader, releases, writer
from tambo.lake.retention import clean, retire
from tambo.settings import Settings

AT_ONCE = timedelta(0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home", threads=1)
    with writer(made, "test") as lake:
        lake.execute("CREATE TABLE lake.marts.fares AS SELECT range AS code FROM range(100)")
    return made


def codes(settings: Settings, snapshot: int) -> list[tuple[int]]:
    with reader(settings, snapshot) as lake:
        return lake.execute("SELECT code FROM lake.marts.fares ORDER BY code").fetchall()


def test_named_and_newest_releases_stay_and_read_as_before(settings: Settings) -> None:
    made = [release(settings) for _ in range(5)]
    before = {row.number: codes(settings, row.snapshot_id) for row in made}

    outcome = retire(settings, named=[2], keep=2, grace=AT_ONCE)

    assert outcome.releases == (1, 3)
    assert outcome.snapshots > 2
    assert not outcome.up_to_date
    states = {row.number: row.status for row in releases.history(settings)}
    assert states == {1: "retired", 2: "released", 3: "retired", 4: "released", 5: "released"}
    for number in (2, 4, 5):
        assert codes(settings, releases.get(settings, number).snapshot_id) == before[number]


def test_a_retired_release_is_refused_and_its_snapshot_is_gone(settings: Settings) -> None:
    old, _ = release(settings), release(settings)
    retire(settings, named=[], keep=1, grace=AT_ONCE)
    with pytest.raises(ReleaseError, match="Release 1 cannot be read: it is retired") as error:
        releases.get(settings, 1)
    assert error.value.remedy == "choose one of: 2"
    with pytest.raises(LakeError, match="has been expired"), reader(settings, old.snapshot_id):
        pass


def test_the_head_and_the_build_that_waits_for_the_gate_stay(settings: Settings) -> None:
    release(settings)
    waiting = build(settings)
    with writer(settings, "test") as lake:
        lake.execute("INSERT INTO lake.marts.fares VALUES (1000)")
    newest = head(settings)
    retire(settings, named=[], keep=1, grace=AT_ONCE)
    assert max(codes(settings, newest)) == (1000,)
    assert len(codes(settings, waiting.snapshot_id)) == 102


def test_the_latest_release_stays_whatever_is_asked(settings: Settings) -> None:
    release(settings)
    build(settings)
    assert retire(settings, named=[], keep=0, grace=AT_ONCE).releases == ()
    assert releases.latest(settings).number == 1


def test_young_snapshots_stay(settings: Settings) -> None:
    for _ in range(3):
        release(settings)
    outcome = retire(settings, named=[], keep=1)
    assert outcome.up_to_date
    assert [row.status for row in releases.history(settings)] == ["released"] * 3


def test_small_files_are_merged_and_the_given_up_ones_removed(settings: Settings) -> None:
    for _ in range(4):
        with writer(settings, "test") as lake:
            lake.execute("INSERT INTO lake.marts.fares SELECT range + 1000 FROM range(500)")
    release(settings)
    before = parquet_files(settings)

    outcome = retire(settings, named=[], keep=1, grace=AT_ONCE)

    assert outcome.merged >= 4
    assert set(outcome.removed) == before - parquet_files(settings)
    assert len(parquet_files(settings)) < len(before)
    assert len(codes(settings, releases.latest(settings).snapshot_id)) == 2101


def test_a_reader_that_is_open_goes_on_reading_while_files_are_merged(settings: Settings) -> None:
    for _ in range(4):
        with writer(settings, "test") as lake:
            lake.execute("INSERT INTO lake.marts.fares SELECT range + 1000 FROM range(500)")
    made = release(settings)
    with reader(settings, made.snapshot_id) as lake:
        before = lake.execute("SELECT sum(code) FROM lake.marts.fares").fetchone()
        retire(settings, named=[], keep=1, grace=AT_ONCE)
        assert lake.execute("SELECT sum(code) FROM lake.marts.fares").fetchone() == before


KILLED = """
import os, sys
from pathlib import Path
from tambo.lake import writer
from tambo.settings import Settings

settings = Settings(home=Path(sys.argv[1]), threads=1)
with writer(settings, "test") as lake:
    spill = Path(lake.execute("SELECT current_setting('temp_directory')").fetchone()[0])
    spill.mkdir()
    (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"left")
    lake.execute("INSERT INTO lake.marts.fares SELECT range + 5000 FROM range(3000)")
    lake.execute("BEGIN")
    lake.execute("INSERT INTO lake.marts.fares SELECT range + 9000 FROM range(3000)")
    print("uncommitted", flush=True)
    sys.stdin.readline()
"""


def test_a_writer_killed_leaves_the_catalog_whole_and_its_files_are_cleaned(
    settings: Settings,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(settings.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "uncommitted\n"
        process.kill()

    assert len(codes(settings, head(settings))) == 3100
    left = parquet_files(settings)
    spill = [path for path in clean(settings) if path.parent.name == "spill"]

    assert len(left - parquet_files(settings)) == 1
    assert len(spill) == 1
    assert not spill[0].exists()
    assert clean(settings) == ()
    with writer(settings, "test") as lake:
        lake.execute("INSERT INTO lake.marts.fares VALUES (7)")
    assert len(codes(settings, head(settings))) == 3101


CREATE = """
import sys
from pathlib import Path
from tambo.lake import writer
from tambo.settings import Settings

print("go", flush=True)
with writer(Settings(home=Path(sys.argv[1]), threads=1), "test") as lake:
    for number in range(1000):
        lake.execute(f"CREATE OR REPLACE TABLE lake.raw.a AS SELECT {number} AS n, range FROM range(200)")
"""


@pytest.mark.parametrize("delay", [0.1, 0.2, 0.25, 0.3, 0.4, 0.6])
def test_killed_at_any_instant_even_while_it_is_made_the_lake_can_be_used(
    tmp_path: Path, delay: float
) -> None:
    home = Settings(home=tmp_path / "new", threads=1)
    with subprocess.Popen(
        [sys.executable, "-c", CREATE, str(home.home)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(delay)
        process.kill()
    try:
        with reader(home) as lake:
            tables = lake.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
            assert ("releases",) in tables
            if ("a",) in tables:
                rows = lake.execute("SELECT count(*), count(DISTINCT n) FROM lake.raw.a").fetchone()
                assert rows == (200, 1)
    except LakeError as error:
        assert "There is no lake" in error.message
    with writer(home, "test") as lake:
        lake.execute("CREATE OR REPLACE TABLE lake.raw.a AS SELECT 1 AS n")
    clean(home)
    with reader(home) as lake:
        assert lake.execute("SELECT n FROM lake.raw.a").fetchall() == [(1,)]
        assert lake.execute("SELECT count(*) FROM lake.audit.releases").fetchone() == (0,)
