"""Month by month and block by block: lets people join, book, correct, and sends the lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tambo.progress import Progress
from tambo.sources.sample.dirt import soil
from tambo.sources.sample.draws import Ids, Ints, ids
from tambo.sources.travel.world.dirt import KINDS
from tambo.sources.travel.world.fates import (
    CORRECTED,
    DELAY_MONTHS,
    LATE,
    ON_TIME,
    WITHDRAWN,
    Fates,
    as_first_told,
    fates,
)
from tambo.sources.travel.world.lines import Printer, user_lines
from tambo.sources.travel.world.outbox import MonthlyOutbox
from tambo.sources.travel.world.travellers import Travellers, travellers
from tambo.sources.travel.world.trips import NO_HOTEL, Trips, book
from tambo.sources.travel.world.truth import Truth
from tambo.sources.travel.world.users import Joining, correction_month, first_told, users

BLOCK = 50_000
"""Travellers worked on at a time: bounds the memory. Within a month, travel codes run block by
block, so the size is part of the world's definition; everything else is the same for any size."""
GHOSTS_FROM = 800_000_000
"""Codes of broken user lines: nobody travels under them, so no other line hangs on them."""


class WorldWriter:
    """Writes the raw files of one world, in bounded memory."""

    def __init__(
        self,
        outbox: MonthlyOutbox,
        truth: Truth,
        *,
        count: int,
        dirty_share: float,
        block: int = BLOCK,
    ) -> None:
        self.outbox = outbox
        self.truth = truth
        self.dirty_share = dirty_share
        self.block = block
        self.joining = Joining(count, truth.calendar.months)
        self.printer = Printer(truth)
        self._next_code = 0
        self._last: Travellers | None = None

    def write(self, progress: Progress) -> None:
        """Write all months."""
        months = self.truth.calendar.months
        for month in range(months):
            progress("sample world", month, months)
            before, there = int(self.joining.by(month - 1)), int(self.joining.by(month))
            for code in self._blocks(before, there):
                self._new_users(month, code)
            for code in self._blocks(0, before):
                self._corrected_users(month, code)
            for code in self._blocks(0, there):
                self._trips(month, code)
            self.outbox.month_done(month)
        progress("sample world", months, months)

    def _blocks(self, start: int, stop: int) -> Iterator[Ints]:
        for low in range(start, stop, self.block):
            yield np.arange(low, min(low + self.block, stop))

    def _new_users(self, month: int, code: Ints) -> None:
        """Send those who join, and below them broken lines of people who do not exist."""
        draws = self.truth.draws
        told = user_lines(first_told(draws, code, self.joining))
        self.outbox.send("users", month, told)
        hit = np.flatnonzero(draws.uniform("ghost", ids(code)) < self.dirty_share)
        ghosts = [b"%d,%s" % (GHOSTS_FROM + code[n], told[n].split(b",", 1)[1]) for n in hit]
        every = np.ones(len(ghosts), dtype=bool)
        of = ids(code[hit])
        lines, dirt = soil(draws, "users", of, ghosts, every, kinds=KINDS, share=1.0, resend=0.0)
        self.outbox.note_dirt("users", month, self.outbox.send("users", month, lines), dirt)

    def _corrected_users(self, month: int, code: Ints) -> None:
        draws = self.truth.draws
        code = code[correction_month(draws, code, self.joining) == month]
        self.outbox.send("users", month, user_lines(users(draws, code)), "corrected")

    def _travellers(self, code: Ints) -> Travellers:
        # A small world has one block: its travellers are worked out once.
        if self._last is None or not np.array_equal(self._last.code, code):
            self._last = travellers(self.truth.draws, code)
        return self._last

    def _trips(self, month: int, code: Ints) -> None:
        trips = book(self.truth, self._travellers(code), month)
        codes = self._next_code + np.arange(len(trips))
        self._next_code += len(trips)
        told = fates(self.truth.draws, trips)
        for table in ("flights", "hotels"):
            self._on_time(table, month, trips, codes, told)
            self._afterwards(table, month, trips, codes, told)

    def _print(self, table: str, trips: Trips, codes: Ints) -> list[bytes]:
        draw = self.printer.flights if table == "flights" else self.printer.hotels
        return draw(trips, codes)

    def _on_time(self, table: str, month: int, trips: Trips, codes: Ints, told: Fates) -> None:
        """Send the month's lines as first told, some broken; and half of those again, clean."""
        draws, month_end = self.truth.draws, self.truth.calendar.month_days(month)[1]
        rows = np.flatnonzero(told.fate != LATE)
        first = as_first_told(draws, trips, told, month_end).take(rows)
        line_ids, line_rows = _lines_of(table, first)
        # Only lines that stand alone are broken: a correction or withdrawal finds its line.
        alone = told.fate[rows][line_rows] == ON_TIME
        clean = self._print(table, first, codes[rows])
        share = self.dirty_share
        lines, dirt = soil(draws, table, line_ids, clean, alone, kinds=KINDS, share=share)
        self.outbox.note_dirt(table, month, self.outbox.send(table, month, lines), dirt)
        again = sorted({each.clean for each in dirt if each.resent})
        self.outbox.send(table, month + 1, [clean[row] for row in again], "sent again")

    def _afterwards(self, table: str, month: int, trips: Trips, codes: Ints, told: Fates) -> None:
        """Send late lines, corrections and withdrawals."""
        rows = told.rows(LATE)
        self.outbox.send_late(table, month, self._print(table, trips.take(rows), codes[rows]))
        for delay in range(DELAY_MONTHS[0], DELAY_MONTHS[1] + 1):
            rows = told.rows(CORRECTED, delay)
            lines = self._print(table, trips.take(rows), codes[rows])
            self.outbox.send(table, month + delay, lines, "corrected")
            rows = told.rows(WITHDRAWN, delay)
            lines = self.printer.withdrawn(table, trips.take(rows), codes[rows])
            self.outbox.send(table, month + delay, lines, "withdrawn")


def _lines_of(table: str, trips: Trips) -> tuple[Ids, Ints]:
    """Id of each line that these trips have in a table, and the trip's position."""
    if table == "flights":
        rows = np.repeat(np.arange(len(trips)), 2)
        return ids(trips.id[rows], np.arange(len(rows)) % 2), rows
    rows = np.flatnonzero(trips.hotel != NO_HOTEL)
    return trips.id[rows], rows
