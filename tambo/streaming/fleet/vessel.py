"""What is known of one vessel's sensors: its readings of the last five weeks, each as judged.

A reading may come late, again, corrected or taken back: it takes its place among the others by its
time, is judged once, and the windows are worked out anew from what is kept. That costs a pass over
five weeks for a state that is served, and holds whatever comes in whatever order.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np

from tambo.streaming.fleet.judged import judge
from tambo.streaming.fleet.rows import KEPT, ROW, Reading, Table
from tambo.streaming.fleet.windows import features, instant

GROWTH = 256
"""Rows for which room is made at least."""


class Vessel:
    """One vessel.

    Args:
        rows: readings that were judged before, sorted by time, each once.
        newest_at: the newest of those that stood once and do not any more, microseconds since 1970.
        now: what of them lies after it does not count yet.
    """

    def __init__(
        self, rows: Table | None = None, newest_at: int | None = None, now: int = 0
    ) -> None:
        self._room: Table = np.zeros(0, ROW) if rows is None else rows
        self._first, self._last = 0, len(self._room)
        self._newest = newest_at
        times = self._room["read_at"]
        self._ahead = times[self._room["stands"] & (times > now)].tolist()
        self._instant = int(max(self._room["known_at"], default=0))
        self.reach(now)

    @property
    def rows(self) -> Table:
        """Its readings, sorted by time."""
        return self._room[self._first : self._last]

    @property
    def next_due(self) -> int | None:
        """When the next reading counts that came before its time."""
        return self._ahead[0] if self._ahead else None

    def tell(self, readings: Sequence[Reading]) -> None:
        """Take in versions of readings that became known at one instant; of a reading, the last."""
        known_at = readings[0].known_at
        # What stood until now has ended the windows, also if it is taken back now.
        self.reach(known_at - 1)
        self._instant = max(self._instant, known_at)
        news = sorted({one.read_at for one in readings if self._put(one)})
        for read_at in news:
            place = self._place(read_at)
            if self.rows[place]["stands"]:
                judge(self.rows, place)
                if read_at > known_at:
                    heapq.heappush(self._ahead, read_at)
        self.reach(known_at)
        self._forget()

    def reach(self, now: int) -> bool:
        """Let time pass; returns whether a reading that came before its time counts since."""
        passed = False
        while self._ahead and self._ahead[0] <= now:
            self._instant = max(self._instant, heapq.heappop(self._ahead))
            passed = True
        first = 0 if self._newest is None else self._place(self._newest + 1)
        later = self.rows[first : self._place(now + 1)]
        standing = later["read_at"][later["stands"]]
        if len(standing):
            self._newest = int(standing[-1])
        return passed

    def state(self) -> dict[str, Any] | None:
        """The vessel's row of the mart but for its key; None: it has none yet."""
        if self._newest is None:
            return None
        return {
            "event_timestamp": instant(self._newest),
            "created_timestamp": instant(self._instant),
            **features(self.rows, self._newest),
        }

    def _place(self, read_at: int) -> int:
        return int(np.searchsorted(self.rows["read_at"], read_at))

    def _put(self, reading: Reading) -> bool:
        """Put a version where it belongs; False: it is known, or a later one is."""
        place = self._place(reading.read_at)
        rows = self.rows
        if place < len(rows) and rows[place]["read_at"] == reading.read_at:
            known = rows[place]
            if known["known_at"] > reading.known_at or reading.says_the_same(known):
                return False
            rows[place] = reading.row()[0]
            return True
        self._make_room()
        self._last += 1
        rows = self.rows
        rows[place + 1 :] = rows[place:-1]
        rows[place] = reading.row()[0]
        return True

    def _make_room(self) -> None:
        if self._last == len(self._room):
            kept = self.rows
            self._room = np.zeros(len(kept) + max(GROWTH, len(kept) // 2), ROW)
            self._room[: len(kept)] = kept
            self._first, self._last = 0, len(kept)

    def _forget(self) -> None:
        """Let go of readings that no window and no judgement will look at again."""
        if self._newest is not None:
            self._first += self._place(self._newest - KEPT)
