"""The optimiser judged in a process of its own: the same as here, and gone with who asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from benchmarks.fleet_truth import declared, roster
from tambo.errors import TrainingError
from tambo.planning.fleet.optimiser import Optimiser
from training.fleet.schedule.beside import Beside
from training.fleet.schedule.comparing import Judging
from training.fleet.schedule.horizon import horizon_of

ROOT = Path(__file__).parents[2]
WORLD, FLEET = declared(), roster(4, 1, 1)
HORIZON = horizon_of(WORLD, FLEET)
ENDLESS = """
from time import sleep
import psutil
from benchmarks.fleet_truth import declared, roster
from training.fleet.schedule.beside import Beside
from training.fleet.schedule.comparing import Judging
from training.fleet.schedule.horizon import horizon_of

world, fleet = declared(), roster(4, 1, 1)
tests = Judging(world, fleet, range(9), fleets=1, days=20_000)
with Beside(tests, horizon_of(world, fleet)):
    print(*[one.pid for one in psutil.Process().children()], flush=True)
    sleep(600)
"""


def begun() -> list[psutil.Process]:
    """Processes that judge for this one."""
    return [one for one in psutil.Process().children() if Beside.__module__ in one.cmdline()]


def judging(fleets: int, days: int) -> Judging:
    return Judging(WORLD, FLEET, range(fleets), fleets=1, days=days)


def test_it_finds_what_is_found_here():
    tests = judging(fleets=2, days=40)
    with Beside(tests, HORIZON) as beside:
        found = beside.optimiser()
    here = tests.by(Optimiser(HORIZON))
    assert (found.earned == here.earned).all()
    assert (found.maintenances == here.maintenances).all()
    assert len(found.earned) == 2
    assert found.seconds > 0


def test_the_file_that_asks_is_not_run_again(monkeypatch, tmp_path):
    """A notebook or a page trains without a guard, and some of them cannot be run twice."""
    script = tmp_path / "asks.py"
    script.write_text("raise RuntimeError('run again')")
    asks = ModuleType("__main__")
    asks.__file__ = str(script)
    monkeypatch.setitem(sys.modules, "__main__", asks)
    with Beside(judging(fleets=1, days=2), HORIZON) as beside:
        assert len(beside.optimiser().earned) == 1


def test_it_ends_when_nobody_waits_any_more():
    with pytest.raises(ValueError, match="learning failed"), Beside(judging(9, 20_000), HORIZON):
        (process,) = begun()
        raise ValueError("learning failed")
    assert not process.is_running()


def test_that_it_has_gone_is_said():
    with Beside(judging(9, 20_000), HORIZON) as beside:
        (process,) = begun()
        process.kill()
        with pytest.raises(TrainingError, match="exit code -9"):
            beside.optimiser()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_it_is_gone_with_who_asked_for_it(end, tmp_path):
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment
    ) as asks:
        assert asks.stdout is not None
        judges = [psutil.Process(int(pid)) for pid in asks.stdout.readline().split()]
        assert len(judges) == 1
        asks.send_signal(end)
        asks.wait(60)
    _, left = psutil.wait_procs(judges, timeout=60)
    assert not left


def test_without_fleets_nothing_is_begun():
    with Beside(judging(0, 40), HORIZON):
        assert not begun()
