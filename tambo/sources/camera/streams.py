"""Streams: watched each in a thread of its own, connected again when they break."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tambo.sources.camera.counter import Counter
from tambo.sources.camera.foreground import Image
from tambo.sources.camera.hours import Hours, Watch, Watched
from tambo.sources.camera.plan import Camera
from tambo.sources.camera.videos import RATE

if TYPE_CHECKING:
    import cv2

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Seconds before a stream is connected again; the last for all further times."""
WAIT_MS = 10_000
"""Longest wait for a connection and for a frame."""
PRIMED_FRAMES, PRIMED_EVERY = 25, 0.4
"""Frames, and seconds between them, from which a new connection learns the place, uncounted."""


@dataclass
class Stream:
    """One stream that is watched.

    Attributes:
        camera: whose stream.
        hours: says in which hour an instant lies.
        connections: how often it was connected.
        failures: how often it could not be connected, or broke.
    """

    camera: Camera
    hours: Hours
    connections: int = 0
    failures: int = 0
    _watch: Watch | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The camera and its host, without what may be secret in its address."""
        return f"{self.camera.name} ({urlsplit(self.camera.source).hostname})"

    def start(self) -> None:
        """Watch until told to stop."""
        self._thread = threading.Thread(target=self._run, name=self.camera.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching and wait for the last frame."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * WAIT_MS / 1000)

    def take(self) -> tuple[dict[datetime, Watched], float | None]:
        """What was seen since the last time, and the second of the last frame."""
        with self._lock:
            if self._watch is None:
                return {}, None
            seen, self._watch.seen = self._watch.seen, defaultdict(Watched)
            return seen, self._watch.last

    def _run(self) -> None:
        pauses = iter(PAUSES)
        while not self._stop.is_set():
            capture = self._connect()
            if capture.isOpened():
                self.connections += 1
                if self._watch_until_it_breaks(capture):
                    pauses = iter(PAUSES)
            capture.release()
            if not self._stop.is_set():
                self.failures += 1
                self._stop.wait(next(pauses, PAUSES[-1]))

    def _connect(self) -> cv2.VideoCapture:
        import cv2

        options: list[Any] = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, WAIT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, WAIT_MS,
        ]  # fmt: skip
        return cv2.VideoCapture(self.camera.source, cv2.CAP_FFMPEG, options)

    def _watch_until_it_breaks(self, capture: cv2.VideoCapture) -> bool:
        """Count in a connection; whether it gave enough frames to count in at all."""
        counter, first, last = Counter(self.camera.geometry, self.camera.method), list[Image](), 0.0
        with self._lock:
            self._watch = watch = self._watch or Watch(self.hours)
        while not self._stop.is_set() and capture.grab():
            at = time.time()
            learning = len(first) < PRIMED_FRAMES
            if at - last < (PRIMED_EVERY if learning else 0.8 / RATE):
                continue
            last = at
            good, frame = capture.retrieve()
            if not good or frame is None:
                continue
            if learning:
                first.append(frame)
                if len(first) == PRIMED_FRAMES:
                    counter.prime(first)
                continue
            ways = counter.step(at, frame)
            with self._lock:
                watch.frame(at, ways)
        return len(first) >= PRIMED_FRAMES
