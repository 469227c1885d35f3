"""The optimiser judged beside the other schedules, in a process of its own while a network learns.

It takes hundreds of times as long to decide as they do, so it lives with few fleets; who is held
against it lives with the same ones, and the same luck.

The process is a program of its own: those of `multiprocessing` run the file again that began
theirs, which may be a notebook, a page or a script that does much more than train. It ends with
whoever began it, since the pipe between them then ends too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from threading import Thread
from typing import Self

from tambo.errors import TrainingError
from tambo.planning.fleet.optimiser import Optimiser
from tambo.planning.fleet.options import Horizon
from tambo.settings import PROJECT_ROOT
from training.fleet.schedule.comparing import Judged, Judging


class Beside:
    """Judges the optimiser while it is open; to be used as a context.

    Args:
        judging: the fleets; without seeds there are none, and nothing is judged.
        horizon: what the optimiser runs on.
    """

    def __init__(self, judging: Judging, horizon: Horizon) -> None:
        self.judging = judging
        self._horizon = horizon

    def __enter__(self) -> Self:
        """Begin."""
        if self.judging.seeds:
            self._pipe, its_end = Pipe()
            with its_end:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", __spec__.name, str(its_end.fileno())],
                    cwd=PROJECT_ROOT,
                    stdin=subprocess.DEVNULL,
                    pass_fds=[its_end.fileno()],
                    # Ctrl-C reaches all processes of a session; this one is ended by who began it.
                    start_new_session=True,
                )
            try:
                self._pipe.send((self.judging, self._horizon))
            except ConnectionError:
                # It has gone, and `optimiser` says so.
                self._process.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, whatever it is at."""
        if self.judging.seeds:
            self._process.kill()
            self._process.wait()
            self._pipe.close()

    def optimiser(self) -> Judged:
        """What the fleets made of their days by the optimiser; waits for it.

        Raises:
            TrainingError: the process has gone.
        """
        try:
            found: Judged = self._pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise TrainingError(
                "The process that judges the optimiser ended before it was done "
                f"(exit code {self._process.wait()}).",
                remedy="what it printed says why; -9: memory may have run out; "
                "TAMBO_SCHEDULE_OPTIMISED_FLEETS=0 trains without it",
            ) from error
        return found


def _judge(pipe: Connection) -> None:
    judging, horizon = pipe.recv()
    Thread(target=_end_with, args=(pipe,), daemon=True).start()
    pipe.send(judging.by(Optimiser(horizon)))


def _end_with(pipe: Connection) -> None:
    """Leave as soon as nobody waits any more for what is found here."""
    # Nothing more is ever sent: it is readable when it has ended.
    pipe.poll(None)
    os._exit(1)


if __name__ == "__main__":
    _judge(Connection(int(sys.argv[1])))
