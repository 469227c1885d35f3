"""Month by month and block by block: books trips and sends their lines to the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from tambo.progress import Progress
from tambo.sources.travel.world.dirt import Dirt, soil
from tambo.sources.travel.world.draws import Ids, Ints, ids
from tambo.sources.travel.world.fates import (
    CORRECTED,
    DELAY_MONTHS,
    LATE,
    ON_TIME,
    WITHDRAWN,
    as_first_told,
    fates,
)
from tambo.sources.travel.world.files import Folder, utc_text
from tambo.sources.travel.world.lines import COLUMNS, Printer, user_lines
from tambo.sources.travel.world.travellers import GENDERS, People, people
from tambo.sources.travel.world.trips import NO_HOTEL, Trips, book
from tambo.sources.travel.world.truth import Truth

BLOCK = 50_000
"""Travellers worked on at a time: bounds the memory. Within a month, travel codes run block by
block, so the size is part of the world's definition; everything else is the same for any size."""
FIRST_SHARE = 0.8
"""Share of the travellers who are there from the start; the others join month by month."""
USER_CORRECTED_SHARE = 0.04
GHOSTS_FROM = 800_000_000
"""Codes of broken user lines: nobody travels under them, so no other line hangs on them."""
DIRTY_COLUMNS = ("file", "line", "table", "kind", "column", "clean_line_in")


