"""Hands rows that keep to the contract to whoever serves features, as soon as they are safe.

All rows go to what computes features of them (tambo/streaming). Of each sender only the newest row
of features is handed on: that is what an online store holds. A store that is away is asked again,
longer each time; what waits for it is one row a sender, however long it takes.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import duckdb

from tambo.errors import TamboError
from tambo.settings import Settings
from tambo.sources.contracts import Contracts
from tambo.sources.mqtt.judge import Judge, Row
from tambo.sources.mqtt.message import Message
from tambo.sources.mqtt.stream import Stream
from tambo.sources.patience import Patience
from tambo.streaming.live import AsRead, Live, keep_newest

WAKE_SECONDS = 0.2
MOST_AT_ONCE = 2_000

logger = logging.getLogger(__name__)


class Pusher(Protocol):
    """What brings rows to the online store; tambo.featurestore.push.FeaturePush is one."""

    def prepare(self) -> None:
        """Load what the first push would wait for."""
        ...

    def push(self, rows: Sequence[Row], event: str) -> int:
        """Bring rows in; one that is older than what is there changes nothing.

        Args:
            rows: features and keys by column, and `created_timestamp`, times with a zone.
            event: the column with the time at which a row became true.

        Returns:
            Rows that a feature view took; 0 where no view takes any.

        Raises:
            TamboError: they are not in; they may be pushed again.
        """
        ...


@dataclass
class Serving:
    """A thread that judges messages and pushes what is good.

    Attributes:
        settings: the Tambo home.
        stream: whose messages.
        contracts: of its domain.
        pusher: where rows go.
        live: what makes rows of features of those that are read; None: they are pushed as they are.
        pushed: rows that were taken so far.
        latest: arrival of the newest row that is online, UTC with zone.
    """

    settings: Settings
    stream: Stream
    contracts: Contracts
    pusher: Pusher
    live: Live | None = None
    pushed: int = 0
    latest: datetime | None = None
    _arrived: queue.SimpleQueue[Message] = field(default_factory=queue.SimpleQueue)
    _stop: threading.Event = field(default_factory=threading.Event)
    _ready: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns when nothing is left to load that the first message would wait for."""
        self._thread = threading.Thread(target=self._run, name="serving", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def alive(self) -> bool:
        """Whether it goes on; a fault of ours may have ended it."""
        return self._thread is not None and self._thread.is_alive()

    def offer(self, messages: Sequence[Message]) -> None:
        """Hand over messages that are safe, oldest first."""
        for message in messages:
            self._arrived.put(message)

    def stop(self) -> None:
        """Push what was offered, if the store is there, and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            judge = Judge(self.settings, self.stream, self.contracts)
            judge.prepare()
            self.pusher.prepare()
        finally:
            self._ready.set()
        live = self.live
        if live is None:
            live = AsRead(self.stream, self.contracts.tables[self.stream.table].tombstone)
        patience, failed, retry = Patience(longest_seconds=30.0), 0, 0.0
        waiting: list[Message] = []
        newest: dict[Any, Row] = {}
        while not self._stop.is_set() or not self._arrived.empty():
            self._collect(waiting)
            if time.monotonic() < retry and not self._stop.is_set() and len(waiting) < MOST_AT_ONCE:
                continue
            try:
                self._choose(judge, live, waiting, newest)
                if time.monotonic() >= retry or self._stop.is_set():
                    failed = 0 if self._push(newest, live.event) else failed
            except (TamboError, duckdb.Error, OSError) as error:
                failed += 1
                retry = time.monotonic() + patience.seconds(failed)
                logger.warning("readings are not online yet: %s", error)

    def _collect(self, waiting: list[Message]) -> None:
        """Wait a moment for messages, and take those that are there."""
        try:
            waiting.append(self._arrived.get(timeout=WAKE_SECONDS))
            while len(waiting) < MOST_AT_ONCE:
                waiting.append(self._arrived.get_nowait())
        except queue.Empty:
            return

    def _choose(
        self, judge: Judge, live: Live, waiting: list[Message], newest: dict[Any, Row]
    ) -> None:
        """Keep each sender's newest row of features."""
        rows = [*live.tell(judge.good(waiting)), *live.due(datetime.now(UTC))]
        for row in rows:
            keep_newest(newest, row, self.stream.sender, live.event)
        waiting.clear()

    def _push(self, newest: dict[Any, Row], event: str) -> bool:
        """Push the rows that wait; returns whether there were any."""
        if not newest:
            return False
        rows = list(newest.values())
        self.pushed += self.pusher.push(rows, event)
        self.latest = max(row["created_timestamp"] for row in rows)
        newest.clear()
        return True
