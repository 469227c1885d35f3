"""The optimiser judged in a process of its own: the same as here, and gone with who asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from multiprocessing import active_children
from pathlib import Path

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
from multiprocessing import active_children
from time import sleep
from benchmarks.fleet_truth import declared, roster
from training.fleet.schedule.beside import Beside
from training.fleet.schedule.comparing import Judging
from training.fleet.schedule.horizon import horizon_of

if __name__ == "__main__":
    world, fleet = declared(), roster(4, 1, 1)
    tests = Judging(world, fleet, range(9), fleets=1, days=20_000)
    with Beside(tests, horizon_of(world, fleet)) as beside:
        print(*[one.pid for one in active_children()], flush=True)
        sleep(600)
"""


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


def test_it_ends_when_nobody_waits_any_more():
    with pytest.raises(ValueError, match="learning failed"), Beside(judging(9, 20_000), HORIZON):
        (begun,) = active_children()
        raise ValueError("learning failed")
    assert not begun.is_alive()


def test_that_it_has_gone_is_said():
    with Beside(judging(9, 20_000), HORIZON) as beside:
        (begun,) = active_children()
        begun.kill()
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
        assert not active_children()
