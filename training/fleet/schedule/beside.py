"""The optimiser judged beside the other schedules, in a process of its own while a network learns.

It takes hundreds of times as long to decide as they do, so it lives with few fleets; who is held
against it lives with the same ones, and the same luck.
"""

from __future__ import annotations

import os
import signal
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Self

from tambo.errors import TrainingError
from tambo.planning.fleet.optimiser import Optimiser
from tambo.planning.fleet.options import Horizon
from training.fleet.schedule.comparing import Judged, Judging

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class Beside:
    """Judges the optimiser while it is open; to be used as a context.

    Args:
        judging: the fleets; without seeds there are none, and nothing is judged.
        horizon: what the optimiser runs on.
    """

    def __init__(self, judging: Judging, horizon: Horizon) -> None:
        self.judging = judging
        # A fork would take TensorFlow's threads for granted, which it does not have.
        context = get_context("spawn")
        self._told, self._tells = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_judge, args=(self._tells, judging, horizon), daemon=True
        )

    def __enter__(self) -> Self:
        """Begin."""
        if self.judging.seeds:
            self._process.start()
        # Else nobody would ever see that the process has gone.
        self._tells.close()
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, whatever it is at."""
        if self.judging.seeds:
            self._process.terminate()
            self._process.join()
        self._told.close()

    def optimiser(self) -> Judged:
        """What the fleets made of their days by the optimiser; waits for it.

        Raises:
            TrainingError: the process has gone.
        """
        try:
            found: Judged = self._told.recv()
        except EOFError as error:
            self._process.join()
            raise TrainingError(
                "The process that judges the optimiser ended before it was done "
                f"(exit code {self._process.exitcode}).",
                remedy="what it printed says why; -9: memory may have run out; "
                "TAMBO_SCHEDULE_OPTIMISED_FLEETS=0 trains without it",
            ) from error
        return found


def _judge(tells: Connection, judging: Judging, horizon: Horizon) -> None:
    # Ctrl-C reaches all processes of a terminal, and who asked for this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    tells.send(judging.by(Optimiser(horizon)))


def _end_with_parent() -> None:
    """Leave as soon as nobody waits for what is found here."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
