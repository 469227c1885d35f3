"""Sends lines to the right file: by month, late, or later as a correction; notes when it arrives.

A file for a later month is begun early, by the corrections that will come with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tambo.sources.sample.dirt import Dirt
from tambo.sources.sample.draws import Draws, ids
from tambo.sources.sample.folder import Folder, utc_text
from tambo.sources.sample.outbox import Outbox
from tambo.sources.travel.world.lines import COLUMNS
from tambo.sources.travel.world.seasons import ZONE, Calendar

LATE_MONTHS = (1, 3)
"""A late file arrives this many months after the file that it belongs to."""


class MonthlyOutbox(Outbox):
    """Where lines go, and what went, month by month."""

    def __init__(self, folder: Folder, draws: Draws, calendar: Calendar) -> None:
        super().__init__(folder, COLUMNS)
        self.draws = draws
        self.calendar = calendar

    def file(self, table: str, month: int) -> str:
        """Name of a month's file."""
        if table == "users" and month == 0:
            return "users.csv"
        return f"{table}_{self.calendar.month(month):%Y-%m}.csv"

    def send(self, table: str, month: int, lines: list[bytes], event: str = "") -> int:
        """Send lines with a month's file, unless the world ends before that month.

        Returns:
            Physical line number of the first line.
        """
        if month >= self.calendar.months:
            return 0
        arrives = self._users_arrive(month) if table == "users" else self._arrive(table, month)
        return self.put(table, self.file(table, month), arrives, lines, event)

    def send_late(self, table: str, month: int, lines: list[bytes]) -> None:
        """Send lines of a month in a late file, unless the world ends before it arrives."""
        key = ids(*self.calendar.month(month).timetuple()[:2], list(COLUMNS).index(table))
        late = int(self.draws.whole("late file", key, *LATE_MONTHS))
        if month + 1 + late < self.calendar.months:
            name = self._late_file(table, month)
            self.put(table, name, self._arrive(table, month, late), lines, "late")

    def note_dirt(self, table: str, month: int, first: int, dirt: list[Dirt]) -> None:
        """Write down which lines are broken, given the line number of the first one sent."""
        last = month + 1 >= self.calendar.months
        twin = "" if last else self.file(table, month + 1)
        self.note_broken(table, self.file(table, month), first, dirt, twin)

    def month_done(self, month: int) -> None:
        """Close the files that get no more lines."""
        for table in COLUMNS:
            self.folder.close(self.file(table, month), self._late_file(table, month))

    def _late_file(self, table: str, month: int) -> str:
        return self.file(table, month).replace(".csv", "_late.csv")

    def _arrive(self, table: str, month: int, late: int = 0) -> str:
        """The night after the month, or early in a later month."""
        after = self.calendar.month(month + 1 + late)
        key = ids(after.year, after.month, list(COLUMNS).index(table), late)
        day = int(self.draws.whole("arrival day", key, 2, 9)) if late else 1
        minute = int(self.draws.whole("arrival minute", key, 60, 299))
        return utc_text(datetime(after.year, after.month, day) + timedelta(minutes=minute), ZONE)

    def _users_arrive(self, month: int) -> str:
        """The evening before the month."""
        first = self.calendar.month(month)
        minute = int(self.draws.whole("users arrive", ids(first.year, first.month), 60, 299))
        return utc_text(datetime(first.year, first.month, 1) - timedelta(minutes=minute), ZONE)
