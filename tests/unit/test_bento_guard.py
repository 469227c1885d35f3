"""A guarded program never outlives its caller, however the caller or the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bentos.guard import guarded

# Says its own process and that of a child in a session of its own, as BentoML gives its workers.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""

CALLER = """
import os, sys, time
from pathlib import Path
from bentos.guard import guarded
with guarded([sys.executable, "-c", sys.argv[1]], env=os.environ, cwd=Path("."), log=Path("log")):
    time.sleep(600)
"""


def until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def ended(processes: list[psutil.Process]) -> bool:
    return all(_ended(process) for process in processes)


def _ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def family(log: Path) -> list[psutil.Process]:
    """The program and its child, as the program printed them."""
    assert until(lambda: log.exists() and log.read_text().endswith("\n"))
    return [psutil.Process(int(pid)) for pid in log.read_text().split()]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Where a program prints; whatever a failed test left behind is ended."""
    log = tmp_path / "log"
    yield log
    for pid in log.read_text().split() if log.exists() else ():
        if pid.isdecimal() and psutil.pid_exists(int(pid)):
            os.kill(int(pid), signal.SIGKILL)


def start(log: Path, code: str = PARENT):
    return guarded([sys.executable, "-c", code], env=os.environ, cwd=log.parent, log=log)


def test_the_end_of_the_block_ends_the_program_and_its_children(log: Path) -> None:
    with start(log) as guard:
        processes = family(log)
        assert guard.poll() is None
    assert ended(processes)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_caller_ends_them_too(log: Path, how: signal.Signals) -> None:
    root = str(Path(__file__).resolve().parents[2])
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, PARENT],
        cwd=log.parent,
        env={**os.environ, "PYTHONPATH": root},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        processes = family(log)
        processes += psutil.Process(caller.pid).children()
        assert len(processes) == 3
        caller.send_signal(how)
        assert caller.wait(10) == -how
        assert until(lambda: ended(processes))
    finally:
        caller.kill()


def test_the_end_of_the_program_ends_its_children(log: Path) -> None:
    with start(log) as guard:
        program, child = family(log)
        # Time for the guard to have seen the child once: it cannot be found later.
        time.sleep(1.5)
        program.kill()
        assert guard.wait(10) == 128 + signal.SIGKILL
        assert ended([program, child])


def test_a_guard_that_is_told_to_end_ends_the_program(log: Path) -> None:
    with start(log) as guard:
        processes = family(log)
        guard.terminate()
        assert guard.wait(10) == 128 + signal.SIGTERM
        assert ended(processes)


def test_the_exit_code_and_the_words_of_the_program_are_kept(log: Path) -> None:
    with start(log, "import sys; print('done'); sys.exit(3)") as guard:
        assert guard.wait(10) == 3
    assert log.read_text() == "done\n"
