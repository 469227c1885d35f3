"""Run one command and measure it: wall seconds, CPU seconds, peak resident memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What a command cost, its children included.

    Attributes:
        wall: seconds on the clock.
        cpu: user and system seconds.
        peak_mib: largest resident set of one process, in MiB.
        load: processes of the machine that wanted a core, mean of its last minute.
    """

    wall: float
    cpu: float
    peak_mib: float
    load: float


def measure(command: Sequence[str], env: Mapping[str, str]) -> Cost:
    """Run a command to its end and return its cost.

    Raises:
        subprocess.CalledProcessError: it ended with another code than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    # Linux counts ru_maxrss in KiB.
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, usage.ru_maxrss / 1024, os.getloadavg()[0])
