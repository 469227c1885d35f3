"""A file that says whether `tambo listen` goes on, for who watches it from outside (probes).

It is written anew about once a second while the consumer takes what comes, and says `connected` or
`away`, as the broker is. So one that hangs is known by a file that is old, and one that waits for
its broker by what a fresh one says. A full disk or a lake that is being written are no reasons to
start it again, and do not make it old.
"""

from __future__ import annotations

import time
from pathlib import Path

EVERY_SECONDS = 1.0


class Pulse:
    """The file; an earlier consumer's is removed.

    Args:
        path: of the file; None: nobody watches.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._last = float("-inf")
        if path is not None:
            path.unlink(missing_ok=True)

    def beat(self, *, connected: bool) -> None:
        """Say that the consumer goes on, and whether the broker has it."""
        now = time.monotonic()
        if self._path is None or now - self._last < EVERY_SECONDS:
            return
        self._last = now
        draft = self._path.with_name(f"{self._path.name}.part")
        draft.write_text("connected\n" if connected else "away\n", encoding="utf-8")
        draft.replace(self._path)
