"""Run a program for the time of a block, and never longer than the process that started it.

A program that is started in the background outlives a caller that is killed by SIGKILL: nobody is
left to stop it. So a small process stands between the two. It reads from a pipe whose other end
only the caller holds. The kernel closes that end however the caller dies, on Linux and on macOS
alike, and then the program is stopped with everything it started.
"""

from __future__ import annotations

import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NoReturn

import psutil

STOP_SECONDS = 10.0
"""How long a program, and then what is left of its descendants, may take to end by themselves."""

_LOOK_SECONDS = 0.5


@contextmanager
def guarded(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command for the time of the block.

    Args:
        command: program and arguments.
        env: its whole environment.
        cwd: the folder that it starts in.
        log: file that takes what it prints; an earlier one is replaced.

    Yields:
        The guard's process. The program is its child, and its exit code becomes the guard's.
    """
    with log.open("wb") as output:
        guard = subprocess.Popen(
            # Isolated: what the program is to import is none of the guard's business.
            [sys.executable, "-I", __file__, *command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in a terminal goes to the caller alone, who then stops it in order.
            start_new_session=True,
        )
    try:
        yield guard
    finally:
        if guard.stdin is not None:
            guard.stdin.close()
        guard.wait()


def watch(command: Sequence[str], lifeline: IO[bytes]) -> int:
    """Run a command until it ends, or until the lifeline does.

    Args:
        command: program and arguments.
        lifeline: nothing is ever written to it; it ends when the caller does.

    Returns:
        The program's exit code; negative for the signal that ended it.
    """
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    family: set[psutil.Process] = set()
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(lifeline, selectors.EVENT_READ)
            while program.poll() is None and not selector.select(_LOOK_SECONDS):
                family = _family(program.pid, family)
    finally:
        _stop(program, family)
    return program.returncode


def _family(pid: int, known: set[psutil.Process]) -> set[psutil.Process]:
    """What lives of a program's descendants, those that it has lost included.

    They may have sessions of their own, so no signal to a group reaches them all; and a child
    whose parent has died is no longer found below the program. So they are remembered.
    """
    with suppress(psutil.NoSuchProcess):
        known = known | set(psutil.Process(pid).children(recursive=True))
    return {one for one in known if _lives(one)}


def _lives(one: psutil.Process) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _stop(program: subprocess.Popen[bytes], family: set[psutil.Process]) -> None:
    """Stop a program and its descendants, politely first."""
    if program.poll() is None:
        family = _family(program.pid, family)
        program.terminate()
        with suppress(subprocess.TimeoutExpired):
            program.wait(STOP_SECONDS)
    if program.poll() is None:
        program.kill()
        program.wait()
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while (family := {one for one in family if _lives(one)}) and time.monotonic() < deadline:
        time.sleep(0.02)
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    code = watch(sys.argv[1:], sys.stdin.buffer)
    sys.exit(code if code >= 0 else 128 - code)
