"""`tambo listen`: keeps messages, answers the broker once they are safe, and passes them on.

    broker ── QoS 1 ──► spool (on the disk) ──► answer to the broker
                          ├──► lake.raw, in micro-batches, when nobody else writes (a thread)
                          └──► online store, at once (a thread)

A message is answered after it is on the disk and not before. So a consumer that is killed at any
instant loses nothing: what it had not answered is sent again. What it had kept and not answered is
told by its hash, or counted as a repeat by ingest; it is never there twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import duckdb
from filelock import FileLock, Timeout

from tambo.errors import SourceBusyError, SourceError, SpoolError, TamboError
from tambo.lake import spool
from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, of_home
from tambo.sources.fetch_state import door_folder
from tambo.sources.mqtt.arrival import Arrivals
from tambo.sources.mqtt.broker import Broker, Delivery
from tambo.sources.mqtt.landing import recalled
from tambo.sources.mqtt.message import Message, Reading
from tambo.sources.mqtt.pulse import Pulse
from tambo.sources.mqtt.recent import Recent
from tambo.sources.mqtt.serving import Pusher, Serving
from tambo.sources.mqtt.stream import Stream
from tambo.sources.mqtt.taking_in import TakenIn, take_in_if_free
from tambo.sources.patience import Patience
from tambo.sources.sensor_contracts import Watched
from tambo.streaming.live import Live

AT_ONCE = 500
"""Messages that are synced to the disk together."""
WAIT_SECONDS = 0.2
LOCK_SECONDS = 1.0
"""A lake that is being written is tried again after so long."""

logger = logging.getLogger(__name__)


@dataclass
class Counts:
    """What a consumer did since it was started.

    Attributes:
        kept: messages that were put on the disk.
        refused: of these, those that are no rows or come too early.
        redelivered: messages that were on the disk already, and answered once more.
        taken: what came of them in the lake.
    """

    kept: int = 0
    refused: int = 0
    redelivered: int = 0
    taken: TakenIn = field(default_factory=TakenIn)


class Consumer:
    """Takes one stream.

    Args:
        settings: the Tambo home, and where the broker is.
        stream: what its messages are.
        pusher: brings rows to the online store.
        progress: told how far it is.
        live: what makes rows of features of messages; None: they are pushed as they are read.
        arrivals: says when messages arrive; None: the clock does.

    Raises:
        SettingsError: no broker is named.
    """

    def __init__(
        self,
        settings: Settings,
        stream: Stream,
        pusher: Pusher,
        progress: Progress = silent,
        live: Live | None = None,
        arrivals: Arrivals | None = None,
    ) -> None:
        contracts = of_home(settings, stream.domain)
        self._settings, self._stream, self._progress = settings, stream, progress
        self._sensors = Watched(settings, stream.domain)
        self._reading = self._reads(contracts)
        self._serving = Serving(settings, stream, contracts, pusher, live)
        self._broker = Broker(settings)
        self._arrivals = Arrivals() if arrivals is None else arrivals
        self._recent = Recent()
        self._pulse = Pulse(settings.telemetry_pulse)
        self._waiting = 0
        self.counts = Counts()

    def run(self, stop: threading.Event) -> Counts:
        """Listen until told to stop; what is on the disk then is taken in, if nobody writes.

        Raises:
            SourceError: the broker refuses us, or a part of the consumer ended by a fault.
            SourceBusyError: another process listens for this home.
        """
        with self._alone():
            self._remember()
            taking = threading.Thread(target=self._take_in, args=(stop,), name="taking in")
            self._serving.start()
            taking.start()
            self._broker.open()
            try:
                while not stop.is_set():
                    if not (taking.is_alive() and self._serving.alive):
                        raise SourceError(
                            "A part of the consumer ended by itself.",
                            remedy="the log says why; what was kept is safe: start it again",
                        )
                    self._pulse.beat(connected=self._broker.connected)
                    self._keep(self._broker.take(AT_ONCE, WAIT_SECONDS), stop)
            finally:
                stop.set()
                self._broker.close()
                taking.join()
                self._serving.stop()
        return self.counts

    def _reads(self, contracts: Contracts) -> Reading:
        """What reads messages by these contracts."""
        ahead = timedelta(seconds=self._settings.telemetry_ahead_seconds)
        return Reading(self._stream, contracts, self._settings.telemetry_topic, ahead)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the stream: two consumers of one session would throw each other out."""
        folder = door_folder(self._settings, self._stream.domain, self._stream.table)
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "listen.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise SourceBusyError(
                f"{self._stream.table} of {self._stream.domain} is listened to by another process.",
                remedy="leave it to that one, or end it first",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _remember(self) -> None:
        """Recall what was kept last, and offer it again: a kill may have come before the push."""
        self._recent, messages = recalled(self._settings, self._stream)
        for message in messages:
            self._arrivals.go_on_after(message.at)
        self._serving.offer(messages)
        # What a kill left is taken in first.
        self._waiting = self._settings.telemetry_batch_messages

    def _keep(self, deliveries: list[Delivery], stop: threading.Event) -> None:
        """Put messages on the disk, answer them, and pass them on."""
        if self._sensors.changed():
            self._reading = self._reads(of_home(self._settings, self._stream.domain))
        new: list[Message] = []
        for one in deliveries:
            message = self._reading.read(one.topic, one.payload, self._arrivals.of(one))
            if one.again and self._recent.holds(message):
                self.counts.redelivered += 1
                continue
            message = self._recent.judged(message)
            self._recent.add(message)
            new.append(message)
        if new and not self._append(new, stop):
            return
        self._broker.answer(deliveries)
        self._serving.offer(new)
        self.counts.kept += len(new)
        self.counts.refused += sum(one.refused is not None for one in new)
        self._waiting += len(new)
        if new:
            self._progress(self.line(), 0, 0)

    def _append(self, messages: list[Message], stop: threading.Event) -> bool:
        """Put messages on the disk, however long it refuses; False: we are told to stop."""
        patience, failed = Patience(longest_seconds=30.0), 0
        while True:
            try:
                spool.append(self._settings, self._stream.spool, [one.record() for one in messages])
            except SpoolError as error:
                failed += 1
                self._pulse.beat(connected=self._broker.connected)
                logger.warning("no message is taken: %s", error)
                if stop.wait(patience.seconds(failed)):
                    return False
            else:
                return True

    def _take_in(self, stop: threading.Event) -> None:
        """Bring what waits into the lake, every so often, and once more at the end."""
        due = time.monotonic() + self._settings.telemetry_batch_seconds
        while not stop.wait(WAIT_SECONDS):
            full = self._waiting >= self._settings.telemetry_batch_messages
            if (full or time.monotonic() >= due) and not self._take_in_once():
                stop.wait(LOCK_SECONDS)
            elif full or time.monotonic() >= due:
                due = time.monotonic() + self._settings.telemetry_batch_seconds
        self._take_in_once()

    def _take_in_once(self) -> bool:
        """Take in what waits; False: somebody writes, or it failed, and it waits on."""
        before = self._waiting
        try:
            done = take_in_if_free(self._settings, self._stream)
        except (TamboError, duckdb.Error, OSError) as error:
            logger.warning("what was kept is not in the lake yet: %s", error)
            return False
        if done is None:
            return False
        self._waiting -= before
        self.counts.taken += done
        if done.messages:
            self._progress(self.line(), 0, 0)
        return True

    def line(self) -> str:
        """What was done so far, in a line."""
        counts = self.counts
        return (
            f"{counts.kept:,} messages kept, {counts.refused:,} of them refused; "
            f"{self._serving.pushed:,} pushed; lake: {counts.taken.line()}"
        )
