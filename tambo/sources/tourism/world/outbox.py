"""Sends rows to the right file: history by year or whole, then files of days with their arrival.

A slot is the number of a file in the order of a table's files. A file of a later slot is begun
early, by the clean lines of broken ones that will come with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from tambo.sources.sample.dirt import soil
from tambo.sources.sample.draws import Draws, Flags, Ids, Ints, ids
from tambo.sources.sample.folder import Folder, utc_text
from tambo.sources.sample.outbox import Outbox
from tambo.sources.tourism.world.calendar import LIVE_DAYS, Calendar
from tambo.sources.tourism.world.columns import COLUMNS, FORECAST
from tambo.sources.tourism.world.dirt import KINDS

NIGHT, MORNING = (60, 299), (6 * 60 + 5, 6 * 60 + 50)
"""Minutes of the day in which files arrive: the night after the last day of a file; forecasts on
the morning of their day."""


@dataclass(frozen=True)
class Slots:
    """The files of one table.

    Args:
        table: whose files.
        calendar: of the world.
        heads: what the names of the history files end with.
        step: days that a later file is about.
    """

    table: str
    calendar: Calendar
    heads: tuple[str, ...]
    step: int

    @property
    def count(self) -> int:
        """How many files there can be."""
        return len(self.heads) - -LIVE_DAYS // self.step

    def live(self, day: Ints) -> Ints:
        """Slot of the file about each of the last days."""
        return np.asarray(len(self.heads) + (day - self.calendar.cut) // self.step)

    def last_day(self, slot: int) -> int:
        """Last day that a file with an arrival is about."""
        after = self.calendar.cut + (slot - len(self.heads) + 1) * self.step
        return min(after, self.calendar.world_days) - 1

    def name(self, slot: int) -> str:
        """Name of a file."""
        if slot < len(self.heads):
            return f"{self.table}{self.heads[slot]}.csv"
        return f"{self.table}_{self.calendar.date_of(self.last_day(slot)).isoformat()}.csv"


class SlotOutbox(Outbox):
    """Where rows go, and what went; broken ones among them."""

    def __init__(
        self, folder: Folder, draws: Draws, calendar: Calendar, dirty_share: float
    ) -> None:
        super().__init__(folder, COLUMNS)
        self.draws = draws
        self.calendar = calendar
        self.dirty_share = dirty_share

    def send(
        self, slots: Slots, slot: Ints, of: Ids, lines: Sequence[bytes], may_break: Flags
    ) -> None:
        """Send lines, some of them broken; and half of those again, clean, with the next file.

        Args:
            slots: files of their table.
            slot: of each line; those beyond the last are not sent.
            of: id of each line.
            lines: without line ends.
            may_break: which of them may be broken.
        """
        for each in np.unique(slot[slot < slots.count]).tolist():
            rows = np.flatnonzero(slot == each)
            clean = [lines[row] for row in rows.tolist()]
            table, may, share = slots.table, may_break[rows], self.dirty_share
            sent, dirt = soil(self.draws, table, of[rows], clean, may, kinds=KINDS, share=share)
            first = self.tell(slots, each, sent)
            twin = slots.name(each + 1) if each + 1 < slots.count else ""
            self.note_broken(table, slots.name(each), first, dirt, twin)
            if twin:
                again = sorted({one.clean for one in dirt if one.resent})
                self.tell(slots, each + 1, [clean[row] for row in again], "sent again")

    def tell(self, slots: Slots, slot: int, lines: list[bytes], event: str = "") -> int:
        """Send lines as they are; returns the physical line number of the first."""
        name, arrives = slots.name(slot), self._arrives(slots, slot)
        return self.put(slots.table, name, arrives, lines, event)

    def _arrives(self, slots: Slots, slot: int) -> str | None:
        if slot < len(slots.heads):
            return None
        day = slots.last_day(slot)
        key = ids(day, list(COLUMNS).index(slots.table))
        if slots.table == FORECAST:
            minute = int(self.draws.whole("arrival minute", key, *MORNING))
        else:
            minute = 24 * 60 + int(self.draws.whole("arrival minute", key, *NIGHT))
        midnight = datetime.combine(self.calendar.date_of(day), datetime.min.time())
        return utc_text(midnight + timedelta(minutes=minute), self.calendar.zone)
