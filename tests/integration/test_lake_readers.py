"""Readers pinned at a snapshot: never blocked, never failing, while a writer writes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from tambo.errors import LakeError
from tambo.lake import head, reader, writer
from tambo.lake.connect import engine
from tambo.settings import Settings

COMMITS = 80
WRITE = """
import sys
from pathlib import Path
from tambo.lake import writer
from tambo.settings import Settings

with writer(Settings(home=Path(sys.argv[1]), threads=1), "test") as lake:
    print("ready", flush=True)
    for number in range(1, int(sys.argv[2]) + 1):
        # Both tables or none: a reader that sees different counts saw half a commit.
        lake.execute("BEGIN")
        for table in ("a", "b"):
            lake.execute(
                f"INSERT INTO lake.raw.{table} SELECT {number}, range FROM range(200)"
            )
        lake.execute("COMMIT")
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home", threads=1)
    with writer(made, "test") as lake:
        for table in ("a", "b"):
            lake.execute(f"CREATE TABLE lake.raw.{table} (number BIGINT, item BIGINT)")
    return made


def test_readers_never_fail_and_see_whole_commits_while_another_process_writes(
    settings: Settings,
) -> None:
    counts: list[tuple[int, int]] = []
    waits: list[float] = []
    command = [sys.executable, "-c", WRITE, str(settings.home), str(COMMITS)]
    with reader(settings) as pinned, subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while process.poll() is None:
            started = time.perf_counter()
            with reader(settings) as lake:
                counts.append(
                    (
                        lake.execute("SELECT count(*) FROM lake.raw.a").fetchone()[0],
                        lake.execute("SELECT count(*) FROM lake.raw.b").fetchone()[0],
                    )
                )
            waits.append(time.perf_counter() - started)
            assert pinned.execute("SELECT count(*) FROM lake.raw.a").fetchone() == (0,)
        assert process.returncode == 0

    assert all(a == b and a % 200 == 0 for a, b in counts)
    assert counts == sorted(counts)
    assert len({a for a, _ in counts}) > 3, "the readers did not run beside the writer"
    assert sorted(waits)[len(waits) // 2] < 2, "most are not held up, however busy the machine is"
    with reader(settings) as lake:
        assert lake.execute("SELECT count(*) FROM lake.raw.b").fetchone() == (COMMITS * 200,)


def test_many_readers_open_at_once(settings: Settings) -> None:
    def read(_: int) -> int:
        with reader(settings) as lake:
            return lake.execute("SELECT count(*) FROM lake.raw.a").fetchone()[0]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(20))) == [0] * 20


def test_a_reader_stays_where_it_was_opened(settings: Settings) -> None:
    before = head(settings)
    with reader(settings) as old:
        with writer(settings, "test") as lake:
            lake.execute("INSERT INTO lake.raw.a VALUES (1, 1)")
        assert old.execute("SELECT count(*) FROM lake.raw.a").fetchone() == (0,)
    assert head(settings) > before
    with reader(settings, before) as old, reader(settings) as new:
        assert old.execute("SELECT count(*) FROM lake.raw.a").fetchone() == (0,)
        assert new.execute("SELECT count(*) FROM lake.raw.a").fetchone() == (1,)


def test_a_reader_cannot_write(settings: Settings) -> None:
    with reader(settings) as lake, pytest.raises(duckdb.Error, match="read-only"):
        lake.execute("INSERT INTO lake.raw.a VALUES (1, 1)")


def test_a_snapshot_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(LakeError, match="Snapshot 999 is not in the lake"), reader(settings, 999):
        pass


def test_a_broken_catalog_is_a_lake_error(settings: Settings) -> None:
    settings.catalog.write_bytes(b"not a database" * 1000)
    with pytest.raises(LakeError, match="cannot be opened") as error, reader(settings):
        pass
    assert error.value.remedy == "tambo doctor"


def test_without_a_lake_the_remedy_is_the_first_command(tmp_path: Path) -> None:
    nothing = Settings(home=tmp_path / "none")
    with pytest.raises(LakeError, match="There is no lake") as error, reader(nothing):
        pass
    assert error.value.remedy == "tambo world && tambo ingest"
    assert not nothing.home.exists()


def test_a_catalog_file_made_but_not_filled_is_no_lake_yet(tmp_path: Path) -> None:
    killed = Settings(home=tmp_path / "home")
    killed.catalog.parent.mkdir(parents=True)
    killed.catalog.touch()
    with pytest.raises(LakeError, match="There is no lake"), reader(killed):
        pass
    with writer(killed, "test"):
        pass
    with reader(killed) as lake:
        assert lake.execute("SELECT count(*) FROM lake.audit.releases").fetchone() == (0,)


def test_engines_that_spill_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    small = Settings(home=tmp_path / "home", memory_limit="100MB", threads=1)
    query = (
        "SELECT count(*), sum(h) FROM (SELECT hash(range) AS h, "
        "row_number() OVER (ORDER BY hash(range * 7)) FROM range(2000000))"
    )
    answers = []

    def sort() -> None:
        connection = engine(small)
        answers.append(connection.execute(query).fetchone())
        connection.close()

    threads = [threading.Thread(target=sort) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert list((small.scratch / "spill").iterdir()) == []