class WorldWriter:
    """Writes the CSV files of one world into a folder."""

    def __init__(
        self, folder: Folder, truth: Truth, *, travellers: int, dirty_share: float, block: int
    ) -> None:
        self.folder = folder
        self.truth = truth
        self.travellers = travellers
        self.dirty_share = dirty_share
        self.block = block
        self.printer = Printer(truth)
        self.arrivals: dict[str, str] = {}
        self.dirty: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.next_code = 0
        self._cached: People | None = None

    def write(self, progress: Progress) -> None:
        """Write all months."""
        months = self.truth.calendar.months
        for month in range(months):
            progress("sample world", month, months)
            self._users(month)
            for group in self._blocks(0, self.joined(month)):
                self._block(group, month)
            finished = [self._file(table, month) for table in COLUMNS]
            self.folder.close(*finished, *(self._late_file(table, month) for table in COLUMNS))
        progress("sample world", months, months)

    def joined(self, month: int) -> int:
        """How many travellers have joined by the end of a month; codes run from 0."""
        first = -(-self.travellers * FIRST_SHARE // 1)
        later = self.travellers - int(first)
        return int(first) + later * month // (self.truth.calendar.months - 1)

    def _blocks(self, start: int, stop: int) -> Iterator[People]:
        for low in range(start, stop, self.block):
            code = np.arange(low, min(low + self.block, stop))
            if self._cached is None or not np.array_equal(self._cached.code, code):
                self._cached = people(self.truth.draws, code)
            yield self._cached

    def _file(self, table: str, month: int) -> str:
        if table == "users" and month == 0:
            return "users.csv"
        return f"{table}_{self.truth.calendar.month(month):%Y-%m}.csv"

    def _late_file(self, table: str, month: int) -> str:
        return self._file(table, month).replace(".csv", "_late.csv")

    def _arrival(self, table: str, month: int, late: int) -> str:
        """When a file arrives, UTC; users the evening before the month, the others after it."""
        calendar, draws = self.truth.calendar, self.truth.draws
        first = calendar.month(month)
        key = ids(first.year, first.month, list(COLUMNS).index(table), late)
        minute = int(draws.whole("arrival minute", key, 0, 239))
        if table == "users":
            start = datetime(first.year, first.month, first.day) - timedelta(hours=5)
            return utc_text(start + timedelta(minutes=minute))
        next_month = calendar.month(month + 1 + late)
        day = int(draws.whole("arrival day", key, 9, 19)) if late else 0
        start = datetime(next_month.year, next_month.month, 1 + day, 1)
        return utc_text(start + timedelta(minutes=minute))

    def _late_months(self, table: str, month: int) -> int:
        key = ids(*self.truth.calendar.month(month).timetuple()[:2], list(COLUMNS).index(table))
        return int(self.truth.draws.whole("late file", key, *DELAY_MONTHS))

    def _send(self, table: str, name: str, arrives: str, lines: list[bytes]) -> int:
        first = self.folder.append(name, COLUMNS[table], lines)
        if lines:
            self.arrivals[name] = arrives
            self.rows[table] += len(lines)
        return first

    def _send_month(self, table: str, month: int, lines: list[bytes]) -> int:
        name = self._file(table, month)
        return self._send(table, name, self._arrival(table, month, 0), lines)

    def _users(self, month: int) -> None:
        before = self.joined(month - 1) if month else 0
        for group in self._blocks(before, self.joined(month)):
            self._soiled_users(month, group)
        if month:
            for group in self._blocks(0, before):
                self._user_corrections(month, group)

    def _soiled_users(self, month: int, group: People) -> None:
        """Send new users, and below them broken lines of people who do not exist."""
        told = replace(group, **self._first_told(group))
        clean = user_lines(told)
        self._send_month("users", month, clean)
        hit = np.flatnonzero(self.truth.draws.uniform("ghost", ids(group.code)) < self.dirty_share)
        ghosts = [b"%d,%s" % (GHOSTS_FROM + group.code[n], clean[n].split(b",", 1)[1]) for n in hit]
        lines, dirt = soil(self.truth.draws, "users", ids(group.code[hit]), ghosts, 1.0)
        first = self._send_month("users", month, lines)
        self._note_dirt("users", month, first, [replace(each, resent=False) for each in dirt])

    def _corrected_users(self, group: People) -> tuple[Ints, Ints]:
        """Month of each user's correction, -1 for none; and what was wrong: age or gender."""
        draws, of = self.truth.draws, ids(group.code)
        month = draws.whole("user correction month", of, 1, self.truth.calendar.months - 1)
        chosen = draws.uniform("user correction", of) < USER_CORRECTED_SHARE
        joined = np.array([self.joined(m) for m in range(self.truth.calendar.months)])
        there = group.code < joined[month - 1]
        silent = group.stated == GENDERS.index("none")
        kind = np.where(draws.uniform("user wrong", of) < 0.5, 0, 1)
        return np.where(chosen & there, month, -1), np.where(silent, 0, kind)

    def _first_told(self, group: People) -> dict[str, Ints]:
        month, kind = self._corrected_users(group)
        age = group.age + np.where((month > 0) & (kind == 0), 3, 0)
        hidden = (month > 0) & (kind == 1)
        return {"age": age, "stated": np.where(hidden, GENDERS.index("none"), group.stated)}

    def _user_corrections(self, month: int, group: People) -> None:
        rows = np.flatnonzero(self._corrected_users(group)[0] == month)
        if len(rows):
            lines = user_lines(people(self.truth.draws, group.code[rows]))
            self._send_month("users", month, lines)
            self.events["users corrected"] += len(lines)

    def _block(self, group: People, month: int) -> None:
        truth, months = self.truth, self.truth.calendar.months
        trips = book(truth, group, month)
        codes = self.next_code + np.arange(len(trips))
        self.next_code += len(trips)
        told = fates(truth.draws, trips)
        first = as_first_told(truth.draws, trips, told, truth.calendar.month_days(month)[1])
        for table, print_lines in (
            ("flights", self.printer.flights),
            ("hotels", self.printer.hotels),
        ):
            clean = told.rows(ON_TIME)
            lines = print_lines(first.take(clean), codes[clean])
            self._soiled(table, month, self._line_ids(table, trips.take(clean)), lines)
            mistaken = np.concatenate([told.rows(CORRECTED), told.rows(WITHDRAWN)])
            mistaken.sort()
            self._send_month(table, month, print_lines(first.take(mistaken), codes[mistaken]))

            late, rows = self._late_months(table, month), told.rows(LATE)
            if month + late < months:
                lines = print_lines(trips.take(rows), codes[rows])
                arrives = self._arrival(table, month, late)
                self._send(table, self._late_file(table, month), arrives, lines)
                self.events[f"{table} late"] += len(lines)
            for delay in range(DELAY_MONTHS[0], DELAY_MONTHS[1] + 1):
                if month + delay >= months:
                    break
                rows = told.rows(CORRECTED, delay)
                lines = print_lines(trips.take(rows), codes[rows])
                self._send_month(table, month + delay, lines)
                self.events[f"{table} corrected"] += len(lines)
                rows = told.rows(WITHDRAWN, delay)
                lines = self.printer.withdrawn(table, trips.take(rows), codes[rows])
                self._send_month(table, month + delay, lines)
                self.events[f"{table} withdrawn"] += len(lines)

    def _line_ids(self, table: str, trips: Trips) -> Ids:
        if table == "flights":
            return ids(trips.id[:, None], np.arange(2)).reshape(-1)
        return trips.id[trips.hotel != NO_HOTEL]

    def _soiled(self, table: str, month: int, of: Ids, clean: list[bytes]) -> None:
        lines, dirt = soil(self.truth.draws, table, of, clean, self.dirty_share)
        first = self._send_month(table, month, lines)
        if month + 1 >= self.truth.calendar.months:
            dirt = [replace(each, resent=False) for each in dirt]
        self._note_dirt(table, month, first, dirt)
        again = sorted({each.clean for each in dirt if each.resent})
        self._send_month(table, month + 1, [clean[row] for row in again])
        self.events[f"{table} sent again"] += len(again)

    def _note_dirt(self, table: str, month: int, first: int, dirt: list[Dirt]) -> None:
        name = self._file(table, month)
        notes = []
        for each in dirt:
            twin = self._file(table, month + 1) if each.resent else ""
            notes.append(f"{name},{first + each.index},{table},{each.kind},{each.column},{twin}")
            self.dirty[each.kind] += 1
        self.folder.append("_dirty.csv", DIRTY_COLUMNS, [note.encode() for note in notes])
