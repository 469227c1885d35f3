"""Airflow's processes: started each in its own session, watched, and stopped with all they made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tambo.errors import OrchestrationError

KILL_SECONDS = 10.0


@dataclass(frozen=True)
class Component:
    """One running component.

    Attributes:
        name: Airflow's own name of it.
        process: its process, which leads a session of its own: Ctrl-C reaches only us.
        log: file that takes its output.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])


def start(name: str, arguments: Sequence[str], env: Mapping[str, str], logs: Path) -> Component:
    """Start one `airflow` command in the background.

    Args:
        name: what it is called in messages, and the name of its log.
        arguments: what follows `airflow` on the command line.
        env: its whole environment.
        logs: folder of its log; an earlier log is continued.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", *arguments],
            env=dict(env),
            cwd=env["AIRFLOW_HOME"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Component(name, process, log)


def check_alive(components: Sequence[Component]) -> None:
    """Raise if one of them has ended.

    Raises:
        OrchestrationError: names the component and shows the end of its log.
    """
    for component in components:
        code = component.process.poll()
        if code is not None:
            raise OrchestrationError(
                f"Airflow's {component.name} ended with {code}:\n{component.last_lines()}",
                remedy=f"the whole log is {component.log}",
            )


def stop(components: Sequence[Component], grace: float) -> None:
    """Stop components together, each with everything that it started.

    Args:
        components: what `start` returned.
        grace: seconds in which they may end by themselves; then they are killed. Ctrl-C ends
            this time at once.
    """
    leaders = {component.process.pid for component in components}
    family: set[psutil.Process] = set()
    try:
        family |= _families(leaders)
        for component in components:
            if component.process.poll() is None:
                component.process.terminate()
        _wait(components, family, grace)
    finally:
        # A worker may have started something since, or have been left behind by its parent.
        family |= _families(leaders)
        _kill(family)
        _wait(components, family, KILL_SECONDS)


def _wait(components: Sequence[Component], family: set[psutil.Process], seconds: float) -> None:
    """Wait until components and families have ended, or the time is up."""
    deadline = time.monotonic() + seconds
    for component in components:
        # Not left to psutil: it would take the exit code away from under Popen.
        with suppress(subprocess.TimeoutExpired):
            component.process.wait(timeout=max(deadline - time.monotonic(), 0))
    ours = {component.process.pid for component in components}
    others = [process for process in family if process.pid not in ours]
    psutil.wait_procs(others, timeout=max(deadline - time.monotonic(), 0))


def remember(components: Sequence[Component], file: Path) -> None:
    """Note which processes run, so that `stop_leftovers` finds them if we are killed."""
    born = {c.process.pid: psutil.Process(c.process.pid).create_time() for c in components}
    file.write_text(json.dumps(born))


def stop_leftovers(file: Path) -> int:
    """Kill what a killed run left behind, and return how many processes that were."""
    if not file.exists():
        return 0
    leaders = set()
    for pid, born in json.loads(file.read_text()).items():
        # A process id is used again; its birth is not.
        if psutil.pid_exists(int(pid)) and psutil.Process(int(pid)).create_time() == born:
            leaders.add(int(pid))
    left = _families(leaders)
    _kill(left)
    psutil.wait_procs(left, timeout=KILL_SECONDS)
    file.unlink()
    return len(left)


def _families(leaders: set[int]) -> set[psutil.Process]:
    """Every live process of the sessions that these processes lead, and all their children."""
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        try:
            if process.pid in leaders:
                found |= {process, *process.children(recursive=True)}
            elif os.getsid(process.pid) in leaders:
                found.add(process)
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue
    return found


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
