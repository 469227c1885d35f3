"""Components end with everything that they started, however they are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from orchestration.processes import Component, check_alive, remember, stop, stop_leftovers
from tambo.errors import OrchestrationError

# A leader with a worker that ignores SIGTERM, and a grandchild whose parent has gone.
STUBBORN = """
import os, signal, subprocess, sys, time
if len(sys.argv) > 2:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", sleeper])
if os.fork() == 0:
    orphan = subprocess.Popen([sys.executable, "-c", sleeper])
    os._exit(0)
os.wait()
open(sys.argv[1], "w").close()
time.sleep(600)
"""
POLITE = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(600)"


def session(leader: int) -> list[int]:
    """Ids of all live processes of a session."""
    found = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getsid(process.pid) == leader and process.info["status"] != "zombie":
                found.append(process.pid)
        except ProcessLookupError:
            continue
    return found


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Component]]:
    started: list[Component] = []

    def go(code: str, *arguments: str) -> Component:
        name = f"part{len(started)}"
        flag, log = tmp_path / f"{name}.ready", tmp_path / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", code, str(flag), *arguments],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        started.append(Component(name, process, log))
        deadline = time.monotonic() + 60
        while not flag.exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return started[-1]

    yield go
    for component in started:
        for pid in session(component.process.pid):
            os.kill(pid, signal.SIGKILL)
        component.process.wait(timeout=60)


def test_a_polite_component_ends_within_its_grace(begin: Callable[..., Component]):
    component = begin(POLITE)
    stop([component], grace=20)
    assert component.process.returncode == -signal.SIGTERM


@pytest.mark.parametrize("arguments", [(), ("ignores SIGTERM",)])
def test_what_a_component_started_ends_with_it(
    begin: Callable[..., Component], arguments: tuple[str, ...]
):
    component = begin(STUBBORN, *arguments)
    assert len(session(component.process.pid)) == 3
    stop([component], grace=0.5)
    assert session(component.process.pid) == []


def test_several_components_share_one_grace(begin: Callable[..., Component]):
    both = [begin(STUBBORN), begin(STUBBORN)]
    began = time.monotonic()
    stop(both, grace=6)
    assert 6 <= time.monotonic() - began < 12
    assert [session(component.process.pid) for component in both] == [[], []]


def test_ctrl_c_while_stopping_kills_at_once(begin: Callable[..., Component]):
    component = begin(STUBBORN)
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        stop([component], grace=60)
    assert time.monotonic() - began < 60
    assert session(component.process.pid) == []


def test_stopping_what_has_ended_is_free(begin: Callable[..., Component]):
    component = begin(POLITE)
    component.process.kill()
    component.process.wait(timeout=60)
    began = time.monotonic()
    stop([component], grace=60)
    assert time.monotonic() - began < 60


def test_an_ended_component_is_named_with_its_last_words(begin: Callable[..., Component]):
    well = begin(POLITE)
    check_alive([well])
    ill = begin("print('the port is taken'); raise SystemExit(3)")
    ill.process.wait(timeout=60)
    with pytest.raises(OrchestrationError, match=r"part1 ended with 3:\nthe port is taken"):
        check_alive([well, ill])


def test_leftovers_of_a_killed_run_are_found_and_others_spared(
    begin: Callable[..., Component], tmp_path: Path
):
    note = tmp_path / "pids.json"
    assert stop_leftovers(note) == 0
    left, other = begin(STUBBORN), begin(POLITE)
    remember([left], note)
    assert stop_leftovers(note) == 3
    assert session(left.process.pid) == []
    assert session(other.process.pid) == [other.process.pid]
    assert not note.exists()


def test_a_reused_process_id_is_not_a_leftover(begin: Callable[..., Component], tmp_path: Path):
    note = tmp_path / "pids.json"
    component = begin(POLITE)
    note.write_text(f'{{"{component.process.pid}": 1.0, "4194303": 1.0}}')
    assert stop_leftovers(note) == 0
    assert component.process.poll() is None
