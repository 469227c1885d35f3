"""Run a contender under a limit of memory, several times, and keep the medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """What a contender cost: medians of its repetitions.

    Attributes:
        cpu: user and system seconds of the join; of the whole process if it was stopped.
        wall: seconds on the clock.
        peak_mib: largest resident set of the whole process, imports included, in MiB.
        answer: rows, nulls and the sum of all cells; None if it did not finish.
        stopped: why it did not finish; empty if it did.
    """

    cpu: float
    wall: float
    peak_mib: float
    answer: tuple[int, int, float] | None
    stopped: str = ""


def run(name: str, options: dict[str, Any], *, repeat: int, limit_mib: int, patience: int) -> Run:
    """Run a contender and measure it.

    Args:
        name: of `contenders.CONTENDERS`.
        options: what it is given.
        repeat: how often; one that does not finish is not tried again.
        limit_mib: resident memory at which it is stopped.
        patience: seconds after which it is stopped.
    """
    runs = []
    for _ in range(repeat):
        runs.append(_once(name, options, limit_mib, patience))
        if runs[-1].stopped:
            return runs[-1]
    return Run(
        statistics.median(one.cpu for one in runs),
        statistics.median(one.wall for one in runs),
        statistics.median(one.peak_mib for one in runs),
        runs[0].answer,
    )


def _once(name: str, options: dict[str, Any], limit_mib: int, patience: int) -> Run:
    command = [sys.executable, "-m", "benchmarks.joins.contenders", name, json.dumps(options)]
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=errors, env=env)
        peak, stopped = 0.0, ""
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak, wall = max(peak, _peak_mib(process.pid)), time.perf_counter() - started
            if not stopped and (peak > limit_mib or wall > patience):
                limit = f"{limit_mib / 1024:.0f} GiB" if peak > limit_mib else f"{patience} s"
                stopped = f"stopped at {limit}"
                process.kill()
            time.sleep(0.05)
        process.returncode = os.waitstatus_to_exitcode(status)
        if stopped:
            return Run(used.ru_utime + used.ru_stime, wall, peak, None, stopped)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{name} ended with {process.returncode}:\n{errors.read()}")
        out.seek(0)
        found = json.loads(out.read().splitlines()[-1])
    answer = (found["rows"], found["nulls"], found["sum"])
    return Run(found["cpu"], found["wall"], peak, answer)


def _peak_mib(pid: int) -> float:
    """VmHWM: unlike ru_maxrss it does not begin at the parent's peak."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0
