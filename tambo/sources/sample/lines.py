"""Lines that are told one by one, each on its day, some of them about what was told before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import ids
from tambo.sources.sample.slots import SlotOutbox, Slots


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Args:
        day: number of the day on which it is sent.
        text: without line end.
        again: an earlier line has the same key; it takes that back, or tells it anew.
        follows: day of the line that it takes back or replaces; None: no other line is about the
            same thing.
    """

    day: int
    text: bytes
    again: bool = False
    follows: int | None = None


def send_lines(outbox: SlotOutbox, slots: Slots, lines: list[Line], event: str) -> None:
    """Send all lines of a table; those that nothing follows may be broken.

    Args:
        outbox: where they go.
        slots: files of the table; of its history files the last holds what is told again.
        lines: of the table.
        event: what those are that are told again, for example withdrawn.
    """
    slot = np.array([_slot(slots, line) for line in lines], np.int64)
    told, alone = [line.text for line in lines], [line.follows is None for line in lines]
    outbox.send(slots, slot, ids(np.arange(len(lines))), told, np.array(alone, bool))
    again = np.array([line.again for line in lines], bool)
    if again.any():
        outbox.events[f"{slots.table} {event}"] += int(again[slot < slots.count].sum())


def _slot(slots: Slots, line: Line) -> int:
    """File of a line; what is told again never stands in the file of the first."""
    calendar = slots.calendar
    if line.day >= calendar.world_days:
        return slots.count
    if line.day < calendar.cut:
        return len(slots.heads) - 1 if line.again else 0
    slot = int(slots.live(np.array(line.day)))
    if line.follows is None or not calendar.cut <= line.follows < line.day:
        return slot
    return max(slot, int(slots.live(np.array(line.follows))) + 1)
