"""Sends rows to the right file: history by year or whole, then files of days with their arrival.

A slot is the number of a file in the order of a table's files. A file of a later slot is begun
early, by the clean lines of broken ones that will come with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np

from tambo.sources.sample.days import LIVE_DAYS, Days
from tambo.sources.sample.dirt import Kinds, soil
from tambo.sources.sample.draws import Draws, Flags, Ids, Ints, ids
from tambo.sources.sample.folder import Folder, utc_text
from tambo.sources.sample.outbox import Outbox

NIGHT = (60, 299)
"""Minutes of the day after the last day of a file in which it arrives."""


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
    calendar: Days
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
    """Where rows go, and what went; broken ones among them.

    Args:
        folder: the files.
        columns: header of each table.
        draws: the world's random numbers.
        calendar: its days.
        kinds: what can be wrong with a line.
        dirty_share: chance of a line to be broken.
        mornings: of tables whose files arrive on the last day that they are about, and not in the
            night after it: the minutes of the day in which they do.
    """

    def __init__(
        self,
        folder: Folder,
        columns: Mapping[str, tuple[str, ...]],
        draws: Draws,
        calendar: Days,
        kinds: Kinds,
        dirty_share: float,
        mornings: Mapping[str, tuple[int, int]] = MappingProxyType({}),
    ) -> None:
        super().__init__(folder, columns)
        self.draws = draws
        self.calendar = calendar
        self.kinds = kinds
        self.dirty_share = dirty_share
        self.mornings = mornings

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
            sent, dirt = soil(
                self.draws, table, of[rows], clean, may, kinds=self.kinds, share=share
            )
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
        key = ids(day, list(self.columns).index(slots.table))
        if slots.table in self.mornings:
            minute = int(self.draws.whole("arrival minute", key, *self.mornings[slots.table]))
        else:
            minute = 24 * 60 + int(self.draws.whole("arrival minute", key, *NIGHT))
        midnight = datetime.combine(self.calendar.date_of(day), datetime.min.time())
        return utc_text(midnight + timedelta(minutes=minute), self.calendar.zone)
