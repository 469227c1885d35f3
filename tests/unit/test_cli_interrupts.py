"""Ctrl-C ends a command with 130 and without a traceback, whatever a library makes of it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tambo.cli import interrupts

START = """
import os, signal, threading
from tambo.cli import interrupts
from tambo.cli.road import Outcome, Stage, run_stage

def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)

def lost(then):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass
    then()

def work(progress):
    {work}
    return Outcome("done")

with interrupts.watched():
    try:
        run_stage(Stage("stage", work))
    except KeyboardInterrupt:
        raise SystemExit(130)
"""


def run(work: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START.replace("{work}", work)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "work",
    [
        # As DuckDB does it, in the middle of a query.
        "import duckdb; threading.Timer(1, ctrl_c).start(); "
        "duckdb.sql('SELECT sum(hash(a.range)) FROM range(10000000) a, range(10000) b').fetchall()",
        # As an import hook or a finaliser does it.
        "lost(lambda: None)",
        "lost(lambda: progress('on', 1, 2))",
        "lost(lambda: 1 / 0)",
    ],
)
def test_a_lost_interrupt_is_taken_up(work: str) -> None:
    done = run(work)
    assert done.returncode == 130, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "done" not in done.stdout


def test_other_errors_stay_what_they_are() -> None:
    done = run("1 / 0")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_nothing_happens_without_ctrl_c() -> None:
    done = run("progress('on', 1, 2)")
    assert (done.returncode, done.stderr) == (0, "")
    assert "done" in done.stdout


def test_who_has_it_ignored_keeps_it_ignored() -> None:
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{START}"
    code = code.replace("{work}", "ctrl_c()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_that_goes_on_is_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupts.watched():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert not interrupts.asked()
