"""The writer's lock between processes and threads, and what it says about its holder."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tambo.errors import LockedError
from tambo.lake import holder, lock, writer, writer_lock
from tambo.settings import Settings

HOLD = """
import sys
from pathlib import Path
from tambo.lake import writer_lock
from tambo.settings import Settings

with writer_lock(Settings(home=Path(sys.argv[1])), "ingest"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", lock_timeout_seconds=0.2)


@contextmanager
def another_holder(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(settings.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_writer_is_told_who_holds_the_lock(settings: Settings) -> None:
    with another_holder(settings) as process:
        found = holder(settings)
        assert found is not None
        assert (found["pid"], found["purpose"]) == (process.pid, "ingest")
        assert found["since"].endswith("+00:00")
        with (
            pytest.raises(LockedError, match=rf"process {process.pid} \(ingest\), since 2"),
            writer(settings, "build"),
        ):
            pass


def test_the_lock_of_a_killed_process_is_free_and_its_note_does_not_count(
    settings: Settings,
) -> None:
    with another_holder(settings) as process:
        process.kill()
        process.wait()
        note = settings.lock_file.with_suffix(".holder.json")
        assert str(process.pid) in note.read_text()
        assert holder(settings) is None
        with writer_lock(settings, "build"):
            found = holder(settings)
            assert found is not None
            assert (found["pid"], found["purpose"]) == (os.getpid(), "build")
    assert holder(settings) is None
    assert not note.exists()


def test_a_stale_note_is_not_read_while_the_next_holder_has_not_written_its_own(
    settings: Settings,
) -> None:
    with another_holder(settings) as process:
        process.kill()
        process.wait()
        # The next holder has the lock, but not written its note yet.
        with lock.FileLock(settings.lock_file):
            found = holder(settings)
    assert found is not None
    assert lock.describe(found) == "a process that is just starting"


def test_nested_use_keeps_the_lock_and_the_outer_purpose(settings: Settings) -> None:
    with writer_lock(settings, "road"):
        with writer(settings, "build") as lake:
            lake.execute("CREATE TABLE lake.raw.kept AS SELECT 1 AS one")
        with writer_lock(settings, "release"):
            pass
        found = holder(settings)
        assert found is not None
        assert found["purpose"] == "road"
    assert holder(settings) is None


def test_an_error_inside_frees_the_lock(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(settings, "build"):
        _ = 1 / 0
    assert holder(settings) is None


def test_another_thread_of_the_same_process_waits(settings: Settings) -> None:
    seen: list[str] = []

    def write() -> None:
        try:
            with writer_lock(settings, "second"):
                seen.append("in")
        except LockedError:
            seen.append("locked")

    with writer_lock(settings, "first"):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert seen == ["locked"]


def test_one_home_reached_by_two_names_has_one_lock(settings: Settings, tmp_path: Path) -> None:
    settings.home.mkdir()
    (tmp_path / "link").symlink_to(settings.home)
    other = settings.model_copy(update={"home": tmp_path / "link"})
    with writer_lock(settings, "first"), writer_lock(other, "second"):
        pass


def test_a_long_wait_says_whom_it_waits_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lock, "PATIENCE_SECONDS", 0.05)
    with (
        another_holder(settings) as process,
        caplog.at_level(logging.WARNING),
        pytest.raises(LockedError),
        writer_lock(settings, "build"),
    ):
        pass
    assert f"waiting for the writer's lock: process {process.pid} (ingest)" in caplog.text
