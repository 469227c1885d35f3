"""Feedback on its way into the lake: spooled while it is written, moved when the lock is free."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import small_lake
from pydantic import ValidationError
from spooled import feedback, lines_apart, rows
from typer.testing import CliRunner

from tambo.cli import app
from tambo.doctor import examine
from tambo.errors import SpoolError
from tambo.lake import head, reader, releases, spool, writer, writer_lock
from tambo.lake.drain import drain, drain_if_free
from tambo.lake.retention import retire
from tambo.lake.topics import SPOOLED
from tambo.lake.waiting import waiting
from tambo.monitoring.feedback import TOPIC, Feedback, record
from tambo.settings import Settings, get_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with an empty lake."""
    made = Settings(home=tmp_path / "home", threads=1)
    with writer(made, "test") as lake:
        lake.execute("CREATE TABLE lake.marts.fares AS SELECT range AS code FROM range(100)")
    return made


def meanwhile(work) -> list:
    """What some work gives that is done by another thread, which does not hold the lock."""
    given: list = []
    thread = threading.Thread(target=lambda: given.append(work()))
    thread.start()
    thread.join()
    return given


def test_feedback_lands_in_the_lake_as_it_was_given(settings: Settings) -> None:
    said = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(microseconds=1)
    given = feedback(id="one", given_at=said, nights=3, travel_date=date(2026, 4, 1))
    assert record(settings, given)
    (row,) = rows(settings, ", ".join(SPOOLED[TOPIC]))
    found = dict(zip(SPOOLED[TOPIC], row, strict=True))
    assert found.pop("recorded_at") > datetime(2026, 3, 1)
    expected = given.model_dump() | {"given_at": said.replace(tzinfo=None), "subject": "7"}
    assert found == expected


def test_the_table_has_a_column_for_all_that_feedback_says() -> None:
    assert {*Feedback.model_fields, "recorded_at"} == set(SPOOLED[TOPIC])


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Roy Braun"},
        {"kind": "great"},
        {"given_at": datetime(2026, 3, 1)},
        {"item": "Hotel\0"},
        {"item": ""},
        {"item": "x" * 301},
        {"rank": 0},
        {"budget": float("nan")},
        {"release": 0},
    ],
    ids=str,
)
def test_feedback_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        feedback(**wrong)


def test_what_comes_while_the_lake_is_written_is_moved_by_whoever_held_it(
    settings: Settings,
) -> None:
    with writer_lock(settings, "build"):
        assert meanwhile(lambda: record(settings, feedback(id="one"))) == [False]
        assert [(one.topic, one.records) for one in waiting(settings)] == [(TOPIC, 1)]
        assert rows(settings) == []
    assert rows(settings) == [("one",)]
    assert waiting(settings) == []


def test_a_stage_that_fails_leaves_it_to_the_next(settings: Settings) -> None:
    with pytest.raises(RuntimeError), writer_lock(settings, "build"):
        meanwhile(lambda: record(settings, feedback(id="one")))
        raise RuntimeError
    assert rows(settings) == []
    assert record(settings, feedback(id="two"))
    assert rows(settings) == [("one",), ("two",)]


def test_without_a_lake_it_waits_and_none_is_made(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert not record(settings, feedback(id="one"))
    assert not settings.catalog.exists()
    assert drain(settings).records == 1
    assert rows(settings) == [("one",)]


def test_the_same_id_counts_once(settings: Settings) -> None:
    for item in ("first", "second"):
        record(settings, feedback(id="one", item=item))
    with writer_lock(settings, "build"):
        for item in ("third", "fourth"):
            meanwhile(lambda item=item: record(settings, feedback(id="two", item=item)))
    assert rows(settings, "id, item") == [("one", "first"), ("two", "third")]


def test_lines_that_are_no_records_are_kept_and_told(settings: Settings) -> None:
    good = feedback(id="good").model_dump_json().encode()
    bad = [
        good[:40],
        b"[1]",
        b'{"kind": "useful"}',
        b'{"id": "a", "first_name": "Roy"}',
        b'{"id": "b", "rank": "second"}',
        b'{"id": "c", "item": "\\ud800"}',
        b'{"id": "d", "item": "\\u0000"}',
        b"\xff\xfe",
    ]
    path = settings.spool / TOPIC / spool.OPEN
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\n".join([*bad, good]))
    done = drain(settings)
    assert (done.records, done.apart) == (1, len(bad))
    assert sorted(lines_apart(settings)) == sorted(bad)
    assert rows(settings) == [("good",)]
    (check,) = (one for one in examine(settings) if one.name == "spool")
    assert check.state == "warn"
    assert "no whole records" in check.finding
    assert ".apart" in check.remedy


def test_what_waits_is_said_and_can_be_drained_by_hand(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(settings.home))
    get_settings.cache_clear()
    spool.append(settings, TOPIC, [feedback(id=str(n)).model_dump(mode="json") for n in range(3)])
    (check,) = (one for one in examine(settings) if one.name == "spool")
    assert (check.state, check.remedy) == ("warn", "tambo drain")
    assert check.finding == "3 records wait for monitoring.feedback"
    shown = CliRunner().invoke(app, ["status"])
    assert "spool  3 records wait for monitoring.feedback: tambo drain" in shown.output
    said = [CliRunner().invoke(app, ["drain"]).output for _ in range(2)]
    assert said == ["3 records moved into the lake\n", "nothing new\n"]
    (check,) = (one for one in examine(settings) if one.name == "spool")
    assert check.state == "ok"
    get_settings.cache_clear()


def test_a_release_and_its_readers_see_nothing_of_it(settings: Settings) -> None:
    built = small_lake.build(settings)
    record(settings, feedback(id="one"))
    small_lake.validate(settings, built, success=True)
    made = releases.release(settings).release
    record(settings, feedback(id="two"))
    assert made.snapshot_id == built.snapshot_id < head(settings)
    assert rows(settings, snapshot=made.snapshot_id) == []
    with reader(settings, made.snapshot_id) as lake:
        assert lake.execute("SELECT count(*) FROM lake.marts.fares").fetchone() == (101,)
    assert releases.release(settings).up_to_date

    retire(settings, named=[], keep=1, grace=timedelta(0))
    assert rows(settings) == [("one",), ("two",)]


def test_a_table_from_before_a_column_was_added_gets_it(settings: Settings) -> None:
    with writer(settings, "test") as lake:
        lake.execute(f"CREATE TABLE lake.{TOPIC} (id VARCHAR, kind VARCHAR)")
        lake.execute(f"INSERT INTO lake.{TOPIC} VALUES ('old', 'useful')")
    record(settings, feedback(id="new"))
    assert rows(settings, "id, item") == [("new", "Hotel Mirante"), ("old", None)]


def test_what_cannot_be_kept_is_not_acknowledged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SpoolError, match=r"no spool for 'marts\.fares'"):
        spool.append(settings, "marts.fares", [{"id": "one"}])
    for wrong in ({"item": "x"}, {"id": 7}):
        with pytest.raises(SpoolError, match="has no id"):
            spool.append(settings, TOPIC, [wrong])
    for value in (float("nan"), object()):
        with pytest.raises(SpoolError, match="is no JSON"):
            spool.append(settings, TOPIC, [{"id": "one", "budget": value}])
    settings.spool.write_text("no folder")
    with pytest.raises(SpoolError, match="takes no record"):
        record(settings, feedback(id="one"))


def test_a_lake_that_cannot_be_written_does_not_hurt_who_gives_feedback(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    good = settings.catalog.read_bytes()
    for path in settings.catalog.parent.glob("catalog.sqlite*"):
        path.write_bytes(b"no catalog" * 1_000)
    assert not record(settings, feedback(id="one"))
    assert "was not drained" in caplog.text
    for path in settings.catalog.parent.glob("catalog.sqlite*"):
        path.unlink()
    settings.catalog.write_bytes(good)
    assert drain_if_free(settings)
    assert rows(settings) == [("one",)]


WRITE = """
import itertools, os, sys
from pathlib import Path
from tambo.lake import spool
from tambo.settings import Settings
settings, name = Settings(home=Path(sys.argv[1])), sys.argv[2]
for number in itertools.count():
    spool.append(settings, "monitoring.feedback", [{"id": f"{name}-{number}", "kind": "useful"}])
    os.write(1, f"{name}-{number}\\n".encode())
"""
DRAIN = """
import os, sys
from pathlib import Path
from tambo.lake.drain import drain_if_free
from tambo.settings import Settings
while True:
    drain_if_free(Settings(home=Path(sys.argv[1]), threads=1))
    os.write(1, b"drained\\n")
"""


@pytest.mark.slow
def test_killed_writers_and_drains_lose_and_double_nothing(settings: Settings) -> None:
    acknowledged: set[str] = set()
    killed = 0
    for round_number in range(2):
        scripts = [(WRITE, f"a{round_number}"), (WRITE, f"b{round_number}"), (DRAIN, "")]
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(settings.home), name],
                stdout=subprocess.PIPE,
                text=True,
            )
            for script, name in scripts
        ]
        heard = [process.stdout.readline() for process in processes]
        assert all(heard)
        time.sleep(0.3 + 0.17 * round_number)
        for process in processes:
            os.kill(process.pid, signal.SIGKILL)
        for process, first in zip(processes[:2], heard[:2], strict=True):
            rest = process.communicate()[0].splitlines()
            # The last line may be torn as well.
            acknowledged |= {first.strip(), *rest[:-1]}
            killed += 1
        processes[2].communicate()
    drain(settings)
    in_lake = [one for (one,) in rows(settings)]
    assert len(in_lake) == len(set(in_lake))
    assert acknowledged <= set(in_lake)
    assert len(acknowledged) > 50
    # Each writer may have been killed between the disk and its word, and its last word is left out.
    assert len(set(in_lake) - acknowledged) <= 2 * killed
    assert len(lines_apart(settings)) <= killed
    assert drain(settings).records == 0
